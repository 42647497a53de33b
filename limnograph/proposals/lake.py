"""List a lake: every Delta table below a folder or a bucket's prefix."""

import itertools
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from limnograph.settings.listing import LOG, Folder, Inside, local, remote, walk
from limnograph.settings.locations import identity, is_local
from monitors.errors import LimnographError, UnreadableError

DEPTH = 5
_SAFE = "-_.~!$&'()*+,;=:@ "

Listed = Callable[[int, int], None]
"""Told how many folders were listed and how many tables were found, after each folder."""


@dataclass(frozen=True, slots=True)
class Lake:
    """The tables below a root (an absolute path or a URI), by the folders that lead to them.

    `deeper` says that folders lie below the depth that was looked at.
    """

    root: str
    tables: tuple[Folder, ...]
    folders: int
    deeper: bool = False
    failures: tuple[LimnographError, ...] = ()

    def uri(self, folder: Folder) -> str:
        """The URI of a table."""
        parts = folder if is_local(self.root) else tuple(quote(part, _SAFE) for part in folder)
        return "/".join((self.root.rstrip("/"), *parts))


def find(root: str, options: Mapping[str, str], depth: int, listed: Listed) -> Lake:
    """List a lake down to a depth, never inside of a table; UnreadableError when it is not there.

    A table that two ways lead to, by a link, is found once. Folders that begin with . or _ are
    passed over.
    """
    if is_local(root):
        _demand_folder(root)
        inside = local(root)
    else:
        inside = remote(root, options)
    watched = _Watched(inside, depth, listed)
    found = walk(watched, ("**",))
    tables = {identity("/".join((root, *folder))): folder for folder in reversed(found.tables)}
    return Lake(
        root,
        tuple(sorted(tables.values())),
        watched.folders,
        watched.deeper,
        tuple(found.failures.values()),
    )


def _demand_folder(root: str) -> None:
    if not os.path.isdir(root):
        what = "is no folder" if os.path.exists(root) else "does not exist"
        raise UnreadableError(f"{root} {what}", "name the folder or bucket prefix of your tables")


class _Watched:
    """A listing that is counted, and that ends at a depth."""

    def __init__(self, inside: Inside, depth: int, listed: Listed) -> None:
        self._inside, self._depth, self._listed = inside, depth, listed
        self._folders, self._tables = itertools.count(1), itertools.count(1)
        self.folders = self.tables = 0
        self.deeper = False

    def __call__(self, folder: Folder) -> Sequence[str]:
        names = self._inside(folder)
        # Called from several threads; a count is atomic, an addition is not.
        self.folders = next(self._folders)
        if LOG in names:
            self.tables = next(self._tables)
        elif len(folder) >= self._depth:
            self.deeper = self.deeper or bool(names)
            names = ()
        self._listed(self.folders, self.tables)
        return names
