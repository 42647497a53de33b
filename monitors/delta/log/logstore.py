"""Reading a table's log from its object store, with the cost counted and errors explained."""

import asyncio
import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from obstore.store import LocalStore

from monitors.core import Cost
from monitors.delta.log.actions import broken
from monitors.delta.log.listing import LOG, SIDECARS, LogFile
from monitors.errors import UnavailableError, UnreadableError
from monitors.storage.errors import diagnosed
from monitors.storage.folders import Folder
from monitors.storage.local_files import demand_regular
from monitors.storage.stores import StorageErrors, Store, is_denied_here

AT_ONCE = 32
_PAGE = 1000
_LARGEST = 4 * 1024**3
_LAST_SECOND = 253_402_300_799  # of the year 9999


@dataclass(slots=True)
class LogStore:
    """A store rooted at a table; `cost` grows with each request."""

    uri: str
    store: Store
    cost: Cost = field(default_factory=Cost)

    async def entries(self, offset: str | None) -> list[LogFile]:
        """The files of `_delta_log` after an offset (exclusive), in no particular order."""
        self.cost += Cost(requests=1)
        try:
            if isinstance(self.store, LocalStore):
                return await asyncio.to_thread(local_entries, Path(str(self.store.prefix)), offset)
            return await self._listed(offset)
        except StorageErrors as error:
            raise self.unreadable(f"{LOG}/", error) from None

    async def sidecars(self) -> list[LogFile]:
        """The sidecars of v2 checkpoints, in no particular order."""
        self.cost += Cost(requests=1)
        try:
            if isinstance(self.store, LocalStore):
                table = Path(str(self.store.prefix))
                return await asyncio.to_thread(local_entries, table, None, SIDECARS)
            return await self._listed(None, SIDECARS)
        except StorageErrors as error:
            raise self.unreadable(f"{SIDECARS}/", error) from None

    async def _listed(self, offset: str | None, folder: str = LOG) -> list[LogFile]:
        found: list[LogFile] = []
        async for page in self.store.list(folder, offset=offset, chunk_size=_PAGE):
            found.extend(map(_log_file, page))
        return found

    async def get(self, path: str) -> bytes:
        """The content of a file of the log."""
        if isinstance(self.store, LocalStore):
            (body,) = await self._read_here(self.store, [path])
            return body
        self.cost += Cost(requests=1)
        try:
            result = await self.store.get_async(path)
            _demand_size(path, result.meta["size"])
            body = bytes(await result.bytes_async())
        except StorageErrors as error:
            raise self.unreadable(path, error) from None
        self.cost += Cost(bytes=len(body))
        return body

    async def _read_here(self, store: LocalStore, paths: list[str]) -> list[bytes]:
        # One by one in a thread takes a fraction of what a task for each costs.
        bodies: list[bytes] = []
        try:
            await asyncio.to_thread(_read_files, Path(str(store.prefix)), paths, bodies)
        except StorageErrors as error:
            raise self.unreadable(paths[len(bodies)], error) from None
        finally:
            tried = min(len(bodies) + 1, len(paths))
            self.cost += Cost(requests=tried, bytes=sum(map(len, bodies)))
        return bodies

    async def get_all(self, paths: list[str]) -> list[bytes]:
        """The contents of some files, fetched at once but for a bound."""
        if isinstance(self.store, LocalStore):
            return await self._read_here(self.store, paths)
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(path: str) -> bytes:
            async with gate:
                return await self.get(path)

        return await asyncio.gather(*map(one, paths))

    def unreadable(self, path: str, error: Exception) -> UnreadableError:
        """An error of the storage, with what to do about it."""
        where = f"{self.uri}/{path}"
        if isinstance(self.store, LocalStore):
            return _unreadable_here(where, error)
        known = self.store.diagnosed if isinstance(self.store, Folder) else diagnosed
        trouble = known(error)
        if isinstance(error, FileNotFoundError) and not trouble.bucket:
            return _missing(where)
        kind = UnreadableError if trouble.of_file else UnavailableError
        return kind(f"{where} cannot be read: {trouble.what}", trouble.mend)


def _demand_size(path: str, size: int) -> None:
    if size > _LARGEST:
        raise broken(path, f"has {size} bytes, more than any log needs")


def _read_files(table: Path, paths: Sequence[str], bodies: list[bytes]) -> None:
    """Append the contents of local files; where one cannot be read, those before it are there."""
    for path in paths:
        bodies.append(_read_file(table, path))


def _read_file(table: Path, path: str) -> bytes:
    # A pipe that is opened so does not wait for a writer.
    with open(os.open(table / path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
        found = os.fstat(file.fileno())
        demand_regular(found.st_mode, path)
        _demand_size(path, found.st_size)
        return file.read()


def _unreadable_here(where: str, error: Exception) -> UnreadableError:
    if is_denied_here(error):
        return UnreadableError(
            f"no permission to read {where}", "grant this process read and list access"
        )
    if isinstance(error, FileNotFoundError):
        return _missing(where)
    first_line = str(error).strip().partition("\n")[0][:300]
    return UnreadableError(
        f"{where} cannot be read: {first_line or type(error).__name__}", "check the storage"
    )


def _missing(where: str) -> UnreadableError:
    return UnreadableError(
        f"{where} does not exist",
        "check the path; if the log was just cleaned, the next read finds its way",
    )


def local_entries(table: Path, offset: str | None, folder: str = LOG) -> list[LogFile]:
    """The files of a local `_delta_log` after an offset; none where there is no such folder.

    obstore's own listing of a local folder descends into folders below it, follows loops of
    symlinks, stops at names that are not UTF-8, and takes a folder that it may not read for an
    empty one.
    """
    after = offset.removeprefix(f"{folder}/") if offset else ""
    found: list[LogFile] = []
    try:
        with os.scandir(table / folder) as entries:
            for entry in entries:
                if entry.name > after and (file := _local_file(entry, folder)):
                    found.append(file)
    except FileNotFoundError:
        return []
    return found


def _local_file(entry: "os.DirEntry[str]", folder: str) -> LogFile | None:
    try:
        if not entry.is_file():
            return None
        stat = entry.stat()
    except OSError as error:
        # Removed in the meantime, or a symlink to nowhere or to itself.
        if error.errno in (errno.ENOENT, errno.ELOOP):
            return None
        raise
    # A file that was written in place has the same name and often the same size.
    etag = f"{stat.st_ino:x}-{stat.st_mtime_ns:x}-{stat.st_size:x}"
    modified = min(max(stat.st_mtime, 0), _LAST_SECOND)
    name = os.fsencode(entry.name).decode("utf-8", "replace")
    return LogFile(f"{folder}/{name}", stat.st_size, etag, datetime.fromtimestamp(modified, UTC))


def _log_file(entry: Any) -> LogFile:
    return LogFile(entry["path"], entry["size"], entry["e_tag"] or "", entry["last_modified"])
