"""Looks at one table, suggests checks for it, and tells people and programs of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import pairwise
from typing import Any

import pyarrow as pa

from checks.core import Kind
from checks.expectations.kinds import ColumnKind, kind_of
from limnograph.inspection import InThread
from limnograph.settings.resolved import TableSettings, reveal
from limnograph.suggesting.existing import meanings, says
from limnograph.suggesting.halves import halves
from limnograph.suggesting.live import COMMITS, LiveTable, live_table
from limnograph.suggesting.log_bounds import logs_of
from limnograph.suggesting.log_past import LogPast
from limnograph.suggesting.proposal import Dropped, Proposal
from limnograph.suggesting.row_job import Job, RowSuggestions, run_job
from limnograph.suggesting.stored_trial import suggested
from limnograph.suggesting.yaml_lines import alarm_sentence, document
from monitors.core import CommitFact, Definition, Tail
from monitors.delta.feed_reader import Caller
from monitors.errors import LimnographError, UnreadableError
from monitors.lakes.embedded import Access, EmbeddedTable
from monitors.lakes.rows.staging import table_schema

TIMEOUT = 3600.0
"""Seconds that reading and trying may take."""

Say = Callable[[str], None]
_MOST_OTHER_ROWS = 5_000_000


@dataclass(frozen=True, slots=True)
class Request:
    """What is wanted: a table, the others that it may refer to, and how many rows to look at.

    `history` are commits that the store still knows, in order.
    """

    table: TableSettings
    now: datetime
    kinds: Mapping[str, Kind] = field(repr=False)
    others: tuple[TableSettings, ...] = ()
    rows: int = 100_000
    since: datetime | None = None
    expectations: bool = True
    history: tuple[CommitFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestions:
    """The checks that a table could have, and what they were found from."""

    table: TableSettings
    version: int
    total: int | None
    proposals: tuple[Proposal, ...]
    dropped: tuple[Dropped, ...]
    rows: RowSuggestions
    notes: tuple[str, ...]

    @property
    def header(self) -> list[str]:
        """How much was looked at, and what was held out."""
        looked, cut = self.rows.looked, self.rows.halves
        of = "" if self.total is None else f" of {self.total:,}"
        seen = f"{looked.rows:,}{of} rows in {looked.files:,} of {looked.of:,} files"
        first = f"{self.table.name}: {_plural(len(self.proposals), 'check')}, from {seen}"
        held = f"no false alarms are estimated: {cut.reason}" if cut.first is None else (
            f"the newest 20 % of the commits, from version {cut.first:,} on, were held out to "
            "estimate false alarms"
        )  # fmt: skip
        return [f"{first}, version {self.version:,}; {held}."]

    @property
    def yaml(self) -> str:
        """The checks to paste below the table; empty where there are none."""
        return document(self.header, self.proposals) if self.proposals else ""

    def plain(self) -> dict[str, Any]:
        """The same for a program."""
        cut, looked = self.rows.halves, self.rows.looked
        return {
            "table": self.table.name,
            "uri": self.table.uri,
            "version": self.version,
            "sample": {
                "rows": looked.rows,
                "of_rows": self.total,
                "files": looked.files,
                "of_files": looked.of,
            },
            "held_out": {
                "from_version": cut.first,
                "commits": cut.commits,
                "days": cut.length.total_seconds() / 86400,
                "reason": cut.reason,
            },
            "checks": [_plain(proposal) for proposal in self.proposals],
            "dropped": [
                {"id": one.id, "type": one.type, "reason": one.why} for one in self.dropped
            ],
            "notes": list(self.notes),
            "yaml": self.yaml,
        }


def _plain(proposal: Proposal) -> dict[str, Any]:
    alarms = proposal.alarms
    estimate = None if alarms is None else {
        "failed": alarms.failed,
        "of": alarms.of,
        "unit": alarms.unit,
        "days": alarms.days,
        "per_30_days": alarms.per_month,
        "text": alarm_sentence(alarms),
    }  # fmt: skip
    return {"check": dict(proposal.fields), "evidence": list(proposal.why), "alarms": estimate}


def _plural(number: int, word: str) -> str:
    return f"{number:,} {word}{'s' if number != 1 else ''}"


async def suggest(request: Request, say: Say, caller: Caller) -> Suggestions:
    """Look at a table; `say` hears what is being done, `caller` does what blocks.

    UnreadableError when it cannot be read, or holds no rows.
    """
    table, now, options = request.table, request.now, reveal(request.table.storage_options)
    say(f"{table.name}: reading its log")
    live = await live_table(table.uri, options, now)
    source = EmbeddedTable(table.uri, options, Access(InThread(), log_only=True, once=True), now)
    tail = await source.last(COMMITS)
    definitions = _definitions(tail)
    live = _since(live, request.since)
    if not live.files or live.rows == 0:
        since = "" if request.since is None else " that came since then"
        raise UnreadableError(
            f"{table.name} ({table.uri}) holds no rows{since}, so nothing can be learned from it",
            "try again when it has some",
        )
    columns = definitions[-1].columns if definitions else ()
    known = meanings(table.checks, [column.path[0] for column in columns])
    rows = await _of_rows(request, live, definitions, say, caller)
    past = _past(request, tail, definitions, live)
    stored = suggested(table, request.kinds, past, known)
    every = [*stored.proposals, *rows.proposals]
    new = [one for one in every if not says(one.meaning, one.fields.get("bad_rows"), known)]
    taken = {check.id for check in table.checks}
    return Suggestions(
        table,
        live.version,
        live.rows,
        tuple(_named(new, taken)),
        (*stored.dropped, *rows.dropped),
        rows,
        tuple(_notes(request, past)),
    )


async def _of_rows(
    request: Request,
    live: LiveTable,
    definitions: Sequence[Definition],
    say: Say,
    caller: Caller,
) -> RowSuggestions:
    table = request.table
    columns = definitions[-1].columns if definitions else ()
    total = "rows" if live.rows is None else f"of {live.rows:,} rows"
    say(
        f"{table.name}: reading up to {request.rows:,} {total} in "
        f"{_plural(len(live.files), 'file')}, and trying what they suggest"
    )
    places, others = await _others(request, live, say)
    cut = halves(live.files)
    job = Job(
        table=replace(table, storage_options={}, checks=(), monitors={}),
        # Statistics are long, and all that is needed of them is in `logs`.
        live=replace(live, files=tuple(replace(file, stats=None) for file in live.files)),
        logs=logs_of(live.table, live.files, cut),
        cut=cut,
        columns=columns,
        most=request.rows,
        now=request.now,
        expectations=request.expectations,
        places=places,
        others=others,
        known=meanings(table.checks, [column.path[0] for column in columns]),
    )
    return await caller.call(run_job, job, timeout=TIMEOUT)


async def _others(
    request: Request, live: LiveTable, say: Say
) -> tuple[dict[str, tuple[str, dict[str, str]]], dict[str, list[tuple[str, ColumnKind]]]]:
    """The other tables whose names fit a column of this one, as far as they can be read."""
    places: dict[str, tuple[str, dict[str, str]]] = {}
    others: dict[str, list[tuple[str, ColumnKind]]] = {}
    own = table_schema(live.table)
    for other in request.others:
        if other.name == request.table.name or not _may_refer(own, other.name):
            continue
        try:
            options = reveal(other.storage_options)
            there = await live_table(other.uri, options, request.now)
        except LimnographError as error:
            say(f"{other.name}: is left out as a parent: {error}")
            continue
        if there.rows is None or there.rows > _MOST_OTHER_ROWS:
            say(f"{other.name}: is left out as a parent: it has too many rows to try that")
            continue
        schema = table_schema(there.table)
        others[other.name] = [(f.name, kind_of(f.type)) for f in schema]
        places[other.name] = (other.uri, options)
    return places, others


def _may_refer(own: pa.Schema, other: str) -> bool:
    """Whether a column has the name of another table, without reading that."""
    from limnograph.suggesting.row_rules import names_parent

    return any(names_parent(name, other) for name in own.names)


def _definitions(tail: Tail) -> list[Definition]:
    return [*([tail.before] if tail.before else []), *tail.definitions]


def _since(live: LiveTable, since: datetime | None) -> LiveTable:
    """The table with only those files whose rows came since a time."""
    if since is None:
        return live
    files = tuple(one for one in live.files if one.origin and one.origin.at >= since)
    return replace(live, files=files)


def _past(
    request: Request, tail: Tail, definitions: Sequence[Definition], live: LiveTable
) -> LogPast:
    """The past as the log and the store know it, without a hole."""
    facts = {fact.version: fact for fact in tail.commits}
    first = min(facts, default=0)
    for fact in reversed(request.history):
        if fact.version != first - 1 or (first in facts and fact.at > facts[first].at):
            continue
        facts[fact.version] = fact
        first = fact.version
    ordered = [facts[version] for version in sorted(facts)]
    holes = [
        place for place, (a, b) in enumerate(pairwise(ordered), 1) if b.version > a.version + 1
    ]
    ordered = ordered[holes[-1] :] if holes else ordered
    if request.since is not None:
        ordered = [fact for fact in ordered if fact.at >= request.since]
    zone = request.table.time_zone
    return LogPast(tuple(ordered), tuple(definitions), tail.snapshot.rows, zone, request.now)


def _named(proposals: Sequence[Proposal], taken: set[str]) -> list[Proposal]:
    """The proposals under ids that no other check has."""
    found = []
    for proposal in proposals:
        id, number = proposal.id, 1
        while id in taken:
            number += 1
            id = f"{proposal.id[:76].rstrip('-_.')}-{number}"
        taken.add(id)
        found.append(proposal.renamed(id))
    return found


def _notes(request: Request, past: LogPast) -> list[str]:
    notes = []
    if not request.expectations:
        notes.append(
            "great-expectations is not installed, so only our own kinds are suggested; "
            "pip install great-expectations brings the others"
        )
    changes = past.changes
    if len(changes) < 2:
        notes.append("one commit tells nothing of when data comes, nor of how much is usual")
    return notes
