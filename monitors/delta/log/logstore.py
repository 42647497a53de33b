"""Reading a table's log from its object store, with the cost counted and errors explained."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

from monitors.core import Cost
from monitors.delta.log.listing import LOG, LogFile
from monitors.delta.stores import Store
from monitors.errors import UnreadableError

AT_ONCE = 32
_PAGE = 1000


@dataclass(slots=True)
class LogStore:
    """A store rooted at a table; `cost` grows with each request."""

    uri: str
    store: Store
    cost: Cost = field(default_factory=Cost)

    async def entries(self, offset: str | None) -> list[LogFile]:
        """The files of `_delta_log` after an offset (exclusive), in no particular order."""
        self.cost += Cost(requests=1)
        found: list[LogFile] = []
        try:
            async for page in obstore.list(self.store, LOG, offset=offset, chunk_size=_PAGE):
                found.extend(map(_log_file, page))
        except (BaseError, OSError) as error:
            raise self.unreadable(f"{LOG}/", error) from None
        return found

    async def get(self, path: str) -> bytes:
        """The content of a file of the log."""
        self.cost += Cost(requests=1)
        try:
            result = await obstore.get_async(self.store, path)
            body = bytes(await result.bytes_async())
        except (BaseError, OSError) as error:
            raise self.unreadable(path, error) from None
        self.cost += Cost(bytes=len(body))
        return body

    async def get_all(self, paths: list[str]) -> list[bytes]:
        """The contents of some files, fetched at once but for a bound."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(path: str) -> bytes:
            async with gate:
                return await self.get(path)

        return await asyncio.gather(*map(one, paths))

    def unreadable(self, path: str, error: Exception) -> UnreadableError:
        """An error of the storage, with what to do about it."""
        where = f"{self.uri}/{path}"
        if isinstance(error, PermissionDeniedError | UnauthenticatedError | PermissionError):
            return UnreadableError(
                f"no permission to read {where}",
                "grant this process read and list access, or check its credentials",
            )
        if isinstance(error, FileNotFoundError):
            return UnreadableError(
                f"{where} does not exist",
                "check the path; if the log was just cleaned, the next read finds its way",
            )
        first_line = str(error).strip().partition("\n")[0][:300]
        return UnreadableError(
            f"{where} cannot be read: {first_line or type(error).__name__}",
            "check the storage, its endpoint and storage_options",
        )


def _log_file(entry: Any) -> LogFile:
    return LogFile(entry["path"], entry["size"], entry["e_tag"] or "", entry["last_modified"])
