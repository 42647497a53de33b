"""The live files of a table, the commit that each came with, and what the log says of its columns.

Reads the log only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitors.delta.feed.commits import ChangedFile, Table
from monitors.delta.feed_reader import changed_file
from monitors.delta.live.adds import live_adds
from monitors.delta.live.snapshots import demand_whole
from monitors.delta.live.statistics import row_count
from monitors.delta.live.table import TableState, schema_of
from monitors.delta.log.actions import Commit, parse_commit
from monitors.delta.log.listing import Listing, commit_path
from monitors.delta.log.logstore import LogStore
from monitors.delta.log.tail import whole_log
from monitors.delta.reader import Access, LogReader
from monitors.errors import UnavailableError, UnreadableError

COMMITS = 2_000
"""So many of the newest commits are read; files of older ones count as older than all of them."""

_NEVER: Any = None  # nothing here reads data, so that nobody is called to do so


@dataclass(frozen=True, slots=True)
class Origin:
    """The commit that brought the rows of a file."""

    version: int
    at: datetime


@dataclass(frozen=True, slots=True)
class LiveFile:
    """A live file. `rows` are live ones, None is unknown; `stats` is the text of the log.

    `origin` is None where nobody knows when the rows came: the commit is gone, or copied them.
    """

    file: ChangedFile
    rows: int | None
    stats: str | None
    origin: Origin | None


@dataclass(frozen=True, slots=True)
class LiveTable:
    """A table as of its newest version; files are in the order in which their rows came.

    `predicates` are what the newest MERGEs match on, the newest first.
    """

    table: Table
    version: int
    at: datetime
    files: tuple[LiveFile, ...]
    predicates: tuple[str, ...] = ()

    @property
    def rows(self) -> int | None:
        """Live rows; None when a file does not tell."""
        known = [file.rows for file in self.files]
        return None if None in known else sum(rows or 0 for rows in known)


async def live_table(uri: str, options: Mapping[str, str], now: datetime) -> LiveTable:
    """Read a table's log; UnreadableError when it cannot be read."""
    reader = LogReader.open(uri, options, Access(_NEVER, log_only=True), None, now)
    listing = await whole_log(reader.log)
    head = listing.head
    if head is None:
        raise UnreadableError(f"{uri} holds no commit any more", "check the URI")
    state = await reader.before(listing, head + 1)
    demand_whole(uri, state, {}, reader.base.spoilt)
    assert state.metadata is not None
    keys = {int(key) for key in state.files.table()["key"].to_numpy()}
    adds = await live_adds(reader.log, reader.base.root, keys)
    if len(adds) < len(keys):
        raise UnavailableError(f"{uri} changed while its log was read", "try again")
    commits = await _commits(reader.log, listing)
    born = _born(state, commits)
    files = []
    for key in keys:
        known, action = state.files.get(key), adds[key]
        rows = known.live_rows if known is not None else row_count(action.stats)
        physical = row_count(action.stats)
        file = changed_file(action, physical)
        files.append(LiveFile(file, rows, action.stats, born.get(state.key(action))))
    files.sort(key=_order)
    table = Table(uri, schema_of(state.metadata), state.metadata.partition_columns, dict(options))
    at = commits[-1].at if commits else listing.time_of(head) or now
    return LiveTable(table, head, at, tuple(files), _predicates(commits))


def _order(file: LiveFile) -> tuple[int, str]:
    return (-1 if file.origin is None else file.origin.version), file.file.path


async def _commits(log: LogStore, listing: Listing) -> list[Commit]:
    """The newest commits that can be read, in order."""
    found = []
    versions = sorted(listing.commits)[-COMMITS:]
    bodies = await log.get_all([commit_path(version) for version in versions])
    for version, body in zip(versions, bodies, strict=True):
        file = listing.commits[version]
        try:
            found.append(parse_commit(version, body, file.modified, file.path))
        except UnreadableError:
            continue
    return found


def _born(state: TableState, commits: Sequence[Commit]) -> dict[int, Origin]:
    """The first commit of each path, where it brought rows: neither a new deletion vector does,
    nor maintenance, nor a DELETE, which copies what it leaves."""
    born: dict[int, Origin | None] = {}
    for commit in commits:
        for add in commit.adds:
            brings = add.data_change and commit.operation != "DELETE"
            origin = Origin(commit.version, commit.at) if brings else None
            born.setdefault(state.key(add), origin)
    return {key: origin for key, origin in born.items() if origin is not None}


def _predicates(commits: Sequence[Commit]) -> tuple[str, ...]:
    found = []
    for commit in reversed(commits):
        parameters = commit.info.get("operationParameters")
        if commit.operation == "MERGE" and isinstance(parameters, Mapping):
            text = parameters.get("predicate") or parameters.get("mergePredicate")
            found += [str(text)] if text else []
    return tuple(found)
