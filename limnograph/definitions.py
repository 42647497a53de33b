"""How one table is and was defined, as `limnograph schema` shows it: from the store, or the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from monitors.core import Definition, Problem
from monitors.delta.evolution.changes import Change, changes
from monitors.delta.evolution.concealed import shown

if TYPE_CHECKING:
    from limnograph.settings import TableSettings
    from limnograph.store import Store

SCHEMA_VERSION = 1

Moment = int | datetime
"""A version of the table, or a time."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A definition and what it changed; `incarnation` counts the tables that lay in one place."""

    definition: Definition
    changes: tuple[Change, ...] = ()
    incarnation: int = 1
    first: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """The definitions of a table that are known, oldest first, and where they were found.

    `newest` is the version that the table is known to have; None where that was not read.
    """

    table: str
    uri: str
    source: Literal["store", "log"]
    entries: tuple[Entry, ...] = ()
    problems: tuple[Problem, ...] = ()
    newest: int | None = None

    def at(self, moment: Moment | None) -> Entry | None:
        """The entry in force at a version or a time, None for now; LookupError where none is known.

        A version is one of the table that is there now, not of those it replaced.
        """
        if moment is None:
            return self.entries[-1] if self.entries else None
        if isinstance(moment, datetime):
            found = [entry for entry in self.entries if entry.definition.at <= moment]
        else:
            if self.newest is not None and moment > self.newest:
                raise LookupError(f"the newest version is {self.newest}")
            current = self.entries[-1].incarnation if self.entries else 1
            entries = [entry for entry in self.entries if entry.incarnation == current]
            found = [entry for entry in entries if entry.definition.version <= moment]
        if found:
            return found[-1]
        if not self.entries:
            return None
        oldest = self.entries[0].definition
        raise LookupError(
            f"the oldest definition known is that of version {oldest.version}, {_iso(oldest.at)}"
        )


def from_store(store: "Store", table: "TableSettings") -> Past:
    """What the schema monitor stored of a table; a problem where that is nothing."""
    of = table.subject.id
    last = max((row.incarnation for row in store.subjects("table") if row.id == of), default=1)
    entries: list[Entry] = []
    for incarnation in range(1, last + 1):
        found = store.definitions(of, incarnation=incarnation)
        for place, definition in enumerate(found):
            entries.append(_entry(entries, definition, incarnation, first=place == 0))
    problems = () if entries else (NOTHING_STORED,)
    return Past(table.name, table.uri, "store", tuple(entries), problems)


NOTHING_STORED = Problem(
    "schema",
    "not_assessed",
    "no definition of this table is stored yet",
    "run `limnograph run` with the schema monitor on, or name the table by its URI",
)


def _entry(
    before: Sequence[Entry], definition: Definition, incarnation: int, *, first: bool
) -> Entry:
    changed = changes(before[-1].definition, definition) if before else ()
    return Entry(definition, changed, incarnation, first)


async def from_log(uri: str, options: Mapping[str, str], now: datetime) -> Past:
    """What a table's log tells; a table that cannot be read is one of the problems."""
    from limnograph.inspection import InThread
    from monitors.delta.evolution.steps import steps
    from monitors.errors import UnreadableError
    from monitors.lakes.embedded import Access, EmbeddedTable

    table = EmbeddedTable(uri, options, Access(InThread(), log_only=True, once=True), now)
    try:
        tail = await table.tail(None)
    except UnreadableError as error:
        problem = Problem("table", "error", error.reason, error.mend)
        return Past("", uri, "log", problems=(problem,))
    entries = tuple(
        Entry(step.definition, step.changes, first=place == 0)
        for place, step in enumerate(steps(None, tail))
    )
    problems = tuple(p for p in tail.problems if p.what.startswith("schema "))
    return Past("", uri, "log", entries, problems, newest=tail.snapshot.version)


def document(past: Past, at: Moment | None, *, history: bool) -> dict[str, Any]:
    """The document that `limnograph schema --output json` prints.

    Raises LookupError, with what is known instead, where no definition of that moment is.
    """
    entry = past.at(at)
    told: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "table": past.table or None,
        "uri": past.uri,
        "source": past.source,
        **(_nothing() if entry is None else _definition(entry.definition)),
        "problems": [
            {"what": p.what, "state": p.state, "reason": p.reason, "mend": p.mend}
            for p in past.problems
        ],
    }
    if history:
        entries = past.entries if entry is None else past.entries[: past.entries.index(entry) + 1]
        told["history"] = [_history(each) for each in entries]
    return told


def _definition(definition: Definition) -> dict[str, Any]:
    return {
        **_commit(definition),
        "table_id": definition.table_id,
        "columns": [
            {"path": list(c.path), "type": c.type, "nullable": c.nullable, "id": c.id or None}
            for c in definition.columns
        ],
        "partition_columns": list(definition.partition_columns),
        "clustering_columns": list(definition.clustering_columns),
        "properties": shown(definition.properties),
        "features": list(definition.features),
        "protocol": {"reader": definition.reader, "writer": definition.writer},
    }


def _nothing() -> dict[str, Any]:
    unknown = ("version", "at", "operation", "user", "table_id", "columns", "partition_columns")
    more = ("clustering_columns", "properties", "features", "protocol")
    return dict.fromkeys((*unknown, *more))


def _commit(definition: Definition) -> dict[str, Any]:
    return {
        "version": definition.version,
        "at": _iso(definition.at),
        "operation": definition.operation or None,
        "user": definition.user or None,
    }


def _history(entry: Entry) -> dict[str, Any]:
    return {
        **_commit(entry.definition),
        "incarnation": entry.incarnation,
        "first": entry.first,
        "columns": sum(len(column.path) == 1 for column in entry.definition.columns),
        "changes": [
            {
                "kind": str(change.kind),
                "path": change.path,
                "before": change.before,
                "after": change.after,
                "message": change.message,
            }
            for change in entry.changes
        ],
    }


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
