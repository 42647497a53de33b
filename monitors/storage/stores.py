"""Where the files of a table are: its own store and others, by URI, and what their errors mean."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError
from obstore.store import LocalStore

from monitors.errors import UnavailableError, UnreadableError
from monitors.storage.errors import StorageErrors, diagnosed
from monitors.storage.folders import Folder, open_folder, open_uri
from monitors.storage.paths import Location, Root, data_path, table_root

if TYPE_CHECKING:
    from obstore.store import ObjectStore

__all__ = ["StorageErrors", "Store", "Stores", "VacuumedError", "open_files", "open_store"]

Store: TypeAlias = "ObjectStore | Folder"
"""What holds the files of a table; paths are below the table's folder."""


class VacuumedError(UnreadableError):
    """A file that the log names is gone: VACUUM (or somebody) deleted it."""


def open_store(uri: str, options: Mapping[str, str] | None = None) -> "ObjectStore":
    """A store of obstore's own, rooted at a URI or a local path, which is taken literally.

    `options` are those of `storage_options`. UnreadableError when the folder, the scheme or an
    option is unknown.
    """
    root = table_root(uri)
    if root.scheme == "file":
        return _local(uri, root)
    return open_uri(f"{root.scheme}://{root.authority}/{quote(root.path)}", options or {})[0]


def open_files(uri: str, options: Mapping[str, str] | None = None) -> Store:
    """The files below a URI or a local path; those of one bucket share its connections."""
    root = table_root(uri)
    return _local(uri, root) if root.scheme == "file" else open_folder(root, options or {})


def _local(uri: str, root: Root) -> LocalStore:
    path = f"/{root.path}"
    try:
        return LocalStore(prefix=path)
    except StorageErrors as error:
        raise _no_folder(uri, path) from error


def _no_folder(uri: str, path: str) -> UnreadableError:
    """Why a local folder cannot be opened, which obstore does not say."""
    try:
        os.stat(path)
    except PermissionError:
        return UnreadableError(f"no permission to read {uri}", "grant read access to its folders")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        return UnreadableError(f"cannot open {uri}: {why}", "check the path")
    return UnreadableError(f"cannot open {uri}: it is not a folder", "check the path")


class Stores:
    """A table's store and the other stores that absolute paths lead to, opened on first need."""

    def __init__(self, uri: str, options: Mapping[str, str] | None = None) -> None:
        self.root: Root = table_root(uri)
        self._options = options
        self._open: dict[str, Store] = {"": open_files(uri, options)}

    @property
    def own(self) -> Store:
        return self._open[""]

    def locate(self, path: str) -> Location:
        """The file that an action's path names."""
        return data_path(path, self.root)

    def of(self, location: Location) -> Store:
        """The store a file is in; UnreadableError when it cannot be opened."""
        if location.store not in self._open:
            self._open[location.store] = open_files(f"{location.store}/", self._options)
        return self._open[location.store]


def unreadable(error: Exception, path: str) -> UnreadableError:
    """The error of obstore on a file that the log names, explained.

    VacuumedError when it is gone; UnavailableError for trouble with a storage rather than with the
    file, so that another try may do.
    """
    if isinstance(error, UnreadableError):
        return error
    if isinstance(error, FileNotFoundError):
        return VacuumedError(
            f"{path} is gone: it was vacuumed",
            "read more often than the table's retention, or keep its files longer"
            " (delta.deletedFileRetentionDuration)",
        )
    if is_denied_here(error):
        return UnavailableError(f"no permission to read {path}", "grant read access to it")
    if isinstance(error, BaseError) and "LocalFileSystem" not in str(error):
        trouble = diagnosed(error)
        kind = UnreadableError if trouble.of_file else UnavailableError
        return kind(f"cannot read {path}: {trouble.what}", trouble.mend)
    first_line = str(error).partition("\n")[0]
    return UnreadableError(
        f"cannot read {path}: {type(error).__name__}: {first_line}",
        "check the storage and the file",
    )


def is_denied_here(error: Exception) -> bool:
    """Whether the error is one of this machine's file systems, which may not be read."""
    if isinstance(error, PermissionDeniedError | UnauthenticatedError):
        return False
    # Of a local file obstore says so only in its text.
    return isinstance(error, PermissionError) or "Permission denied (os error 13)" in str(error)
