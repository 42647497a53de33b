"""Schema: how a table is defined, and every change of that, commit by commit.

Reads the Delta log: columns with their types and nullability, nested ones too, partitioning,
clustering, properties, protocol and features. Lag: none, a change is told in the cycle that first
sees its commit, with the commit's own time, operation and user. Absence of the time of the last
change means that the log holds none; absence of the number of columns, that no schema could be
read. A change whose commit the log no longer holds is told without operation and user. Values of
properties whose names look like secrets are kept and shown as asterisks.
Cardinality: one series per table, and on request one more and one per kind of change seen.
"""

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from monitors.core import (
    TABLE_LABELS,
    Column,
    Cursor,
    Definition,
    Measurement,
    Metric,
    Monitor,
    Problem,
    Reading,
    State,
    Subject,
    TableSource,
    Tail,
    Totals,
    Window,
)
from monitors.delta.evolution.concealed import concealed
from monitors.delta.evolution.steps import Step, steps

CHANGED = Metric(
    "lakehouse_table_schema_changed_timestamp_seconds",
    "Unix time of the newest commit that changed how the table is defined, its creation aside.",
    labels=TABLE_LABELS,
    unit="seconds",
    rollup="max",
)
COLUMNS = Metric(
    "lakehouse_table_columns",
    "Columns of the table; fields within a column are not counted.",
    labels=TABLE_LABELS,
    unit="columns",
    opt_in=True,
    drop_rank=3,
)
CHANGES = Metric(
    "lakehouse_table_schema_changes_total",
    "Changes of the table's definition, by kind, such as column_added or property_changed.",
    kind="counter",
    labels=(*TABLE_LABELS, "change"),
    unit="changes",
    rollup="sum",
    opt_in=True,
    drop_rank=3,
)
METRICS = (CHANGED, COLUMNS, CHANGES)

_KEY, _FORMAT = "definition", "schema.1"
_LISTS = ("partition_columns", "clustering_columns", "features")


class Config(BaseModel):
    """How the table is defined, and what changed."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Known:
    """The last definition, and the Unix time of its newest change; None where none was seen."""

    definition: Definition | None = None
    changed: float | None = None

    def after(self, steps: Iterable[Step], now: datetime) -> "Known":
        """With more definitions. A commit whose writer's clock is ahead was there by now."""
        definition, times = self.definition, [self.changed] if self.changed is not None else []
        for step in steps:
            definition = step.definition
            if step.changes:
                times.append(min(definition.at, now).timestamp())
        return Known(definition, max(times, default=None))

    @property
    def width(self) -> int | None:
        """The number of columns; None where no definition is known."""
        if self.definition is None:
            return None
        return sum(len(column.path) == 1 for column in self.definition.columns)

    def state(self, version: int) -> State:
        """What to keep: a short line that every cycle needs, then the rest, compressed."""
        head = json.dumps({"changed": self.changed, "columns": self.width})
        body = json.dumps(None if self.definition is None else _document(self.definition))
        blob = head.encode() + b"\n" + zlib.compress(body.encode())
        return State(_KEY, _FORMAT, version, blob)


@dataclass(frozen=True, slots=True)
class Kept:
    """What an earlier run kept; the definition is decoded when it is asked for."""

    blob: bytes

    @property
    def head(self) -> tuple[float | None, int | None]:
        """When the definition changed, and the number of columns."""
        head = json.loads(self.blob.partition(b"\n")[0])
        return head["changed"], head["columns"]

    def known(self) -> Known:
        document = json.loads(zlib.decompress(self.blob.partition(b"\n")[2]))
        return Known(None if document is None else _definition(document), self.head[0])


def kept_in(states: Mapping[str, State]) -> Kept | None:
    """What an earlier run kept; None where there is no state of this format."""
    state = states.get(_KEY)
    return Kept(state.blob) if state is not None and state.format == _FORMAT else None


def totals(labels: tuple[str, ...], before: Totals, new: Iterable[Step]) -> Totals:
    """Counter totals after some steps."""
    after: Counter[tuple[str, tuple[str, ...]]] = Counter(before)
    for step in new:
        for change in step.changes:
            after[CHANGES.name, (*labels, str(change.kind))] += 1
    return dict(after)


