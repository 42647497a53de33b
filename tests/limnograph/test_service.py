"""The parts wired together: the roster over time, a cycle, and `serve` as a process."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
import stamina
from deltalake import write_deltalake

from limnograph.service import Service, opened, secrets_of
from limnograph.settings import load
from monitors.secrets import Secret

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CONFIG = """\
store: sqlite:///limnograph.db
tables:
  - {name: main.posts, uri: lake/posts, owner: ingest}
  - {glob: lake/dim/*}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration with a declared table and a glob that finds two."""
    for name in ("posts", "dim/authors", "dim/topics"):
        (tmp_path / "lake" / name).mkdir(parents=True)
        write_deltalake(tmp_path / "lake" / name, pa.table({"id": [1, 2]}))
    (tmp_path / "limnograph.yaml").write_text(CONFIG)
    return tmp_path


@pytest.fixture
def service(folder: Path) -> Iterator[Service]:
    with opened(load(folder / "limnograph.yaml"), clock=lambda: NOW) as service:
        yield service


def names(service: Service) -> list[str]:
    return [table.name for table in service.tables]


def present(service: Service) -> dict[str, bool]:
    return {row.name: row.left_at is None for row in service.store.subjects("table")}


def test_a_cycle_reads_the_declared_and_the_found(service: Service) -> None:
    service.refresh()
    assert names(service) == ["authors", "main.posts", "topics"]
    result = asyncio.run(service.cycle(service.due()))
    assert {str(reading.outcome) for reading in result.results} == {"assessed"}
    assert len(result.tables) == 3
    rows = {
        row.subject: row.value for row in service.store.latest() if row.metric.endswith("_rows")
    }
    assert rows == {"table:authors": 2, "table:main.posts": 2, "table:topics": 2}


def test_some_tables_only(service: Service) -> None:
    service.refresh()
    due = service.due(lambda table: table.owner == "ingest")
    assert [item.table.name for item in due] == ["main.posts"]
    assert present(service) == {"authors": True, "main.posts": True, "topics": True}


def test_the_tables_are_the_same_object_until_the_roster_changes(
    service: Service, folder: Path
) -> None:
    service.refresh()
    before = service.tables
    service.refresh()
    assert service.tables is before
    (folder / "lake" / "dim" / "topics").rename(folder / "lake" / "dim" / "themes")
    service.refresh()
    assert names(service) == ["authors", "main.posts", "themes"]
    assert present(service) == {
        "authors": True,
        "main.posts": True,
        "themes": True,
        "topics": False,
    }


def test_a_listing_that_fails_makes_no_table_leave(service: Service, folder: Path) -> None:
    service.refresh()
    (folder / "lake" / "dim").rename(folder / "lake" / "away")
    (folder / "lake" / "dim").symlink_to("dim")
    found = service.refresh()
    assert (found.complete, len(found.problems)) == (False, 1)
    assert names(service) == ["authors", "main.posts", "topics"]
    assert all(present(service).values())


def test_a_restart_knows_the_tables_before_it_lists_any_folder(
    service: Service, folder: Path
) -> None:
    service.refresh()
    with opened(load(folder / "limnograph.yaml"), clock=lambda: NOW) as other:
        assert names(other) == ["authors", "main.posts", "topics"]


def test_every_secret_of_the_settings_is_known(folder: Path) -> None:
    (folder / "limnograph.yaml").write_text(
        "store: {url: env:STORE}\n"
        "tables:\n"
        "  - {name: a, uri: s3://b/a, storage_options: {token: env:TOKEN, region: x}}\n"
        "  - {glob: s3://b/c/*, storage_options: {token: env:OTHER}}\n"
    )
    assert secrets_of(load(folder / "limnograph.yaml")) == {
        Secret("env:STORE"),
        Secret("env:TOKEN"),
        Secret("env:OTHER"),
    }


def _get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=30) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`serve` as a process of its own, and its URL; stderr goes to `stderr.txt`."""
    told = folder / "stderr.txt"
    command = ("serve", "--port", "0", "--log-format", "json", *arguments)
    with (
        told.open("w") as stderr,
        subprocess.Popen(
            [sys.executable, "-P", "-m", "limnograph", *command],
            cwd=folder,
            stderr=stderr,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "default"},
        ) as program,
    ):
        try:
            eventually(lambda: '"serving"' in told.read_text())
            lines = map(json.loads, told.read_text().splitlines())
            yield program, next(line["url"] for line in lines if "url" in line)
        finally:
            program.kill()


def eventually(holds: Callable[[], object]) -> None:
    for attempt in stamina.retry_context(
        on=AssertionError, attempts=None, timeout=60, wait_initial=0.05, wait_max=0.1
    ):
        with attempt:
            assert holds()


@pytest.mark.slow
def test_serve_follows_its_file_and_ends_well_in_mid_reload(folder: Path) -> None:
    config = folder / "limnograph.yaml"
    config.write_text(CONFIG.replace("  - {glob: lake/dim/*}\n", ""))
    with serving(folder) as (program, url):

        def shows(text: str) -> bool:
            return text in _get(f"{url}/metrics")[1]

        eventually(
            lambda: shows('lakehouse_table_rows{catalog="",schema="main",table="posts"} 2.0')
        )
        config.with_name("new").write_text(CONFIG)
        config.with_name("new").rename(config)
        eventually(lambda: shows('table="topics"} 2.0'))
        config.write_text("tables: 7\n")
        program.send_signal(signal.SIGHUP)
        eventually(lambda: shows("lakehouse_config_last_reload_successful 0.0"))
        assert shows('table="topics"} 2.0')
        config.write_text(CONFIG)
        program.send_signal(signal.SIGHUP)
        program.send_signal(signal.SIGTERM)
        assert program.wait(timeout=60) == 0
    told = (folder / "stderr.txt").read_text()
    assert "Traceback" not in told
    assert "configuration refused" in told
    assert f"{config}:1:1: tables: " in told


@pytest.mark.slow
def test_serve_reads_what_is_due_answers_and_ends_well(folder: Path) -> None:
    arguments = ("serve", "--port", "0", "--log-format", "json", "--log-level", "debug")
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "limnograph", *arguments],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "default"},
    ) as program:
        assert program.stderr is not None
        url, ended = "", False
        for text in program.stderr:
            line = json.loads(text)
            url = line.get("url", url)
            ended = ended or line["event"] == "cycle ended"
            if url and ended:
                break
        assert _get(f"{url}/healthz")[0] == 200
        assert _get(f"{url}/readyz") == (200, '{"status":"ready"}\n')
        report = json.loads(_get(f"{url}/api/v1/report")[1])
        program.send_signal(signal.SIGTERM)
        rest = program.stderr.read()
    assert program.returncode == 0
    assert "Traceback" not in rest
    assert [(table["table"], table["rows"]) for table in report["tables"]] == [
        ("authors", 2),
        ("main.posts", 2),
        ("topics", 2),
    ]
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)


FEW = "{type: threshold, id: few, metric: lakehouse_table_rows, comparison: below, fail: 9}"
MANY = FEW.replace("few", "many").replace("below", "above").replace("9", "1")


def checked(folder: Path, *checks: str, name: str = "posts") -> Path:
    """A configuration with one table that has two rows and these checks."""
    if not (folder / "posts").exists():
        write_deltalake(folder / "posts", pa.table({"id": [1, 1]}))
    config = folder / "limnograph.yaml"
    table = f"tables:\n- name: {name}\n  uri: ./posts\n  checks: [{', '.join(checks)}]\n"
    config.write_text(table)
    return config


def judged(service: Service) -> list[str]:
    """The checks that have a verdict and those that have an open incident, which must be both."""
    service.refresh()
    found = sorted(row.check for row in service.store.verdicts())
    assert found == sorted(one.check_id for one in service.store.incidents())
    return found


def test_a_check_that_left_the_configuration_is_let_go_of(tmp_path: Path) -> None:
    with opened(load(checked(tmp_path, FEW, MANY))) as service:
        service.refresh()
        asyncio.run(service.cycle(service.due()))
        assert judged(service) == ["few", "many"]
    with opened(load(checked(tmp_path, MANY))) as service:
        assert judged(service) == ["many"]
        (gone,) = [one for one in service.store.incidents(open_only=False) if not one.open]
        assert (gone.check_id, gone.ending) == ("few", "the check is no longer declared")
    with opened(load(checked(tmp_path))) as service:
        assert judged(service) == []


def test_a_check_that_leaves_the_file_while_the_service_runs_is_let_go_of(tmp_path: Path) -> None:
    with opened(load(checked(tmp_path, FEW, MANY))) as service:
        service.refresh()
        asyncio.run(service.cycle(service.due()))
        asyncio.run(service.adopt(load(checked(tmp_path, FEW, MANY))))
        assert judged(service) == ["few", "many"]
        asyncio.run(service.adopt(load(checked(tmp_path, FEW))))
        assert judged(service) == ["few"]


def test_the_checks_of_a_table_that_left_are_let_go_of(tmp_path: Path) -> None:
    with opened(load(checked(tmp_path, FEW))) as service:
        service.refresh()
        asyncio.run(service.cycle(service.due()))
        assert judged(service) == ["few"]
        asyncio.run(service.adopt(load(checked(tmp_path, FEW, name="letters"))))
        assert judged(service) == []
        asyncio.run(service.cycle(service.due()))
        assert [row.subject for row in service.store.verdicts()] == ["table:letters"]


def test_the_checks_of_a_table_that_a_failed_listing_did_not_find_stay(folder: Path) -> None:
    config = folder / "limnograph.yaml"
    config.write_text(f"tables:\n- glob: lake/dim/*\n  checks: [{FEW}]\n")
    with opened(load(config)) as service:
        service.refresh()
        asyncio.run(service.cycle(service.due()))
        assert judged(service) == ["few", "few"]
        (folder / "lake" / "dim").rename(folder / "lake" / "away")
        (folder / "lake" / "dim").symlink_to("dim")
        assert judged(service) == ["few", "few"]


def test_the_secrets_of_channels_and_quarantines_are_masked_too(tmp_path: Path) -> None:
    config = tmp_path / "limnograph.yaml"
    config.write_text(
        "alerts: {channels: {team: {type: slack, webhook: env:HOOK}}, routes: [{to: [team]}]}\n"
        "tables:\n- name: posts\n  uri: ./posts\n  checks:\n  - type: unique\n    columns: [id]\n"
        "    quarantine: {uri: ./bad, storage_options: {aws_secret_access_key: env:KEY}}\n"
    )
    assert secrets_of(load(config)) == {Secret("env:HOOK"), Secret("env:KEY")}
