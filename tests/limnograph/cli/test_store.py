"""`limnograph store`: looked at, pruned, upgraded and copied, with exit codes."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command as alembic
from alembic.config import Config

from limnograph.store import open_store
from limnograph.store.backup import back_up, pg_dump
from limnograph.store.engine import Database
from limnograph.store.location import locate
from limnograph.store.migrating import MIGRATIONS
from monitors.errors import StoreError
from tests.databases import PostgresServer
from tests.limnograph.cli.conftest import Command
from tests.limnograph.store.samples import ROWS, commit, look, read, write

pytestmark = pytest.mark.wide

CONFIG = "store: {url: sqlite:///limnograph.db, retention: {points: 2d}}\ntables: []\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a configuration and no store."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "limnograph.yaml").write_text(CONFIG)
    return tmp_path


def fill(url: str) -> None:
    """A commit and two points, of three and four days ago."""
    days = [datetime.now(UTC) - timedelta(days=n) for n in (4, 3)]
    measured = tuple(ROWS(n, at=when) for n, when in enumerate(days))
    facts = (commit(0, f"{days[0]:%Y-%m-%d %H:%M}", 5),)
    with open_store(url) as store:
        assert write(store, read("v0", 5, facts=facts, measurements=measured), now=days[1])


@contextmanager
def first_schema(path: Path) -> Iterator[None]:
    database = Database(locate(f"sqlite:///{path}"))
    with database.writing() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(MIGRATIONS))
        alembic.upgrade(config, "0001")
    database.close()
    yield


def test_info_tells_what_is_there_and_what_would_go(folder: Path, command: Command) -> None:
    fill("sqlite:///limnograph.db")
    ended = command("store", "info", "-o", "json")
    assert ended.code == 0
    told = json.loads(ended.out)
    assert (told["schema_version"], told["kind"]) == (1, "sqlite")
    assert told["location"] == str(folder / "limnograph.db")
    assert told["schema"] == told["newest_schema"]
    assert told["subjects"] == {"watched": 1, "left": 0}
    assert told["tables"]["point"]["rows"] == 2
    assert sum(table["bytes"] for table in told["tables"].values()) < told["bytes"]
    assert told["bytes_per_subject_day"]["point"] > 0
    assert sum(day.get("point", 0) for day in told["new_rows"].values()) == 2
    assert told["facts"]["oldest"] == told["facts"]["newest"]
    assert told["prunable"] == {"point": 1}


def test_info_is_read_by_people_too(folder: Path, command: Command) -> None:
    fill("sqlite:///limnograph.db")
    out = command("store", "info").out
    assert f"SQLite store {folder}/limnograph.db\n" in out
    assert "watched    1 subject; 0 left\n" in out
    assert "commit_fact              1" in out
    assert out.endswith("pruning would remove 1 points\n")


def test_info_creates_no_store(folder: Path, command: Command) -> None:
    ended = command("store", "info")
    assert ended.code == 4
    assert "there is no store yet; `limnograph run`" in ended.err
    assert not (folder / "limnograph.db").exists()


def test_an_old_store_is_looked_at_and_not_upgraded(folder: Path, command: Command) -> None:
    with first_schema(folder / "limnograph.db"):
        told = json.loads(command("store", "info", "-o", "json").out)
    assert (told["schema"], told["prunable"]) == ("0001", None)
    assert "definition" not in told["tables"]
    out = command("store", "info").out
    assert "schema     0001 (0003 is due)\n" in out
    assert out.endswith("pruning    after `limnograph store migrate`\n")


def test_migrate_says_from_where_to_where(folder: Path, command: Command) -> None:
    with first_schema(folder / "limnograph.db"):
        check = command("store", "migrate", "--check")
        assert (check.code, check.out) == (4, "schema 0001: 0003 is due\n")
        assert command("store", "migrate").out == "schema 0001 -> 0003\n"
    assert command("store", "migrate", "--check").out == "schema 0003: up to date\n"
    assert command("store", "migrate").out == "schema 0003: up to date\n"


def test_migrate_creates_a_store_but_checking_does_not(folder: Path, command: Command) -> None:
    assert command("store", "migrate", "--check").code == 4
    assert not (folder / "limnograph.db").exists()
    assert command("store", "migrate").out == "schema none -> 0003\n"
    assert (folder / "limnograph.db").exists()


def test_prune_tells_what_it_removed(folder: Path, command: Command) -> None:
    fill("sqlite:///limnograph.db")
    assert command("store", "prune", "--dry-run").out == "would be removed: 1 points\n"
    assert json.loads(command("store", "prune", "-o", "json").out) == {
        "schema_version": 1,
        "dry_run": False,
        "removed": {"point": 1},
    }
    assert command("store", "prune").out == "removed: nothing\n"


def test_a_backup_is_a_store(folder: Path, command: Command) -> None:
    fill("sqlite:///limnograph.db")
    with open_store("sqlite:///limnograph.db") as store:
        # In use, with what was written last not yet in the file itself.
        ended = command("store", "backup", "copy.db")
        cursor = look(store).cursor
    assert ended.code == 0
    assert ended.out.startswith("copy.db: ")
    assert {path.name for path in folder.glob("*copy.db*")} == {"copy.db"}
    with open_store("sqlite:///copy.db") as copy:
        assert look(copy).cursor == cursor
        assert write(copy, read("v1", 6))


def test_a_backup_replaces_nothing_that_is_there(folder: Path, command: Command) -> None:
    fill("sqlite:///limnograph.db")
    (folder / "notes").write_text("mine")
    ended = command("store", "backup", "notes")
    assert ended.code == 2
    assert "notes exists already; name another file, or --force" in ended.err
    with pytest.raises(StoreError, match="exists already"):
        back_up(locate("sqlite:///limnograph.db"), Path("notes"))
    assert (folder / "notes").read_text() == "mine"
    assert command("store", "backup", "notes", "--force").code == 0
    with open_store("sqlite:///notes") as copy:
        assert look(copy).cursor is not None


def test_a_backup_never_replaces_the_store_itself(folder: Path, command: Command) -> None:
    fill("sqlite:///limnograph.db")
    assert "is the store itself" in command("store", "backup", "limnograph.db", "--force").err


def test_a_backup_that_cannot_be_written_leaves_nothing(folder: Path, command: Command) -> None:
    fill("sqlite:///limnograph.db")
    (folder / "taken").mkdir()
    assert "is a folder" in command("store", "backup", "taken", "--force").err
    assert "No such file or directory" in command("store", "backup", "missing/copy.db").err
    assert command("store", "backup", "copy.db", "-c", "other.yaml").code == 2
    assert list(folder.glob("*copy*")) == []


def test_a_damaged_store_gives_no_backup(folder: Path) -> None:
    fill("sqlite:///limnograph.db")
    path = folder / "limnograph.db"
    with closing(sqlite3.connect(path)) as connection:
        page = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'subject'"
        ).fetchone()[0]
        size = connection.execute("PRAGMA page_size").fetchone()[0]
    spoilt = bytearray(path.read_bytes())
    spoilt[(page - 1) * size : (page - 1) * size + 64] = b"\xff" * 64
    path.write_bytes(spoilt)
    with pytest.raises(StoreError, match=r"backup .*copy\.db: "):
        back_up(locate(f"sqlite:///{path}"), folder / "copy.db")
    assert list(folder.glob("*copy*")) == []


def test_postgresql_is_backed_up_by_its_own_tools(
    folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql+psycopg://me:hunter2@db:5433/lake"
    monkeypatch.setenv("STORE", url)
    (folder / "limnograph.yaml").write_text("store: {url: env:STORE}\ntables: []\n")
    ended = command("store", "backup", "my copy")
    assert ended.code == 2
    assert (
        "  pg_dump --format=custom '--file=my copy' --host=db --port=5433 --username=me "
        "--dbname=lake\n"
    ) in ended.err
    assert "hunter2" not in ended.out + ended.err
    assert "--host=/run/pg" in pg_dump(locate("postgresql://me@/lake?host=/run/pg"), Path("f"))


@pytest.mark.slow
def test_a_store_on_postgresql_is_told_as_well(
    folder: Path,
    command: Command,
    postgres_server: PostgresServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with postgres_server.database() as url:
        monkeypatch.setenv("STORE", url)
        text = "store: {url: env:STORE, retention: {points: 2d}}\ntables: []\n"
        (folder / "limnograph.yaml").write_text(text)
        assert "there is no store yet" in command("store", "info").err
        assert command("store", "migrate").out == "schema none -> 0003\n"
        fill(url)
        told = json.loads(command("store", "info", "-o", "json").out)
    assert told["kind"] == "postgresql"
    assert sum(table["bytes"] for table in told["tables"].values()) == told["bytes"]
    assert sum(day.get("point", 0) for day in told["new_rows"].values()) == 2
    assert told["prunable"] == {"point": 1}
