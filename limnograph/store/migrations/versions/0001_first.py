"""The first schema. A migration is never edited: it says what older stores look like."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# PostgreSQL would order text by the server's language, and differently after an upgrade of it.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    _roster()
    _measurements()
    _facts()
    _progress()


def _roster() -> None:
    revision_table = op.create_table(
        "revision",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(revision_table, [{"id": 1, "value": 0}])
    op.create_table(
        "subject",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("incarnation", sa.Integer, nullable=False),
        sa.Column("left_at", sa.BigInteger),
        sa.Column("attributes", TEXT, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("kind", "name", name="subject_name"),
    )
    op.create_index("subject_revision", "subject", ["revision"])


def _measurements() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("monitor", TEXT, nullable=False),
        sa.Column("metric", TEXT, nullable=False),
        sa.Column("labels", TEXT, nullable=False),
        sa.Column("latest", sa.Double),
        sa.Column("latest_at", sa.BigInteger),
        sa.UniqueConstraint("subject", "metric", "labels", name="series_identity"),
    )
    op.create_table(
        "point",
        sa.Column("series", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("run", TEXT, nullable=False),
        sqlite_with_rowid=False,
    )


def _facts() -> None:
    op.create_table(
        "commit_fact",
        sa.Column("subject", TEXT, primary_key=True),
        sa.Column("incarnation", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("operation", TEXT, nullable=False),
        sa.Column("inserted", sa.BigInteger),
        sa.Column("updated", sa.BigInteger),
        sa.Column("deleted", sa.BigInteger),
        sa.Column("net", sa.BigInteger),
        sa.Column("bytes_added", sa.BigInteger),
        sa.Column("bytes_removed", sa.BigInteger),
        sa.Column("files_added", sa.BigInteger, nullable=False),
        sa.Column("files_removed", sa.BigInteger, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("exact", sa.Boolean, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("changes_data", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("commit_fact_at", "commit_fact", ["subject", "at"])
    op.create_table(
        "bucket",
        sa.Column("subject", TEXT, primary_key=True),
        sa.Column("grain", TEXT, primary_key=True),
        sa.Column("time_zone", TEXT, primary_key=True),
        sa.Column("start", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("inserted", sa.BigInteger),
        sa.Column("updated", sa.BigInteger),
        sa.Column("deleted", sa.BigInteger),
        sa.Column("net", sa.BigInteger),
        sa.Column("commits", sa.BigInteger, nullable=False),
        sa.Column("uncounted", sa.BigInteger, nullable=False),
        sa.Column("inexact", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "event",
        sa.Column("subject", TEXT, primary_key=True),
        sa.Column("kind", TEXT, primary_key=True),
        sa.Column("key", TEXT, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("run", TEXT, nullable=False),
        sa.Column("message", TEXT, nullable=False),
        sa.Column("detail", TEXT, nullable=False),
    )
    op.create_index("event_at", "event", ["at"])


def _progress() -> None:
    op.create_table(
        "state",
        sa.Column("subject", TEXT, primary_key=True),
        sa.Column("monitor", TEXT, primary_key=True),
        sa.Column("key", TEXT, primary_key=True),
        sa.Column("format", TEXT, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("blob", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "cursor",
        sa.Column("scope", TEXT, primary_key=True),
        sa.Column("incarnation", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("monitor", TEXT, primary_key=True),
        sa.Column("position", TEXT, nullable=False),
        sa.Column("totals", TEXT, nullable=False),
    )
    op.create_table(
        "outcome",
        sa.Column("subject", TEXT, primary_key=True),
        sa.Column("monitor", TEXT, primary_key=True),
        sa.Column("outcome", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("mend", TEXT, nullable=False),
        sa.Column("problems", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("last_success_at", sa.BigInteger),
        sa.Column("run", TEXT, nullable=False),
    )
