"""Bring a store to this program's schema, one process at a time.

The whole migration is one transaction under a lock of the database itself, which ends with the
process that holds it: BEGIN IMMEDIATE on SQLite, an advisory lock on PostgreSQL. Whoever waited
finds the work done.
"""

from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table, text

from limnograph.store.engine import Database
from limnograph.store.schema import HEAD, METADATA, VERSION_TABLE
from monitors.errors import StoreError

MIGRATIONS = Path(__file__).with_name("migrations")
_ADVISORY_KEY = 0x6C696D6E6F  # "limno"
_VERSION = table(VERSION_TABLE, column("version_num"))


def migrate(database: Database) -> None:
    """Create or upgrade the schema; StoreError when it is newer, or not limnograph's."""
    with database.reading() as connection:
        found = revision_of(connection)
    if found != HEAD:
        with database.writing() as connection:
            migrate_within(connection, str(database.location))


def migrate_within(connection: Connection, place: str) -> None:
    """Migrate in the transaction of a connection, after whoever migrates already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_KEY})
    if (found := revision_of(connection)) != HEAD:
        check_revision(connection, found, place)
        _upgrade(connection)


def revision_of(connection: Connection) -> str | None:
    """The revision of a store's schema; None where there is no store yet."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(select(_VERSION.c.version_num)).scalar()


def check_revision(connection: Connection, found: str | None, place: str) -> None:
    """StoreError when the schema is newer than this program, or the tables are not ours."""
    if found is None:
        present = set(inspect(connection).get_table_names())
        # A server's schema may be shared with others; a file is either a store or something else.
        foreign = present & set(METADATA.tables) if connection.dialect.name != "sqlite" else present
        if foreign:
            raise StoreError(
                f"store {place}: holds tables that are not limnograph's: "
                f"{', '.join(sorted(foreign)[:5])}",
                "name an empty database, or a file that does not exist yet",
            )
    elif found not in known_revisions():
        raise StoreError(
            f"store {place}: was written by a newer limnograph (schema {found}, "
            f"this program knows {HEAD})",
            "upgrade limnograph",
        )


def known_revisions() -> set[str]:
    """The revisions of the migrations that this program has."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(MIGRATIONS), version_locations=[str(MIGRATIONS / "versions")])
    return {script.revision for script in scripts.walk_revisions()}


def _upgrade(connection: Connection) -> None:
    # Late, because a store that is up to date needs no Alembic.
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    # The option is read with interpolation, in which a lone percent sign is an error.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, "head")
