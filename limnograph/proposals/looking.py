"""A look at one table through the embedded lake: what is needed to propose its stanza.

Reads the log only: the newest commits, the definition, and the statistics of what they added.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from limnograph.inspection import InThread
from limnograph.proposals.event_times import KINDS, Sample
from monitors.core import Column, CommitFact, Definition, EventTime, Snapshot
from monitors.delta.live.statistics import microseconds, parse, row_count, time_at
from monitors.delta.log.actions import Commit, parse_commit
from monitors.delta.log.listing import commit_path
from monitors.delta.log.logstore import LogStore
from monitors.delta.log.tail import whole_log
from monitors.errors import UnreadableError
from monitors.lakes.embedded import Access, EmbeddedTable
from monitors.lakes.keys import count_key
from monitors.storage.stores import open_store

if TYPE_CHECKING:
    from monitors.delta.log.actions import FileAction

COMMITS = 500
_SAMPLES = 50
_SCAN_LIMIT = 3600.0  # seconds
_MEND = "limnograph inspect URI tells more"


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of a table: its newest commits, oldest first, and how it is defined.

    `samples` and `predicates` (what MERGE matches on) are of the newest commits that changed data;
    `files` of them were added, `bare` of those without a row count.
    """

    snapshot: Snapshot
    commits: tuple[CommitFact, ...]
    columns: tuple[Column, ...]
    partition_columns: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = ()
    predicates: tuple[str, ...] = ()
    files: int = 0
    bare: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """Where a table is, and the options of its store with their secrets' values."""

    uri: str
    options: Mapping[str, str]

    def open(self, now: datetime, event_time: str | None = None) -> EmbeddedTable:
        access = Access(InThread(), log_only=True, once=True)
        return EmbeddedTable(self.uri, self.options, access, now, event_time)


async def look(table: Table, now: datetime) -> Look:
    """Look at a table; UnreadableError when it cannot be read."""
    tail = await table.open(now).last(COMMITS)
    definition = tail.definitions[-1] if tail.definitions else tail.before
    if definition is None:
        raise UnreadableError(f"{table.uri}: its schema cannot be read", _MEND)
    log = LogStore(table.uri, open_store(table.uri, table.options))
    changed = [fact.version for fact in tail.commits if fact.changes_data][-_SAMPLES:]
    commits = await _commits(log, changed)
    adds = [add for commit in commits for add in commit.adds if add.data_change]
    return Look(
        snapshot=tail.snapshot,
        commits=tail.commits,
        columns=definition.columns,
        partition_columns=definition.partition_columns,
        samples=tuple(s for commit in commits if (s := _sample(commit, definition)) is not None),
        predicates=tuple(_predicate(commit) for commit in reversed(commits)),
        files=len(adds),
        bare=sum(row_count(add.stats) is None for add in adds),
    )


async def _commits(log: LogStore, versions: Sequence[int]) -> list[Commit]:
    """Some commits, as far as they are still there and can be read."""
    if not versions:
        return []
    listing = await whole_log(log)
    wanted = [version for version in versions if version in listing.commits]
    bodies = await log.get_all([commit_path(version) for version in wanted])
    found = []
    for version, body in zip(wanted, bodies, strict=True):
        file = listing.commits[version]
        try:
            found.append(parse_commit(version, body, file.modified, file.path))
        except UnreadableError:
            continue
    return found


def _sample(commit: Commit, definition: Definition) -> Sample | None:
    adds = [add for add in commit.adds if add.data_change]
    if not adds:
        return None
    stats = [parse(add.stats).get("maxValues") for add in adds]
    newest: dict[str, datetime] = {}
    for column in definition.columns:
        if len(column.path) == 1 and column.type in KINDS:
            (name,) = column.path
            partition = name in definition.partition_columns
            at = _newest(column.id or name, adds, None if partition else stats)
            if at is not None:
                newest[name] = at
    return Sample(commit.at, newest)


def _newest(
    physical: str, adds: "Sequence[FileAction]", stats: Sequence[Any] | None
) -> datetime | None:
    """The newest value of a column in the files of a commit, if all of them tell."""
    values: Sequence[Any] = stats if stats is not None else [add.partition for add in adds]
    told = [microseconds(v.get(physical)) if isinstance(v, Mapping) else None for v in values]
    known = [value for value in told if value is not None]
    return time_at(max(known)) if known and len(known) == len(told) else None


def _predicate(commit: Commit) -> str:
    parameters = commit.info.get("operationParameters")
    if commit.operation != "MERGE" or not isinstance(parameters, Mapping):
        return ""
    return str(parameters.get("predicate") or parameters.get("mergePredicate") or "")


async def newest_event(table: Table, column: str, now: datetime) -> EventTime:
    """What the freshness monitor would say of a column, without a scan."""
    source = table.open(now, column)
    await source.last(1)
    return await source.event_time(scan=False)


async def verdict(table: Table, columns: Sequence[str]) -> str:
    """Whether some columns identify the rows, by reading these columns of the whole table."""
    counts = await InThread().call(
        count_key, table.uri, table.options, columns, timeout=_SCAN_LIMIT
    )
    if not counts.rows:
        return "the table is empty, so a scan tells nothing"
    if counts.nulls:
        return f"NOT a key: a scan found {counts.nulls} of {counts.rows} rows without a value"
    if counts.distinct < counts.rows:
        return f"NOT unique: a scan found {counts.distinct} values in {counts.rows} rows"
    return f"unique in all {counts.rows} rows, by a scan"
