"""Engines that keep what they were told: real transactions on SQLite, real ones on PostgreSQL.

The sqlite3 driver begins a transaction by itself, late, and SQLAlchemy lets it: two writers then
both read, both write, and one of the writes is lost. So the driver is told to begin nothing, and
every transaction begins here: BEGIN IMMEDIATE when it will write, which waits for the other writer
before anything is read, else a plain BEGIN, which reads one consistent state.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

from limnograph.store.failures import TransientStoreError, explained
from limnograph.store.location import Location
from limnograph.store.presence import follow

BUSY_SECONDS = 30
"""How long a writer waits for another one on SQLite, and a thread for a free connection."""

_CONNECT_SECONDS = 10
_BEGIN = "limnograph_begin"


class Database:
    """The engine of one store, its transactions, and its errors explained."""

    def __init__(self, location: Location) -> None:
        self.location = location
        self._engine = _engine(location)
        self._writer = self._engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
        # SQLite has one writer at a time. Threads of this process queue here, where they are woken
        # in turn, and not in SQLite's busy loop, which sleeps and may starve one of them.
        self._turn: AbstractContextManager[Any] = (
            threading.Lock() if location.is_sqlite else nullcontext()
        )

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection in a transaction that only reads."""
        with explained(self.location), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A connection in a transaction that commits at the end, or rolls back on any exception."""
        with explained(self.location), self._turn, self._writer.begin() as connection:
            yield connection

    def use_write_ahead_log(self) -> None:
        """Let readers of an SQLite file read while a writer writes; the file remembers it."""
        if not self.location.is_sqlite:
            return None
        until = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                return self._switch_to_wal()
            except TransientStoreError:
                # This one statement does not wait for another process by itself.
                if time.monotonic() > until:
                    raise
                time.sleep(0.02)

    def _switch_to_wal(self) -> None:
        bare = self._engine.execution_options(**{_BEGIN: ""})
        with explained(self.location), bare.connect() as connection:
            if connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() != "wal":
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")

    def close(self) -> None:
        """Close every idle connection."""
        self._engine.dispose()


def _engine(location: Location) -> Engine:
    pool = {"pool_size": 5, "max_overflow": 32, "pool_timeout": BUSY_SECONDS}
    # What the URL says about waiting goes before what is said here.
    if location.is_sqlite:
        query = {"timeout": str(BUSY_SECONDS), **location.url.query}
        engine = create_engine(location.url.set(query=query), hide_parameters=True, **pool)
        follow(engine, location.path)
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    query = {"connect_timeout": str(_CONNECT_SECONDS), **location.url.query}
    return create_engine(
        location.url.set(query=query),
        # The compare-and-set rules rely on a statement seeing what was committed before it.
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        hide_parameters=True,
        **pool,
    )


def _prepare_sqlite(driver_connection: Any, _record: object) -> None:
    driver_connection.isolation_level = None
    driver_connection.execute("PRAGMA synchronous = NORMAL")


def _begin_sqlite(connection: Connection) -> None:
    if statement := connection.get_execution_options().get(_BEGIN, "BEGIN"):
        connection.exec_driver_sql(statement)
