"""What may be tried again says so; nothing that fails is half written."""

import pickle
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from limnograph.store import SERVICE, TransientStoreError, open_store
from limnograph.store.engine import Database
from limnograph.store.failures import explained
from limnograph.store.location import locate
from monitors.errors import StoreError
from tests.databases import PostgresServer
from tests.limnograph.store.samples import NOW, look, read, write

END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = '{}' AND pid <> pg_backend_pid()"
)


def test_a_locked_file_may_be_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "limnograph.db"
    with open_store(f"sqlite:///{path}?timeout=0.05") as store:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StoreError) as caught:
                write(store, read("v1", 5))
            assert look(store).cursor is None
        assert str(caught.value) == (
            f"store {path}: database is locked; another process holds the store; try again"
        )
        assert getattr(caught.value, "transient", False)
        assert write(store, read("v1", 5))


def test_a_lock_that_is_not_had_in_time_may_be_tried_again(
    postgres_server: PostgresServer,
) -> None:
    with postgres_server.database() as url:
        patient = make_url(url).update_query_dict({"options": "-c lock_timeout=50"})
        with open_store(patient.render_as_string(hide_password=False)) as store:
            write(store, read("v1", 5))
            other = Database(locate(url))
            with other.writing() as connection:
                connection.execute(text("SELECT id FROM subject FOR UPDATE"))
                with pytest.raises(TransientStoreError, match="lock timeout"):
                    write(store, read("v2", 6))
            other.close()
            assert write(store, read("v2", 6))


def test_a_lost_connection_may_be_tried_again(postgres_server: PostgresServer) -> None:
    with postgres_server.database() as url:
        database = Database(locate(url))
        name = make_url(url).database

        def interrupted() -> None:
            with database.writing() as connection:
                connection.execute(text("CREATE TABLE half (id INTEGER)"))
                postgres_server.execute(END_OTHERS.format(name))
                connection.execute(text("SELECT 1"))

        with pytest.raises(TransientStoreError):
            interrupted()
        with database.reading() as connection:
            assert connection.scalar(text("SELECT to_regclass('half')")) is None
        database.close()


def test_a_server_that_restarted_between_two_readings_is_not_noticed(
    postgres_server: PostgresServer,
) -> None:
    with postgres_server.database() as url, open_store(url) as store:
        write(store, read("v1", 5))
        postgres_server.execute(END_OTHERS.format(make_url(url).database))
        assert write(store, read("v2", 6))


def test_a_store_that_lost_its_tables_is_no_matter_of_trying_again(store_url: str) -> None:
    with open_store(store_url) as store:
        database = Database(locate(store_url))
        with database.writing() as connection:
            connection.execute(text("DROP TABLE cursor"))
        database.close()
        with pytest.raises(StoreError, match="cursor") as caught:
            store.add_totals(SERVICE, "runner", {("runs", ()): 1})
        assert not getattr(caught.value, "transient", False)


def test_too_many_threads_at_once_may_try_again() -> None:
    late = PoolTimeoutError("QueuePool limit of size 5 overflow 32 reached")
    server = locate("postgresql://me@db/lake")
    with pytest.raises(TransientStoreError, match="no connection became free"), explained(server):
        raise late


def test_an_error_crosses_to_another_process_whole() -> None:
    error = pickle.loads(pickle.dumps(TransientStoreError("locked", "try again")))
    assert (error.reason, error.mend, error.transient) == ("locked", "try again", True)


def test_a_file_that_is_full_of_nothing_is_a_new_store(tmp_path: Path) -> None:
    path = tmp_path / "limnograph.db"
    path.touch()
    with open_store(f"sqlite:///{path}") as store:
        assert store.subjects("table") == []


def test_a_password_that_the_driver_repeats_is_masked() -> None:
    location = locate("postgresql://me:p%40ss%2Fword@db:5432/lake?sslpassword=t0p")
    heard = "could not connect with p@ss/word, p%40ss%2Fword or t0p"
    assert location.without_secrets(heard) == (
        "could not connect with ********, ******** or ********"
    )
    assert str(location) == "db:5432/lake"
    assert repr(location) == "Location(db:5432/lake)"


def test_the_driver_s_own_words_reach_nobody_by_the_traceback(
    postgres_server: PostgresServer,
) -> None:
    url = make_url(postgres_server.url).set(database="missing", password="hunter2")
    with pytest.raises(StoreError) as caught:
        open_store(url.render_as_string(hide_password=False))
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_the_order_of_text_is_the_same_on_both_databases(store_url: str) -> None:
    with open_store(store_url) as store:
        names = ["a.b", "A", "a_b", "ä", "aB", "a"]
        store.sync_roster("table", {name: {} for name in names}, NOW)
        assert [row.name for row in store.subjects("table")] == sorted(names)
