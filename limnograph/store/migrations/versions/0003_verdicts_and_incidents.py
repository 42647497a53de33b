"""Verdicts with their history, incidents, feedback, and the outbox of what is to be told."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _verdicts()
    _incidents()
    _outbox()
    _feedback()


def _verdicts() -> None:
    op.create_table(
        "verdict",
        sa.Column("subject", TEXT, primary_key=True),
        sa.Column("check", TEXT, primary_key=True),
        sa.Column("slice", TEXT, primary_key=True),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("severity", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("tags", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("last_pass_at", sa.BigInteger),
        sa.Column("bad_since", sa.BigInteger),
        sa.Column("recent", TEXT, nullable=False),
        sa.Column("run", TEXT, nullable=False),
        sa.Column("duration", sa.Double, nullable=False),
        sa.Column("document", TEXT, nullable=False),
    )
    op.create_table(
        "verdict_log",
        sa.Column("subject", TEXT, primary_key=True),
        sa.Column("check", TEXT, primary_key=True),
        sa.Column("slice", TEXT, primary_key=True),
        sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("severity", TEXT, nullable=False),
        sa.Column("run", TEXT, nullable=False),
        sa.Column("document", TEXT, nullable=False),
    )


def _incidents() -> None:
    op.create_table(
        "incident",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("fingerprint", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("check", TEXT, nullable=False),
        sa.Column("slice", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("severity", TEXT, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("resolved_at", sa.BigInteger),
        sa.Column("snoozed_until", sa.BigInteger),
        sa.Column("silent", sa.Boolean, nullable=False),
        sa.Column("told_status", TEXT),
        sa.Column("told_severity", TEXT),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("run", TEXT, nullable=False),
        sa.Column("document", TEXT, nullable=False),
    )
    still_open = sa.text("resolved_at IS NULL")
    op.create_index(
        "incident_open",
        "incident",
        ["fingerprint"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )
    op.create_index("incident_subject", "incident", ["subject", "opened_at"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("incident", TEXT, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("channel", TEXT, nullable=False),
        sa.Column("event_id", TEXT, nullable=False),
        sa.Column("message", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("next_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("first_at", sa.BigInteger),
        sa.Column("last_at", sa.BigInteger),
        sa.Column("sends", sa.Integer, nullable=False),
        sa.Column("lease", TEXT, nullable=False),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("error", TEXT, nullable=False),
        sa.UniqueConstraint("incident", "channel", "sequence", name="outbox_place"),
    )
    op.create_index("outbox_due", "outbox", ["state", "channel", "next_at"])
    op.create_index("outbox_subject", "outbox", ["subject", "created_at"])
    op.create_table(
        "receipt",
        sa.Column("incident", TEXT, primary_key=True),
        sa.Column("channel", TEXT, primary_key=True),
        sa.Column("receipt", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )


def _feedback() -> None:
    op.create_table(
        "expected",
        sa.Column("id", SERIAL, primary_key=True),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("check", TEXT, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("by", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("expected_check", "expected", ["subject", "check"])
