"""The rows of one Delta table for its checks, read once and staged for SQL on the way.

Synchronous: it lives in a worker process, as long as the checks of one table take.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from monitors.core import Cost
from monitors.delta.feed.changes import changes, feed_schema
from monitors.delta.feed.commits import INSERT, POSTIMAGE, ChangedCommit, ChangedFile
from monitors.errors import UnavailableError, UnreadableError
from monitors.lakes.rows.engine import Engine
from monitors.lakes.rows.fresh import LeftOut
from monitors.lakes.rows.sql import (
    NEW_ROWS,
    WHOLE,
    columns_named,
    parameters_named,
    tables_named,
    translated,
)
from monitors.lakes.rows.staging import staged_columns, table_schema
from monitors.lakes.rows.window import Window, read_live

ADDED = ("_change_type", "_commit_version", "_commit_timestamp")
"""What new rows have behind the columns of the table."""

_NEW_KINDS = pa.array([INSERT, POSTIMAGE])
_COUNTED = "_row"  # stands for the rows of a relation of which no column is wanted


@dataclass(slots=True)
class TableRows:
    """The new rows and the live rows of a table; close it. Raises UnreadableError.

    `own` is the table's own name; `others` reads the log of another declared table, by name, and
    `other_names` are all of those. `lost` is set when new rows could not be had for a reason that
    may pass, or none of them: they are not judged then, and are to be asked for again.
    """

    window: Window
    own: str
    others: Callable[[str], Window]
    other_names: Sequence[str]
    batch_rows: int
    now: datetime
    lost: UnreadableError | None = None
    _engine: Engine | None = None
    _expected: dict[str, dict[str, None]] = field(default_factory=dict)
    _staged: dict[str, frozenset[str]] = field(default_factory=dict)
    _unread: list[LeftOut] = field(default_factory=list)
    _opened: dict[str, Window] = field(default_factory=dict)
    _live_files: dict[str, tuple[ChangedFile, ...]] = field(default_factory=dict)

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Why the new rows of some commits are missing; complete when the rows have been read."""
        return (*self.window.left_out, *self._unread)

    @property
    def cost(self) -> Cost:
        """What reading logs took; bytes of data files are not in it."""
        return sum((window.cost for window in self._opened.values()), self.window.cost)

    def schema(self) -> pa.Schema:
        """The table's columns as of `last`; a type that is unknown here is null."""
        return table_schema(self.window.table)

    def expect(self, statements: Iterable[str]) -> None:
        """Announce statements: one read of the new rows then serves them and `new`."""
        for sql in statements:
            names = columns_named(sql)
            relations = [self._relation(name) for name in tables_named(sql)]
            wanted = [staged_columns(self._window_of(r).table, names) for r in relations]
            for relation, columns in zip(relations, wanted, strict=True):
                self._expected.setdefault(relation, {}).update(dict.fromkeys(columns))

    def new(self, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        """The new rows with `ADDED` behind the columns asked for; see `checks.core.Rows`."""
        schema = feed_schema(self.window.table, columns)
        asked = schema.names[: -len(ADDED)]
        if NEW_ROWS not in self._expected or NEW_ROWS in self._staged:
            yield from self._new(asked)
            return
        names = list(self._expected[NEW_ROWS])
        self._duckdb.create(NEW_ROWS, feed_schema(self.window.table, names))
        for batch in self._new(list(dict.fromkeys((*asked, *names)))):
            self._duckdb.insert(NEW_ROWS, batch.select([*names, *ADDED]))
            yield batch.select(schema.names)
        self._staged[NEW_ROWS] = frozenset(names)

    def whole(self, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        """Every live row as of `last`."""
        names = feed_schema(self.window.table, columns).names[: -len(ADDED)]
        for batch in self._live(self.window, names):
            yield batch.select(names)

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """The result of a statement in the Databricks dialect, held in memory."""
        return self._duckdb.query(*self._prepared(sql, parameters))

    def stream(
        self, sql: str, parameters: Mapping[str, Any] | None = None
    ) -> Iterator[pa.RecordBatch]:
        """As `query`, in batches; nothing else may be asked before its end."""
        return self._duckdb.stream(*self._prepared(sql, parameters))

    def close(self) -> None:
        """Remove what was staged."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None
            self._staged.clear()

    @property
    def _duckdb(self) -> Engine:
        if self._engine is None:
            self._engine = Engine()
        return self._engine

    def _prepared(
        self, sql: str, parameters: Mapping[str, Any] | None
    ) -> tuple[str, dict[str, Any]]:
        text, known = translated(sql), parameters or {}
        if missing := parameters_named(sql) - known.keys():
            names = ", ".join(f":{name}" for name in known) or "none"
            raise UnreadableError(
                f"the statement names the parameter :{min(missing)}, which has no value",
                f"the parameters are {names}",
            )
        self.expect([sql])
        for name in tables_named(sql):
            self._stage(self._relation(name))
        return text, {name: known[name] for name in parameters_named(sql)}

    def _relation(self, name: str) -> str:
        """The relation that a statement means by a name; UnreadableError when there is none."""
        declared = (NEW_ROWS, WHOLE, self.own, *self.other_names)
        for known in declared:
            if name.casefold() == known.casefold():
                return known
        raise UnreadableError(
            f"the statement reads {name!r}, which is no declared table",
            f"it may read {', '.join(declared)[:500]}",
        )

    def _stage(self, relation: str) -> None:
        names = list(self._expected[relation])
        if relation in self._staged and self._staged[relation].issuperset(names):
            return
        if relation == NEW_ROWS:
            self._staged.pop(NEW_ROWS, None)
            for _ in self.new(()):
                pass
            return
        if relation == WHOLE and self.window.whole:
            # Every live row is new, so that one read serves both.
            self._expected.setdefault(NEW_ROWS, {}).update(dict.fromkeys(names))
            self._stage(NEW_ROWS)
            self._duckdb.view(WHOLE, names or ADDED[:1], NEW_ROWS)
        else:
            self._fill(relation, self._window_of(relation), names)
        self._staged[relation] = frozenset(names)

    def _window_of(self, relation: str) -> Window:
        if relation in (NEW_ROWS, WHOLE, self.own):
            return self.window
        if relation not in self._opened:
            self._opened[relation] = self.others(relation)
        return self._opened[relation]

    def _fill(self, relation: str, window: Window, names: Sequence[str]) -> None:
        fields = list(feed_schema(window.table, names))[: len(names)]
        self._duckdb.create(relation, pa.schema(fields or [pa.field(_COUNTED, pa.bool_())]))
        for batch in self._live(window, names):
            shown = batch.select(names)
            if not names:
                row = pa.repeat(pa.scalar(True), batch.num_rows)
                shown = pa.RecordBatch.from_arrays([row], [_COUNTED])
            self._duckdb.insert(relation, shown)

    def _live(self, window: Window, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The live rows of a table, as inserted by the window's version."""
        key = f"{window.table.uri}@{window.version}"
        if key not in self._live_files:
            self._live_files[key] = asyncio.run(read_live(window.table, window.version, self.now))
        everything = ChangedCommit(window.version, window.at, adds=self._live_files[key])
        yield from changes(window.table, everything, columns, batch_rows=self.batch_rows)

    def _new(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        try:
            if self.window.whole:
                yield from self._live(self.window, columns)
            for commit in self.window.commits:
                yield from self._of_commit(commit, columns)
        except UnreadableError as error:
            self.lost = error
            raise

    def _of_commit(self, commit: ChangedCommit, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        table = self.window.table
        try:
            for batch in changes(table, commit, columns, batch_rows=self.batch_rows):
                kept = batch.filter(pc.is_in(batch["_change_type"], _NEW_KINDS))
                if kept.num_rows:
                    yield kept
        except UnavailableError:
            raise
        except UnreadableError as error:
            reason = f"the new rows of version {commit.version} could not be read: {error.reason}"
            found = LeftOut(reason, error.mend, error=True)
            if found not in self._unread:
                self._unread.append(found)
