"""The tables of the store, as SQLAlchemy Core values; the migrations build the same ones.

Times are whole microseconds since 1970 in UTC and JSON is text with a fixed order, so that both
databases hold, compare and return exactly the same values.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Double,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

HEAD = "0003"
"""The revision of the newest migration; a store at it needs none."""

VERSION_TABLE = "limnograph_version"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(at: datetime) -> int:
    """Microseconds since 1970 of an aware datetime; ValueError when it has no time zone."""
    if at.tzinfo is None:
        raise ValueError(f"{at!r} has no time zone")
    return (at - EPOCH) // _MICROSECOND


def json_text(value: object) -> str:
    """JSON with sorted keys and no spaces: equal values are equal texts."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


class Name(TypeDecorator[str]):
    """Text ordered by code point, as Python and SQLite do, whatever the server's language is.

    Keys ordered by a language also break when the server's C library changes its mind.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return Text(collation="C") if dialect.name == "postgresql" else Text()


class Time(TypeDecorator[datetime]):
    """An aware datetime, stored as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + timedelta(microseconds=value)


class Json(TypeDecorator[Any]):
    """Any JSON value, stored as text."""

    impl = Name
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str:
        return json_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


def held(text: str) -> str:
    """A text as the column type Words keeps it.

    >>> held("a\\0b\\ud800")
    'a?b?'
    """
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")


class Words(TypeDecorator[str]):
    """Text that comes from outside: what no database can hold becomes a question mark.

    PostgreSQL refuses a zero character, both refuse half of a surrogate pair, and a table's log may
    hold either; it must not keep the rest of the reading out of the store.
    """

    impl = Name
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else held(value)


METADATA = MetaData()

revision = Table(
    "revision",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("value", BigInteger, nullable=False),
)

