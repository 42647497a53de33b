"""`limnograph replay` as people call it."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from limnograph.replay.plan import BLOCK
from limnograph.store import open_store
from limnograph.store.replaying import REPLAY
from tests.limnograph.cli.conftest import Command, Ended
from tests.monitors.delta.log_builder import BIRTH, Log, add, info

pytestmark = pytest.mark.wide

POSTS = "main.bronze.posts"


@pytest.fixture
def read(folder: Path, command: Command) -> Path:
    """The folder, with both tables read by a cycle."""
    assert command("run", "--exclude", "*.broken", "--log-level", "error").code == 0
    return folder


def tamper(folder: Path, statement: str) -> None:
    connection = sqlite3.connect(folder / "limnograph.db")
    with connection:
        connection.execute(statement)
    connection.close()


def document(ended: Ended) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ended.out)
    return found


@pytest.mark.slow
def test_a_replay_says_that_nothing_changed(read: Path, command: Command) -> None:
    ended = command("replay", "--table", POSTS, "--from", "start")
    assert (ended.code, ended.err) == (0, "")
    first, second = ended.out.splitlines()
    assert first.startswith("1 table in ")
    assert "commits 2 recomputed, 2 unchanged, 0 added, 0 changed, 0 kept, " in first
    assert second.startswith(f"{POSTS}  v0 to v1: 2 recomputed, 2 unchanged; ")


def test_a_replay_lists_what_it_changed(read: Path, command: Command) -> None:
    tamper(read, "UPDATE commit_fact SET inserted = 1234, net = NULL WHERE version = 1")
    ended = command("replay", "--tag", "gold", "--pattern", "*.posts", "--from", "v1", "--to", "1")
    assert ended.code == 0
    changed = [line for line in ended.out.splitlines() if line.startswith("  changed: v1 (")]
    assert len(changed) == 2
    assert all(line.endswith("Z): inserted 1,234 -> 1, net ? -> 1") for line in changed)


def test_a_replay_as_a_document(read: Path, command: Command) -> None:
    tamper(read, "UPDATE commit_fact SET inserted = 1234 WHERE version = 1")
    (table,) = document(command("replay", "--table", POSTS, "--from", "v0", "-o", "json"))["tables"]
    assert table.keys() == {
        *("table", "outcome", "reason", "mend", "monitors", "refused", "versions", "commits"),
        *("recomputed", "resumed", "unchanged", "added", "changed", "kept", "not_readable"),
        *("events", "newer", "requests", "bytes", "seconds", "estimate"),
    }
    assert (table["outcome"], table["versions"], table["monitors"]) == (
        "replayed",
        [[0, 1]],
        ["ingestion", "schema"],
    )
    (changed,) = table["changed"]
    assert changed.pop("at").endswith("Z")
    assert changed == {
        "what": "fact",
        "version": 1,
        "changed": {"inserted": {"before": 1234, "after": 1}},
        "why": None,
    }


@pytest.mark.slow
def test_a_dry_run_reads_little_and_writes_nothing(read: Path, command: Command) -> None:
    tamper(read, "UPDATE commit_fact SET inserted = 1234")
    before = (read / "limnograph.db").read_bytes()
    ended = command("replay", "--pattern", "main.[bg]*", "--from", "start", "--dry-run")
    assert ended.code == 0
    assert ended.out.startswith("would read 4 commits of 2 tables: about 12 requests and ")
    assert (read / "limnograph.db").read_bytes() == before


@pytest.mark.slow
def test_a_day_is_replayed(read: Path, command: Command) -> None:
    ended = command("replay", "--table", POSTS, "--day", "2020-01-01", "-o", "json")
    assert document(ended)["tables"][0]["versions"] == []
    ended = command("replay", "--table", POSTS, "--from", "2020-01-01", "--to", "2099-01-01")
    assert "v0 to v1: 2 recomputed" in ended.out


def test_the_others_are_done_when_one_table_cannot_be_read(read: Path, command: Command) -> None:
    tamper(read, "UPDATE commit_fact SET inserted = 1234")
    (read / "lake" / "labels").rename(read / "elsewhere")
    ended = command("replay", "--pattern", "*", "--exclude", "*.broken", "--from", "start")
    assert ended.code == 4
    assert f"{POSTS}  v0 to v1: 2 recomputed, 0 unchanged; " in ended.out
    assert "main.gold.labels  could not be read; 0 of 0 recomputed\n" in ended.out
    assert "; 1 table could not be read\n" in ended.out
    assert "could not be replayed" in ended.err


@pytest.mark.slow
def test_strict_is_3_when_something_could_not_be_recomputed(read: Path, command: Command) -> None:
    assert command("replay", "--table", POSTS, "--from", "start", "--strict").code == 0
    DeltaTable(read / "lake" / "posts").create_checkpoint()
    (read / "lake" / "posts" / "_delta_log" / f"{0:020d}.json").unlink()
    ended = command("replay", "--table", POSTS, "--from", "start")
    assert ended.code == 0
    assert "  not readable: v0: cleaned from the log; 1 stored fact untouched" in ended.out
    assert command("replay", "--table", POSTS, "--from", "start", "--strict").code == 3
    assert command("replay", "--table", "main.dim.broken", "--from", "start", "--strict").code == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--from", "start"], "say which tables; --pattern '*' is all of them"),
        (["--table", POSTS], "say from when on; --from start is all that the log still holds"),
        (["--table", "main.bronze.post", "--from", "v0"], f"did you mean '{POSTS}'?"),
        (["--tag", "silver", "--from", "v0"], "no table matches"),
        (["--tag", "gold", "--from", "v3", "--to", "v2"], "version 3 lies after version 2"),
        (["--tag", "gold", "--from", "2026-03-02", "--to", "2026-03-01"], "does not lie before"),
        (["--tag", "gold", "--from", "2999-01-01"], "lies in the future"),
        (["--tag", "gold", "--from", "now"], "the window is empty"),
        (["--tag", "gold", "--from", "soon"], "'soon' is no place in a table's history"),
        (["--tag", "gold", "--day", "v3"], "write a day, such as 2026-03-02"),
        (["--tag", "gold", "--day", "2026-03-02", "--from", "v0"], "goes without --from"),
        (["--tag", "gold", "--from", "v0", "--monitor", "jobs"], "there is no monitor jobs"),
    ],
)
def test_a_command_that_makes_no_sense_is_a_usage_error(
    folder: Path, command: Command, arguments: list[str], message: str
) -> None:
    ended = command("replay", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert message in " ".join(ended.err.split())


def test_a_monitor_that_keeps_nothing_of_each_commit_cannot_be_replayed(
    folder: Path, command: Command
) -> None:
    ended = command("replay", "--tag", "gold", "--from", "v0", "--monitor", "freshness")
    assert ended.code == 2
    assert "freshness keeps nothing of each commit" in ended.err
    assert "these can be replayed: ingestion, schema" in " ".join(ended.err.split())


@pytest.mark.slow
def test_one_monitor_leaves_alone_what_the_others_keep(read: Path, command: Command) -> None:
    tamper(read, "UPDATE commit_fact SET inserted = 1234")
    ended = command("replay", "--table", POSTS, "--from", "v0", "--monitor", "schema")
    assert "2 recomputed, 2 unchanged" in ended.out
    ended = command("replay", "--table", POSTS, "--from", "v0", "--monitor", "ingestion")
    assert "2 recomputed, 0 unchanged" in ended.out


PATIENCE = 120.0  # seconds for what takes one or two on an idle machine


@pytest.mark.slow
def test_a_replay_killed_in_the_middle_goes_on_where_it_was(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    commits = 6_000
    log = Log(tmp_path / "posts").commits([*BIRTH, info("CREATE TABLE")])
    for version in range(1, commits):
        log.commit(version, info("WRITE"), add(f"f{version}", 3))
    Path("limnograph.yaml").write_text(
        "store: sqlite:///limnograph.db\ntables:\n  - {name: posts, uri: posts}\n"
    )
    assert command("run").code == 0
    tamper(tmp_path, "UPDATE commit_fact SET inserted = 99, net = 99 WHERE version > 0")
    arguments = ["replay", "--table", "posts", "--from", "start", "-o", "json"]
    done = blocks_when_killed(arguments)
    assert 0 < done < commits // BLOCK
    (table,) = document(command(*arguments))["tables"]
    assert table["resumed"] == BLOCK * done
    assert (table["recomputed"], len(table["changed"])) == (commits, commits - 1)
    with open_store("sqlite:///limnograph.db") as store:
        assert {fact.inserted for fact in store.facts("table:posts")} == {0, 3}
        (day,) = store.buckets("table:posts", "day")
        assert day.inserted == 3 * (commits - 1)
        assert store.states("table:posts", REPLAY) == {}
    (table,) = document(command(*arguments))["tables"]
    assert (table["resumed"], table["unchanged"]) == (0, commits)


def blocks_when_killed(arguments: list[str]) -> int:
    """Start the command as a process, kill it once some blocks are done; how many those were."""
    code = f"import sys; from limnograph.cli import invoke; sys.exit(invoke({arguments!r}))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    deadline = time.monotonic() + PATIENCE
    with (
        open_store("sqlite:///limnograph.db") as store,
        subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.DEVNULL, env=environment
        ) as process,
    ):
        while len(store.states("table:posts", REPLAY)) < 1:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.wait()
        return len(store.states("table:posts", REPLAY))