async def read(
    source: TableSource,
    subject: Subject,
    config: Config,
    cursor: Cursor | None,
    states: Mapping[str, State],
    now: datetime,
) -> Reading:
    """The definitions after the cursor, what they changed, and when the last change was."""
    tail = await source.tail(cursor.position if cursor else None)
    kept = None if tail.first else kept_in(states)
    if kept is not None and tail.before is None and not tail.definitions:
        return _reading(subject, tail, cursor, kept.head, (), ())
    before = kept.known() if kept else await _rebuilt(source, tail, now)
    new = tuple(steps(before.definition, tail))
    # Another table's last change is none of this one's.
    base = Known(before.definition) if tail.recreated else before
    after = base.after(new, now)
    state = (after.state(tail.snapshot.version),) if new or kept is None else ()
    return _reading(subject, tail, cursor, (after.changed, after.width), new, state)


def _reading(
    subject: Subject,
    tail: Tail,
    cursor: Cursor | None,
    values: tuple[float | None, int | None],
    new: Sequence[Step],
    states: tuple[State, ...],
) -> Reading:
    totals_before = cursor.totals if cursor else {}
    return Reading(
        measurements=_measured(subject, tail, *values),
        definitions=tuple(step.definition for step in new),
        events=(*tail.events, *(event for step in new for event in step.events)),
        states=states,
        cursor=Cursor(tail.position, totals(subject.labels, totals_before, new)),
        problems=_problems(tail.problems),
        recreated=tail.recreated,
    )


async def _rebuilt(source: TableSource, tail: Tail, now: datetime) -> Known:
    """What was known where a tail begins, for want of a state; nothing on a first read.

    Where the tail changes nothing, only the whole log tells when the last change was.
    """
    if tail.first or tail.recreated:
        return Known()
    if tail.before is not None and tail.definitions:
        return Known(concealed(tail.before))
    whole = await source.tail(None)
    new = {definition.version for definition in tail.definitions}
    old = [step for step in steps(None, whole) if step.definition.version not in new]
    return Known().after(old, now)


def _measured(
    subject: Subject, tail: Tail, changed: float | None, width: int | None
) -> tuple[Measurement, ...]:
    found = []
    if changed is not None:
        at = datetime.fromtimestamp(changed, UTC)
        found.append(CHANGED(changed, *subject.labels, at=at))
    if width is not None:
        found.append(COLUMNS(width, *subject.labels, at=tail.snapshot.at))
    return tuple(found)


def _problems(found: Sequence[Problem]) -> tuple[Problem, ...]:
    """Those about schemas; the others are about counts."""
    return tuple(problem for problem in found if problem.what.startswith("schema "))


def _document(definition: Definition) -> dict[str, Any]:
    document = {field.name: getattr(definition, field.name) for field in fields(Definition)}
    document["columns"] = [[c.path, c.type, c.nullable, c.id] for c in definition.columns]
    document["properties"] = dict(definition.properties)
    document["at"] = definition.at.isoformat()
    return document


def _definition(document: dict[str, Any]) -> Definition:
    columns = (Column(tuple(path), *rest) for path, *rest in document["columns"])
    values = {
        **document,
        **{name: tuple(document[name]) for name in _LISTS},
        "columns": tuple(columns),
        "at": datetime.fromisoformat(document["at"]),
    }
    return Definition(**values)


def replay(window: Window, subject: Subject, config: Config, now: datetime) -> Reading:
    """The definitions that past commits say they set, and what they changed.

    What only a checkpoint tells is no commit's doing, so it is nothing to write again.
    """
    told = [step for step in steps(None, window) if step.told and step.definition.operation]
    return Reading(
        definitions=tuple(step.definition for step in told),
        events=(*window.events, *(event for step in told for event in step.events)),
        problems=_problems(window.problems),
    )


MONITOR = Monitor(
    name="schema",
    summary="Columns, layout, properties and protocol, and every change of them.",
    scope="table",
    config=Config,
    metrics=METRICS,
    read=read,
    needs=("commits",),
    replay=replay,
)