subject = Table(
    "subject",
    METADATA,
    Column("id", Name, primary_key=True),
    Column("kind", Name, nullable=False),
    Column("name", Name, nullable=False),
    Column("incarnation", Integer, nullable=False),
    Column("left_at", Time),
    Column("attributes", Json, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("facts_since", Time),
    UniqueConstraint("kind", "name", name="subject_name"),
    Index("subject_revision", "revision"),
)

series = Table(
    "series",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("subject", Name, nullable=False),
    Column("monitor", Name, nullable=False),
    Column("metric", Name, nullable=False),
    Column("labels", Json, nullable=False),
    Column("latest", Double),
    Column("latest_at", Time),
    Column("rolled_until", Time),
    UniqueConstraint("subject", "metric", "labels", name="series_identity"),
)

point = Table(
    "point",
    METADATA,
    Column("series", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Time, primary_key=True),
    Column("value", Double, nullable=False),
    Column("run", Name, nullable=False),
    sqlite_with_rowid=False,
)

rollup = Table(
    "rollup",
    METADATA,
    Column("series", BigInteger, primary_key=True, autoincrement=False),
    Column("grain", Name, primary_key=True),
    Column("start", Time, primary_key=True),
    Column("value", Double, nullable=False),
    Column("last", Double, nullable=False),
    Column("points", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

commit_fact = Table(
    "commit_fact",
    METADATA,
    Column("subject", Name, primary_key=True),
    Column("incarnation", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Time, nullable=False),
    Column("operation", Words, nullable=False),
    Column("inserted", BigInteger),
    Column("updated", BigInteger),
    Column("deleted", BigInteger),
    Column("net", BigInteger),
    Column("bytes_added", BigInteger),
    Column("bytes_removed", BigInteger),
    Column("files_added", BigInteger, nullable=False),
    Column("files_removed", BigInteger, nullable=False),
    Column("source", Name, nullable=False),
    Column("exact", Boolean, nullable=False),
    Column("reason", Words, nullable=False),
    Column("changes_data", Boolean, nullable=False),
    Index("commit_fact_at", "subject", "at"),
    sqlite_with_rowid=False,
)

bucket = Table(
    "bucket",
    METADATA,
    Column("subject", Name, primary_key=True),
    Column("grain", Name, primary_key=True),
    Column("time_zone", Name, primary_key=True),
    Column("start", Time, primary_key=True),
    Column("inserted", BigInteger),
    Column("updated", BigInteger),
    Column("deleted", BigInteger),
    Column("net", BigInteger),
    Column("commits", BigInteger, nullable=False),
    Column("uncounted", BigInteger, nullable=False),
    Column("inexact", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

definition = Table(
    "definition",
    METADATA,
    Column("subject", Name, primary_key=True),
    Column("incarnation", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Time, nullable=False),
    Column("operation", Words, nullable=False),
    Column("user", Words, nullable=False),
    Column("document", Json, nullable=False),
)

event = Table(
    "event",
    METADATA,
    Column("subject", Name, primary_key=True),
    Column("kind", Name, primary_key=True),
    Column("key", Words, primary_key=True),
    Column("at", Time, nullable=False),
    Column("recorded_at", Time, nullable=False),
    Column("run", Name, nullable=False),
    Column("message", Words, nullable=False),
    Column("detail", Json, nullable=False),
    Index("event_at", "at"),
)

state = Table(
    "state",
    METADATA,
    Column("subject", Name, primary_key=True),
    Column("monitor", Name, primary_key=True),
    Column("key", Name, primary_key=True),
    Column("format", Name, nullable=False),
    Column("version", Integer, nullable=False),
    Column("blob", LargeBinary, nullable=False),
)

cursor = Table(
    "cursor",
    METADATA,
    Column("scope", Name, primary_key=True),
    Column("incarnation", Integer, primary_key=True, autoincrement=False),
    Column("monitor", Name, primary_key=True),
    Column("position", Name, nullable=False),
    Column("totals", Json, nullable=False),
)

outcome = Table(
    "outcome",
    METADATA,
    Column("subject", Name, primary_key=True),
    Column("monitor", Name, primary_key=True),
    Column("outcome", Name, nullable=False),
    Column("reason", Words, nullable=False),
    Column("mend", Words, nullable=False),
    Column("problems", Json, nullable=False),
    Column("at", Time, nullable=False),
    Column("last_success_at", Time),
    Column("run", Name, nullable=False),
)

verdict = Table(
    "verdict",
    METADATA,
    Column("subject", Name, primary_key=True),
    Column("check", Name, primary_key=True),
    Column("slice", Words, primary_key=True),
    Column("status", Name, nullable=False),
    Column("reason", Words, nullable=False),
    Column("severity", Name, nullable=False),
    Column("kind", Name, nullable=False),
    Column("owner", Words, nullable=False),
    Column("tags", Json, nullable=False),
    Column("description", Words, nullable=False),
    Column("at", Time, nullable=False),
    Column("since", Time, nullable=False),
    Column("last_pass_at", Time),
    Column("bad_since", Time),
    Column("recent", Name, nullable=False),
    Column("run", Name, nullable=False),
    Column("duration", Double, nullable=False),
    Column("document", Json, nullable=False),
)

verdict_log = Table(
    "verdict_log",
    METADATA,
    Column("subject", Name, primary_key=True),
    Column("check", Name, primary_key=True),
    Column("slice", Words, primary_key=True),
    Column("at", Time, primary_key=True),
    Column("status", Name, nullable=False),
    Column("reason", Words, nullable=False),
    Column("severity", Name, nullable=False),
    Column("run", Name, nullable=False),
    Column("document", Json, nullable=False),
)

_OPEN = text("resolved_at IS NULL")

incident = Table(
    "incident",
    METADATA,
    Column("id", Name, primary_key=True),
    Column("fingerprint", Name, nullable=False),
    Column("subject", Name, nullable=False),
    Column("check", Name, nullable=False),
    Column("slice", Words, nullable=False),
    Column("status", Name, nullable=False),
    Column("severity", Name, nullable=False),
    Column("opened_at", Time, nullable=False),
    Column("updated_at", Time, nullable=False),
    Column("since", Time, nullable=False),
    Column("resolved_at", Time),
    Column("snoozed_until", Time),
    Column("silent", Boolean, nullable=False),
    Column("told_status", Name),
    Column("told_severity", Name),
    Column("sequence", Integer, nullable=False),
    Column("run", Name, nullable=False),
    Column("document", Json, nullable=False),
    # What at most one may be open of.
    Index("incident_open", "fingerprint", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
    Index("incident_subject", "subject", "opened_at"),
)

outbox = Table(
    "outbox",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("subject", Name, nullable=False),
    Column("incident", Name, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("channel", Name, nullable=False),
    Column("event_id", Name, nullable=False),
    Column("message", Json, nullable=False),
    Column("state", Name, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("next_at", Time, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("first_at", Time),
    Column("last_at", Time),
    Column("sends", Integer, nullable=False),
    Column("lease", Name, nullable=False),
    Column("lease_until", Time),
    Column("error", Words, nullable=False),
    UniqueConstraint("incident", "channel", "sequence", name="outbox_place"),
    Index("outbox_due", "state", "channel", "next_at"),
    Index("outbox_subject", "subject", "created_at"),
)

receipt = Table(
    "receipt",
    METADATA,
    Column("incident", Name, primary_key=True),
    Column("channel", Name, primary_key=True),
    Column("receipt", Json, nullable=False),
    Column("at", Time, nullable=False),
)

expected = Table(
    "expected",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("subject", Name, nullable=False),
    Column("check", Name, nullable=False),
    Column("since", Time, nullable=False),
    Column("until", Time, nullable=False),
    Column("by", Words, nullable=False),
    Column("note", Words, nullable=False),
    Column("at", Time, nullable=False),
    Index("expected_check", "subject", "check"),
)
