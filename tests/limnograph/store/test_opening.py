"""A store is opened safely, or refused with a reason and a mend."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import make_url

from limnograph.store import TransientStoreError, open_store
from limnograph.store.engine import Database
from limnograph.store.location import locate
from limnograph.store.migrating import known_revisions, migrate_within
from limnograph.store.schema import HEAD, METADATA, VERSION_TABLE
from monitors.errors import StoreError
from tests.databases import PostgresServer
from tests.limnograph.store.samples import POSTS, read, write

pytestmark = pytest.mark.wide

PASSWORD = "hunter2-s3cr3t"


def refusal(url: str) -> StoreError:
    with pytest.raises(StoreError) as caught:
        open_store(url)
    assert PASSWORD not in str(caught.value)
    return caught.value


def run_statement(url: str, statement: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_a_store_keeps_what_it_has_when_it_is_opened_again(store_url: str) -> None:
    with open_store(store_url) as store:
        assert write(store, read("v1", 5))
    with open_store(store_url) as store:
        assert store.seen([POSTS.id])[POSTS.id, "ingestion"].cursor == read("v1", 5).cursor


def test_the_migrations_build_the_tables_that_the_program_uses(store_url: str) -> None:
    open_store(store_url).close()
    database = Database(locate(store_url))
    options = {"compare_type": True, "version_table": VERSION_TABLE}
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []
    database.close()


def test_the_newest_migration_is_the_one_the_program_expects() -> None:
    assert max(known_revisions()) == HEAD


def test_a_store_of_a_newer_program_is_refused(store_url: str) -> None:
    open_store(store_url).close()
    run_statement(store_url, f"UPDATE {VERSION_TABLE} SET version_num = '9999'")
    error = refusal(store_url)
    assert "was written by a newer limnograph (schema 9999, this program knows 0003)" in str(error)
    assert error.mend == "upgrade limnograph"


def test_tables_of_somebody_else_are_left_alone(store_url: str) -> None:
    run_statement(store_url, "CREATE TABLE event (id INTEGER)")
    error = refusal(store_url)
    assert "holds tables that are not limnograph's: event" in error.reason
    assert error.mend == "name an empty database, or a file that does not exist yet"


def test_a_file_of_another_program_is_not_even_converted(tmp_path: Path) -> None:
    path = tmp_path / "bookmarks.db"
    run_statement(f"sqlite:///{path}", "CREATE TABLE bookmark (id INTEGER)")
    before = path.read_bytes()
    assert "not limnograph's: bookmark" in refusal(f"sqlite:///{path}").reason
    assert path.read_bytes() == before


def test_a_migration_that_does_not_end_leaves_nothing(store_url: str) -> None:
    database = Database(locate(store_url))

    def broken() -> None:
        with database.writing() as connection:
            migrate_within(connection, "here")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    with database.reading() as connection:
        assert inspect(connection).get_table_names() == []
    database.close()
    with open_store(store_url) as store:
        assert store.revision() == 0


def test_sqlite_writes_ahead_and_waits(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path / 'a.db'}").close()
    database = Database(locate(f"sqlite:///{tmp_path / 'a.db'}"))
    with database.reading() as connection:
        pragmas = ("journal_mode", "synchronous", "busy_timeout")
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas]
    database.close()
    assert found == ["wal", 1, 30_000]


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (f"posgres//me:{PASSWORD}@db", "the URL of the store cannot be understood"),
        (f"postgresql://me:{PASSWORD}@db:port/x", "the URL of the store cannot be understood"),
        (f"mysql://me:{PASSWORD}@db/x", "limnograph keeps no store in mysql"),
        (f"postgresql+asyncpg://me:{PASSWORD}@db/x", "limnograph keeps no store in postgresql"),
        ("sqlite://", "a store in memory would forget everything"),
        ("sqlite:///:memory:", "a store in memory would forget everything"),
    ],
)
def test_a_url_of_no_store_is_refused_with_the_forms_that_are_right(url: str, reason: str) -> None:
    error = refusal(url)
    assert error.reason.startswith(reason)
    assert "sqlite:///PATH or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE" in error.mend


def test_a_missing_folder_is_not_created(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "limnograph.db"
    error = refusal(f"sqlite:///{path}")
    assert error.reason == f"store {path}: its folder does not exist"
    assert error.mend == f"create {path.parent}"
    assert not path.parent.exists()


def test_a_folder_is_not_a_store(tmp_path: Path) -> None:
    assert refusal(f"sqlite:///{tmp_path}").reason == f"store {tmp_path}: is a folder"


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("these are my notes\n" * 100)
    error = refusal(f"sqlite:///{path}")
    assert error.reason == f"store {path}: file is not a database"
    assert error.mend == "name another file, or restore this one from a backup"


@pytest.mark.parametrize(
    ("mode", "reason", "mend"),
    [
        (0o000, "no permission to look into its folder", "let this user read and write {}"),
        (0o555, "no permission to write {}", "let this user write {}"),
    ],
)
def test_a_folder_without_permission_is_refused(mode: int, reason: str, mend: str) -> None:
    # Not below pytest's own folders, into which only their owner may look.
    with tempfile.TemporaryDirectory() as name, allowed(Path(name), mode):
        error = refusal(f"sqlite:///{name}/limnograph.db")
    assert error.reason == f"store {name}/limnograph.db: {reason.format(name)}"
    assert error.mend == mend.format(name)


def test_a_relative_path_stays_where_it_was_when_the_process_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with open_store("sqlite:///limnograph.db") as store:
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        store.close()
        assert store.revision() == 0
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["limnograph.db"]


def test_a_server_that_is_not_there_may_come_later(tmp_path: Path) -> None:
    url = f"postgresql://me:{PASSWORD}@/lake?host={tmp_path}&password={PASSWORD}"
    error = refusal(url)
    assert isinstance(error, TransientStoreError)
    assert error.reason.startswith(f"store {tmp_path}/lake: ")
    assert error.mend == "see that the server runs and takes connections from here"


def test_a_database_that_is_not_there_is_named(postgres_server: PostgresServer) -> None:
    error = refusal(changed(postgres_server.url, database="lake", password=PASSWORD))
    assert 'database "lake" does not exist' in error.reason
    assert error.mend == "create the database, or name another one in the URL"


def test_a_user_who_may_not_create_tables_is_told_what_to_grant(
    postgres_server: PostgresServer,
) -> None:
    postgres_server.execute("CREATE ROLE guest LOGIN")
    with postgres_server.database() as url:
        error = refusal(changed(url, username="guest", password=PASSWORD))
    postgres_server.execute("DROP ROLE guest")
    assert "permission denied" in error.reason
    assert error.mend == "grant this user CREATE and USAGE on the schema of the store"


def test_a_store_prints_its_place_and_no_secret(postgres_server: PostgresServer) -> None:
    with (
        postgres_server.database() as url,
        open_store(changed(url, password=PASSWORD)) as store,
    ):
        assert PASSWORD not in repr(store)
        assert repr(store).endswith(f"/{make_url(url).database})")


def changed(url: str, **parts: Any) -> str:
    return make_url(url).set(**parts).render_as_string(hide_password=False)


@contextmanager
def allowed(folder: Path, mode: int) -> Iterator[None]:
    """Give a folder a mode that holds for this process; root becomes somebody else for that."""
    user = os.geteuid()
    folder.chmod(mode)
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        if user == 0:
            os.seteuid(0)
        folder.chmod(0o700)
