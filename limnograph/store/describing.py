"""What a store holds, how large it is and how fast it grows; only looked at, never migrated."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    func,
    inspect,
    select,
    text,
    type_coerce,
)

from limnograph.store.engine import Database
from limnograph.store.location import Location, locate
from limnograph.store.migrating import check_revision, revision_of
from limnograph.store.pruning import Removed, foresee
from limnograph.store.retention import Policy
from limnograph.store.rollup import start_of
from limnograph.store.schema import (
    EPOCH,
    HEAD,
    METADATA,
    bucket,
    commit_fact,
    definition,
    event,
    outbox,
    point,
    subject,
    verdict_log,
)
from monitors.errors import StoreError

WINDOW = timedelta(days=7)
"""The whole days before today over which growth is measured."""

_DAY = timedelta(days=1) // timedelta(microseconds=1)
_GROWING: Mapping[str, ColumnElement[datetime]] = {
    "commit_fact": commit_fact.c.at,
    "point": point.c.at,
    "bucket": bucket.c.start,
    "definition": definition.c.at,
    "event": event.c.recorded_at,
    "verdict_log": verdict_log.c.at,
    "outbox": outbox.c.created_at,
}


@dataclass(frozen=True, slots=True)
class TableInfo:
    """A table of the store; `bytes` holds its indexes too, None where the database cannot tell."""

    rows: int
    bytes: int | None


@dataclass(frozen=True, slots=True)
class StoreInfo:
    """A store as it is. Sizes are bytes; of `bytes`, `free_bytes` will be used again.

    `growth` has the new rows of each day of the window by table of the store, by their own times.
    `bytes_per_subject_day` is what one of the `watched` subjects adds on a day, before pruning.
    `prunable` is None where the store has to be migrated first.
    """

    kind: str
    location: str
    schema: str
    newest_schema: str
    bytes: int
    free_bytes: int
    tables: Mapping[str, TableInfo]
    watched: int
    left: int
    facts: tuple[datetime | None, datetime | None]
    points: tuple[datetime | None, datetime | None]
    growth: Mapping[datetime, Mapping[str, int]]
    bytes_per_subject_day: Mapping[str, float]
    prunable: Removed | None


def describe(url: str, policy: Policy, now: datetime) -> StoreInfo:
    """Look at a store; StoreError when there is none, or none that this program knows."""
    location = locate(url)
    with closing(existing(location)) as database:
        with database.reading() as connection:
            found = revision_of(connection)
            if found is None:
                raise _missing(location)
            check_revision(connection, found, str(location))
            tables = _tables(connection)
            growth = _growth(connection, now, tables)
            watched, left = _subjects(connection)
            size, free = _size(connection, location, tables)
            facts, points = _span(connection, commit_fact.c.at), _span(connection, point.c.at)
        return StoreInfo(
            "SQLite" if location.is_sqlite else "PostgreSQL",
            str(location),
            found,
            HEAD,
            size,
            free,
            tables,
            watched,
            left,
            facts,
            points,
            growth,
            _bytes_per_day(growth, tables, watched),
            foresee(database, policy, now) if found == HEAD else None,
        )


def schema_of(url: str) -> str | None:
    """The revision of a store's schema, None where there is no store; StoreError if it is newer."""
    location = locate(url)
    if location.is_sqlite and not location.path.exists():
        return None
    with closing(Database(location)) as database, database.reading() as connection:
        found = revision_of(connection)
        check_revision(connection, found, str(location))
        return found


def existing(location: Location) -> Database:
    """The database of a store; StoreError for a file that opening it would only create."""
    if location.is_sqlite and not location.path.exists():
        raise _missing(location)
    return Database(location)


def _missing(location: Location) -> StoreError:
    return StoreError(
        f"store {location}: there is no store yet",
        "`limnograph run`, `limnograph serve` or `limnograph store migrate` creates it",
    )


def _tables(connection: Connection) -> dict[str, TableInfo]:
    present = set(inspect(connection).get_table_names())
    names = [name for name in METADATA.tables if name in present]
    sizes = _table_sizes(connection, names)
    counts = {
        name: connection.scalar(select(func.count()).select_from(METADATA.tables[name])) or 0
        for name in names
    }
    return {name: TableInfo(counts[name], sizes.get(name)) for name in names}


def _table_sizes(connection: Connection, names: list[str]) -> Mapping[str, int]:
    if connection.dialect.name == "postgresql":
        query = text("SELECT pg_total_relation_size(to_regclass(quote_ident(:name)))")
        return {name: connection.scalar(query, {"name": name}) or 0 for name in names}
    options = connection.exec_driver_sql("PRAGMA compile_options").scalars().all()
    if "ENABLE_DBSTAT_VTAB" not in options:
        return {}
    query = text(
        "SELECT m.tbl_name, SUM(d.pgsize) AS size FROM dbstat('main', 1) d "
        "JOIN sqlite_master m ON m.name = d.name GROUP BY m.tbl_name"
    )
    return {row.tbl_name: row.size for row in connection.execute(query)}


def _size(
    connection: Connection, location: Location, tables: Mapping[str, TableInfo]
) -> tuple[int, int]:
    """Bytes on disk, and how many of them are free to be used again."""
    if not location.is_sqlite:
        return sum(table.bytes or 0 for table in tables.values()), 0
    names = ("page_size", "page_count", "freelist_count")
    page, pages, free = (connection.exec_driver_sql(f"PRAGMA {n}").scalar_one() for n in names)
    return page * pages, page * free


def _subjects(connection: Connection) -> tuple[int, int]:
    query = select(func.count(), func.count(subject.c.left_at)).select_from(subject)
    every, left = connection.execute(query).one()
    return every - left, left


def _span(
    connection: Connection, at: ColumnElement[datetime]
) -> tuple[datetime | None, datetime | None]:
    first, last = connection.execute(select(func.min(at), func.max(at))).one()
    return first, last


def _growth(
    connection: Connection, now: datetime, tables: Mapping[str, TableInfo]
) -> Mapping[datetime, Mapping[str, int]]:
    end = start_of(now, "day")
    days = [end - WINDOW + timedelta(days=n) for n in range(WINDOW.days)]
    found: dict[datetime, dict[str, int]] = {day: {} for day in days}
    for name, at in _GROWING.items():
        if name in tables:
            for day, rows in _by_day(connection, at, days[0], end):
                found[day][name] = rows
    return found


def _by_day(
    connection: Connection, at: ColumnElement[datetime], since: datetime, until: datetime
) -> list[tuple[datetime, int]]:
    day = (type_coerce(at, BigInteger) // _DAY).label("day")
    query = select(day, func.count()).where(at >= since, at < until).group_by("day")
    return [
        (EPOCH + timedelta(days=int(number)), rows) for number, rows in connection.execute(query)
    ]


def _bytes_per_day(
    growth: Mapping[datetime, Mapping[str, int]], tables: Mapping[str, TableInfo], watched: int
) -> Mapping[str, float]:
    found = {}
    for name in _GROWING:
        table = tables.get(name)
        if watched and table and table.rows and table.bytes is not None:
            rows = sum(day.get(name, 0) for day in growth.values()) / WINDOW.days
            found[name] = rows * table.bytes / table.rows / watched
    return found
