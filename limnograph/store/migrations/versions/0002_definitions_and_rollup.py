"""Definitions of tables, and rolled-up points with what has to be known of what is gone."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "definition",
        sa.Column("subject", TEXT, primary_key=True),
        sa.Column("incarnation", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("operation", TEXT, nullable=False),
        sa.Column("user", TEXT, nullable=False),
        sa.Column("document", TEXT, nullable=False),
    )
    op.create_table(
        "rollup",
        sa.Column("series", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("grain", TEXT, primary_key=True),
        sa.Column("start", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.Column("last", sa.Double, nullable=False),
        sa.Column("points", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.add_column("series", sa.Column("rolled_until", sa.BigInteger))
    op.add_column("subject", sa.Column("facts_since", sa.BigInteger))
