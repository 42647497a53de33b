"""Everything that can be known about one Delta table at once, without configuration or store."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar, TypeVarTuple

from limnograph.inspected_health import health_of
from monitors.core import CommitFact, Problem, Tail
from monitors.delta.reasons import sentence
from monitors.errors import UnreadableError
from monitors.lakes.embedded import Access, EmbeddedTable

SCHEMA_VERSION = 1
Grain = Literal["commit", "hour", "day"]

T = TypeVar("T")
Args = TypeVarTuple("Args")


class InThread:
    """Blocking work in a thread of this process: a short command need not start another one."""

    async def call(self, function: Callable[[*Args], T], *args: *Args, timeout: float) -> T:
        """What the function returns; UnreadableError when it takes more than `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                return await asyncio.to_thread(function, *args)
        except TimeoutError:
            raise UnreadableError(
                f"reading was stopped: it took longer than {timeout:g} s",
                "ask for fewer commits (--last), or read the log only (--log-only)",
            ) from None


@dataclass(slots=True)
class Bucket:
    """The commits of an hour or a day (UTC): sums of known numbers, None where none is known."""

    start: datetime
    inserted: int | None = None
    updated: int | None = None
    deleted: int | None = None
    net: int | None = None
    commits: int = 0
    uncounted: int = 0
    inexact: int = 0

    def add(self, fact: CommitFact) -> None:
        self.commits += 1
        self.uncounted += not fact.counted
        self.inexact += fact.counted and not fact.exact
        self.inserted = _plus(self.inserted, fact.inserted)
        self.updated = _plus(self.updated, fact.updated)
        self.deleted = _plus(self.deleted, fact.deleted)
        self.net = _plus(self.net, fact.net)


async def inspect_table(
    uri: str,
    *,
    storage_options: Mapping[str, str] | None = None,
    log_only: bool = False,
    by: Grain | None = None,
    last: int | None = None,
    batch_gib: float | None = None,
    now: datetime | None = None,
) -> dict[str, Any]:
    """The document that `limnograph inspect --output json` prints.

    A table that cannot be read gives a document of nulls with the problem; nothing is raised for
    it. `by` adds `commits` or `buckets`; `last` keeps the newest commits, hours or days.
    `batch_gib` adds a plan to load the table in batches of so many GiB, from a sample of its data.
    """
    now = now or datetime.now(UTC)
    access = Access(InThread(), log_only=log_only, once=True)
    table = EmbeddedTable(uri, storage_options or {}, access, now)
    facts: tuple[CommitFact, ...] = ()
    try:
        tail = await _read(table, last if by == "commit" else None)
    except UnreadableError as error:
        document = _unreadable(uri, error)
    else:
        facts = tail.commits[-last:] if by == "commit" and last else tail.commits
        health, unknown = await health_of(table, tail, batch_gib, now)
        document = _document(uri, tail, facts, unknown) | {"health": health}
    if by == "commit":
        document["commits"] = [commit_document(fact) for fact in facts]
    elif by is not None:
        buckets = [_bucket_document(bucket) for bucket in buckets_of(facts, by)]
        document["buckets"] = buckets[-last:] if last else buckets
    return document


async def _read(table: EmbeddedTable, last: int | None) -> Tail:
    """The newest commits, and more where those do not tell when data last changed."""
    if last is not None:
        tail = await table.last(last)
        if any(fact.changes_data for fact in tail.commits):
            return tail
    return await table.tail(None)


def _document(
    uri: str, tail: Tail, facts: Sequence[CommitFact], unknown: Sequence[Problem]
) -> dict[str, Any]:
    snapshot = tail.snapshot
    changed = [fact.at for fact in tail.commits if fact.changes_data]
    problems = [*tail.problems, *unknown, *_unknown_counts(facts)]
    if not changed:
        problems.append(
            Problem(
                "last_commit",
                "not_assessed",
                "no commit in the remaining log changed data",
                "keep the log longer (delta.logRetentionDuration)",
            )
        )
    return {
        "schema_version": SCHEMA_VERSION,
        "uri": uri,
        "version": snapshot.version,
        "rows": snapshot.rows,
        "files": snapshot.files,
        "size_bytes": snapshot.size_bytes,
        "last_commit": iso(max(changed)) if changed else None,
        "last_commit_of_any_kind": iso(max((f.at for f in tail.commits), default=snapshot.at)),
        "table_id": snapshot.table_id,
        "change_feed": snapshot.feed,
        "partition_columns": list(snapshot.partition_columns),
        "features": list(snapshot.features),
        "events": [
            {"kind": str(event.kind), "at": iso(event.at), "message": event.message}
            for event in tail.events
        ],
        "problems": [_problem(problem) for problem in problems],
    }


def _unknown_counts(facts: Sequence[CommitFact]) -> list[Problem]:
    unknown: dict[str, list[int]] = {}
    for fact in facts:
        if fact.reason:
            unknown.setdefault(fact.reason, []).append(fact.version)
    return [
        Problem(
            f"counts of {_versions(versions)}",
            "not_assessed",
            sentence(reason) or reason,
            _MENDS.get(
                reason, "set delta.enableChangeDataFeed = true to have such commits counted"
            ),
        )
        for reason, versions in unknown.items()
    ]


_MEND = "set delta.enableChangeDataFeed = true, so that such commits can be counted"
_MENDS = {
    "vacuumed": "read the table more often than VACUUM removes its files",
    "unreadable_feed": "check that the files under _change_data can be read",
    "added_again": "have the writer of the commit checked: it names files that it did not write",
    "no_statistics": "let the writer keep statistics, or allow reading Parquet footers",
}


def _versions(versions: Sequence[int]) -> str:
    shown = ", ".join(map(str, versions[:5]))
    more = f" and {len(versions) - 5} more" if len(versions) > 5 else ""
    return f"version {shown}" if len(versions) == 1 else f"versions {shown}{more}"


def commit_document(fact: CommitFact) -> dict[str, Any]:
    """A commit as the JSON document has it; null is unknown."""
    return {
        "version": fact.version,
        "timestamp": iso(fact.at),
        "operation": fact.operation or None,
        "inserted": fact.inserted,
        "updated": fact.updated,
        "deleted": fact.deleted,
        "net": fact.net,
        "source": fact.source,
        "exact": fact.exact,
        "reason": sentence(fact.reason),
        "bytes_added": fact.bytes_added,
        "bytes_removed": fact.bytes_removed,
        "files_added": fact.files_added,
        "files_removed": fact.files_removed,
    }


def buckets_of(facts: Sequence[CommitFact], grain: Literal["hour", "day"]) -> list[Bucket]:
    """The commits summed by UTC hour or day, in order of time."""
    found: dict[datetime, Bucket] = {}
    for fact in facts:
        start = fact.at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        start = start.replace(hour=0) if grain == "day" else start
        found.setdefault(start, Bucket(start)).add(fact)
    return [found[start] for start in sorted(found)]


def _bucket_document(bucket: Bucket) -> dict[str, Any]:
    return {
        "start": iso(bucket.start),
        "inserted": bucket.inserted,
        "updated": bucket.updated,
        "deleted": bucket.deleted,
        "net": bucket.net,
        "commits": bucket.commits,
        "uncounted": bucket.uncounted,
        "inexact": bucket.inexact,
    }


def _unreadable(uri: str, error: UnreadableError) -> dict[str, Any]:
    known = ("version", "rows", "files", "size_bytes", "last_commit", "last_commit_of_any_kind")
    problem = Problem("table", "error", error.reason, error.mend)
    return {
        "schema_version": SCHEMA_VERSION,
        "uri": uri,
        **dict.fromkeys((*known, "table_id", "change_feed"), None),
        "partition_columns": [],
        "features": [],
        "events": [],
        "problems": [_problem(problem)],
        "health": None,
    }


def _problem(problem: Problem) -> dict[str, str]:
    return {
        "what": problem.what,
        "state": problem.state,
        "reason": problem.reason,
        "mend": problem.mend,
    }


def iso(at: datetime) -> str:
    """A time as ISO 8601 in UTC with milliseconds."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plus(sum_: int | None, number: int | None) -> int | None:
    if number is None:
        return sum_
    return number if sum_ is None else sum_ + number
