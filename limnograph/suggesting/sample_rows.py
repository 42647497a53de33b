"""Sampled rows in the words of checks: as if they were new, and as if they were the whole table.

Synchronous; it runs in a worker process, as long as the trials of one table take.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from checks.core import Unread, Version
from monitors.delta.feed.changes import changes, feed_schema
from monitors.delta.feed.commits import ChangedCommit
from monitors.errors import UnreadableError
from monitors.lakes.rows.engine import Engine
from monitors.lakes.rows.sql import NEW_ROWS, WHOLE, columns_named, tables_named, translated
from monitors.lakes.rows.table import ADDED
from monitors.lakes.rows.window import Window, read_live, read_window

Place = tuple[str, Mapping[str, str]]
"""A table's URI and the options of its store."""


@dataclass(slots=True)
class OtherTables:
    """The other declared tables, each read once on first need and kept for all trials.

    `places` are those that may be asked, by name.
    """

    places: Mapping[str, Place] = field(repr=False)
    now: datetime
    _windows: dict[str, Window] = field(default_factory=dict)

    def read(self, name: str, wanted: frozenset[str]) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
        """Every live row of a table, with the wanted ones of its columns (in lower case)."""
        if name not in self._windows:
            uri, options = self.places[name]
            self._windows[name] = asyncio.run(read_window(uri, options, None, self.now))
        window = self._windows[name]
        columns = [f.name for f in window.table.schema.fields if f.name.lower() in wanted]
        schema = feed_schema(window.table, columns)
        live = asyncio.run(read_live(window.table, window.version, self.now))
        everything = ChangedCommit(window.version, window.at, adds=live)
        return schema, changes(window.table, everything, columns)


@dataclass(slots=True)
class SampleRows:
    """Some rows of a table, with `ADDED` behind its columns; a Rows. Close it."""

    rows: pa.Table
    last: Version
    others: OtherTables
    own: str = ""
    left_out: tuple[Unread, ...] = ()
    _engine: Engine | None = None
    _staged: dict[str, frozenset[str]] = field(default_factory=dict)

    def schema(self) -> pa.Schema:
        """The table's own columns."""
        return self.rows.select(self._own).schema

    @property
    def _own(self) -> list[str]:
        return [name for name in self.rows.column_names if name not in ADDED]

    def new(self, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        """The rows as if a commit had just brought them."""
        names = self._own if columns is None else list(columns)
        yield from self.rows.select([*names, *ADDED]).to_batches()

    def whole(self, columns: Sequence[str] | None) -> Iterator[pa.RecordBatch]:
        """The rows as if they were all there are."""
        names = self._own if columns is None else list(columns)
        yield from self.rows.select(names).to_batches()

    def query(self, sql: str, parameters: Mapping[str, Any] | None = None) -> pa.Table:
        """The result of a statement over the rows, and over other declared tables."""
        text, wanted = translated(sql), columns_named(sql)
        if wanted is None:
            raise UnreadableError("a suggested statement names no columns")
        if self._engine is None:
            self._engine = Engine()
        for name in tables_named(sql):
            self._stage(self._engine, name, wanted)
        return self._engine.query(text, parameters)

    def close(self) -> None:
        """Remove what was staged."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None
            self._staged.clear()

    def _stage(self, engine: Engine, relation: str, wanted: frozenset[str]) -> None:
        if self._staged.get(relation, frozenset()) >= wanted and relation in self._staged:
            return
        wanted |= self._staged.get(relation, frozenset())
        if relation in (NEW_ROWS, WHOLE, self.own):
            names = [name for name in self._own if name.lower() in wanted]
            part = self.rows.select([*names, *ADDED])
            schema, batches = part.schema, iter(part.to_batches())
        else:
            schema, batches = self.others.read(relation, wanted)
        engine.create(relation, schema)
        for batch in batches:
            engine.insert(relation, batch)
        self._staged[relation] = wanted
