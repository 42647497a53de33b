"""Find the Delta tables below a folder: a folder with `_delta_log` is a table, and is not entered.

The walk is the same everywhere; only how the folders inside a folder are listed differs.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from monitors.errors import LimnographError, UnavailableError, UnreadableError

LOG = "_delta_log"
MOST_FOLDERS = 100_000
_AT_ONCE = 16

Folder = tuple[str, ...]
"""A folder below the prefix, by its names."""
Inside = Callable[[Folder], Sequence[str]]
"""The names of the folders inside a folder; LimnographError when it cannot be listed."""


@dataclass(frozen=True, slots=True)
class Found:
    """Tables in order of their names, and the folders that could not be listed."""

    tables: tuple[Folder, ...]
    failures: Mapping[Folder, LimnographError] = field(default_factory=dict)


def walk(inside: Inside, pattern: Sequence[str], most_folders: int = MOST_FOLDERS) -> Found:
    """The tables whose path matches a pattern; `**` stands for any number of folders."""
    tables: list[Folder] = []
    failures: dict[Folder, LimnographError] = {}
    level: dict[Folder, frozenset[int]] = {(): _reach({0}, pattern)}
    listed = 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        while level:
            listed += len(level)
            if listed > most_folders:
                reason = f"more than {most_folders} folders lie below"
                failures[()] = UnreadableError(reason, "narrow the glob")
                break
            deeper: dict[Folder, frozenset[int]] = {}
            for folder, names in zip(level, pool.map(_attempt(inside), level), strict=True):
                if isinstance(names, LimnographError):
                    failures[folder] = names
                elif LOG in names:
                    if len(pattern) in level[folder]:
                        tables.append(folder)
                else:
                    for name in names:
                        if reached := _step(level[folder], name, pattern):
                            deeper[(*folder, name)] = reached
            level = deeper
    return Found(tuple(sorted(tables)), failures)


def _attempt(inside: Inside) -> Callable[[Folder], Sequence[str] | LimnographError]:
    def attempt(folder: Folder) -> Sequence[str] | LimnographError:
        try:
            return inside(folder)
        except LimnographError as error:
            return error

    return attempt


def _reach(positions: set[int], pattern: Sequence[str]) -> frozenset[int]:
    """The positions of the pattern that can be next, as `**` may stand for nothing."""
    reached = set(positions)
    for position in sorted(positions):
        while position < len(pattern) and pattern[position] == "**":
            position += 1
            reached.add(position)
    return frozenset(reached)


def _step(positions: frozenset[int], name: str, pattern: Sequence[str]) -> frozenset[int]:
    after = set()
    for position in positions:
        if position == len(pattern):
            continue
        if pattern[position] == "**":
            if not _hidden(name):
                after.add(position)
        elif _matches(name, pattern[position]):
            after.add(position + 1)
    return _reach(after, pattern)


def _matches(name: str, part: str) -> bool:
    # Writers keep their own folders beside the data (_SUCCESS, .tmp); a wildcard passes them over.
    if _hidden(name) and part[0] != name[0]:
        return False
    return fnmatchcase(name, part)


def _hidden(name: str) -> bool:
    return name[:1] in (".", "_")


def local(prefix: str) -> Inside:
    """Folders of this machine; links are followed, but for those that lead back."""

    def inside(folder: Folder) -> Sequence[str]:
        path = os.path.join(prefix, *folder)
        try:
            with os.scandir(path) as entries:
                return sorted(
                    entry.name
                    for entry in entries
                    if entry.is_dir() and not (entry.is_symlink() and leads_back(entry, folder))
                )
        except (FileNotFoundError, NotADirectoryError):
            return ()  # it went away in between
        except OSError as error:
            raise UnreadableError(
                f"{path} cannot be listed: {error.strerror}", "grant this process access to it"
            ) from None

    def leads_back(entry: "os.DirEntry[str]", folder: Folder) -> bool:
        target = os.path.realpath(entry.path)
        above = (os.path.join(prefix, *folder[:depth]) for depth in range(len(folder) + 1))
        return any(os.path.realpath(path) == target for path in above)

    return inside


def remote(prefix: str, options: Mapping[str, str]) -> Inside:
    """Folders of an object store, as its listing with a delimiter gives them.

    UnreadableError when the store cannot be addressed.
    """
    from monitors.storage.errors import StorageErrors
    from monitors.storage.folders import open_folder
    from monitors.storage.paths import table_root

    files = open_folder(table_root(prefix), options)

    def inside(folder: Folder) -> Sequence[str]:
        try:
            return files.folders("/".join(folder))
        except StorageErrors as error:
            where, trouble = "/".join((prefix, *folder)), files.diagnosed(error)
            raise UnavailableError(
                f"{where} cannot be listed: {trouble.what}", trouble.mend
            ) from None

    return inside
