"""Version checksums (`<version>.crc`): a second opinion on the files of a version.

Format: https://github.com/delta-io/delta/blob/master/PROTOCOL.md, "Version Checksum File". Writers
may leave one out, and malformed ones are in circulation, so a checksum never overrules the actions:
where a well-formed one disagrees, the disagreement is reported.
"""

from typing import Any

import orjson

from monitors.core import Problem
from monitors.delta.live.table import TableState
from monitors.delta.log.actions import whole
from monitors.delta.log.listing import Listing
from monitors.delta.log.logstore import LogStore
from monitors.errors import UnreadableError


async def disagreements(log: LogStore, listing: Listing, state: TableState) -> tuple[Problem, ...]:
    """Where the checksum of the state's version contradicts the state; empty without a checksum."""
    file = listing.checksums.get(state.version)
    if file is None:
        return ()
    try:
        checksum: Any = orjson.loads(await log.get(file.path))
    except (UnreadableError, orjson.JSONDecodeError):
        return ()
    if not isinstance(checksum, dict):
        return ()
    stated = {
        "files": whole(checksum.get("numFiles")),
        "bytes": whole(checksum.get("tableSizeBytes")),
    }
    found = {"files": state.sums.files, "bytes": state.sums.size_bytes}
    return tuple(
        Problem(
            f"checksum of {what}",
            "not_assessed",
            f"{file.path} states {stated[what]} {what}, the log's actions give {found[what]}",
            "let the writer of the newest commit be checked; the log's actions are what counts",
        )
        for what in stated
        if None not in (stated[what], found[what]) and stated[what] != found[what]
    )
