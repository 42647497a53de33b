"""`_last_checkpoint`: the newest checkpoint, as its writer describes it.

Format: https://github.com/delta-io/delta/blob/master/PROTOCOL.md, "Last Checkpoint File". It is a
hint: the listing says which checkpoints there are, and writers are known that count files wrongly.
"""

from typing import Any, NamedTuple

import orjson

from monitors.delta.log.actions import whole
from monitors.delta.log.listing import Listing
from monitors.delta.log.logstore import LogStore
from monitors.errors import UnreadableError

# It may repeat the actions of a v2 checkpoint; what is larger still is not worth the request.
_LARGEST = 1024 * 1024


class Pointer(NamedTuple):
    """A checkpoint's version, and how many files the table had then."""

    version: int
    files: int


async def read(log: LogStore, listing: Listing) -> Pointer | None:
    """The pointer of a whole log; None where there is none, or none that says both."""
    if listing.pointer is None or listing.pointer.size > _LARGEST:
        return None
    try:
        return parse(await log.get(listing.pointer.path))
    except UnreadableError:
        return None


def parse(body: bytes) -> Pointer | None:
    """The pointer in the bytes of the file; None where it does not say what it must."""
    try:
        document: Any = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(document, dict):
        return None
    version, files = whole(document.get("version")), whole(document.get("numOfAddFiles"))
    return None if version is None or files is None else Pointer(version, files)
