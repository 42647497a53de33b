"""Our numbers against Spark's: every commit of every table that the script writes."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from limnograph.inspection import InThread, inspect_table
from monitors.delta.feed.changes import changes
from monitors.lakes.embedded import Access, EmbeddedTable
from tests.monitors.delta.written import commits
from tests.needs import need
from tests.spark.statements import SCRIPT, UNSPOILT

pytestmark = pytest.mark.spark

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2100, 1, 1, tzinfo=UTC)
TABLES = (*SCRIPT, f"vectors{UNSPOILT}")
NUMBERS = ("inserted", "updated", "deleted")

# Commits without a feed, or vacuumed, whose log need not tell: all others must be exact.
UNTOLD = {
    ("bare", 2),
    ("quiet", 1),
    ("quiet", 2),
    ("quiet_vectors", 2),
    ("quiet_vectors", 3),
    ("vectors", 3),
}

every_table = pytest.mark.parametrize("table", TABLES)

Truth = Mapping[str, Any]


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the tables; LIMNOGRAPH_SPARK_TABLES may name one written before."""
    if before := os.environ.get("LIMNOGRAPH_SPARK_TABLES"):
        return Path(before)
    java = shutil.which("java") or os.environ.get("JAVA_HOME")
    need("Java", java, "install a JRE of version 17")
    need("Spark with Delta", find_spec("pyspark") and find_spec("delta"), "run `make spark`")
    folder = tmp_path_factory.mktemp("spark") / "tables"
    command = [sys.executable, "-m", "tests.spark.script", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-5000:]
    return folder


@pytest.fixture(scope="session")
def truths(written: Path) -> Mapping[str, Truth]:
    tables: Mapping[str, Truth] = json.loads((written / "truth.json").read_text())["tables"]
    return tables


def inspected(folder: Path, *, log_only: bool = False) -> dict[str, Any]:
    return asyncio.run(inspect_table(str(folder), by="commit", log_only=log_only, now=NOW))


def counts(commit: Mapping[str, Any]) -> tuple[Any, ...]:
    return commit["version"], *(commit[number] for number in NUMBERS)


def test_the_truth_is_about_all_tables(truths: Mapping[str, Truth]) -> None:
    assert set(truths) == set(TABLES)
    assert sum(len(truths[name]["versions"]) for name in SCRIPT) <= 80


@every_table
@pytest.mark.parametrize("log_only", [False, True], ids=["", "log-only"])
def test_what_is_called_exact_is_what_spark_says(
    table: str, log_only: bool, written: Path, truths: Mapping[str, Truth]
) -> None:
    document = inspected(written / table, log_only=log_only)
    truth = truths[table]["versions"]
    assert [c["version"] for c in document["commits"]] == [t["version"] for t in truth]
    exact = [c["version"] for c in document["commits"] if c["exact"]]
    ours = [counts(c) for c in document["commits"] if c["exact"]]
    assert ours == [counts(t) for t in truth if t["version"] in exact]


@every_table
def test_every_commit_is_exact_that_has_a_feed_or_a_log_that_tells(
    table: str, written: Path, truths: Mapping[str, Truth]
) -> None:
    found = inspected(written / table)["commits"]
    inexact = {(table, commit["version"]) for commit in found if not commit["exact"]}
    assert inexact <= UNTOLD
    fed = {t["version"] for t in truths[table]["versions"] if t["feed"] and t["files_remain"]}
    assert not {version for _, version in inexact} & fed


@every_table
def test_net_is_right_wherever_it_is_known(
    table: str, written: Path, truths: Mapping[str, Truth]
) -> None:
    truth = {t["version"]: t["inserted"] - t["deleted"] for t in truths[table]["versions"]}
    nets = {c["version"]: c["net"] for c in inspected(written / table)["commits"]}
    assert {v: net for v, net in nets.items() if net not in (None, truth[v])} == {}


@every_table
def test_live_rows_are_those_of_a_scan(
    table: str, written: Path, truths: Mapping[str, Truth]
) -> None:
    assert inspected(written / table)["rows"] == truths[table]["rows"]


@pytest.mark.parametrize("table", ["ledger", "clocks"])
def test_a_cleaned_log_is_read_from_its_v2_checkpoint(
    table: str, written: Path, truths: Mapping[str, Truth], tmp_path: Path
) -> None:
    copy = Path(shutil.copytree(written / table, tmp_path / table))
    log = copy / "_delta_log"
    newest = max(int(c.name.split(".")[0]) for c in log.glob("0*.checkpoint.*"))
    for commit in log.glob("0*.json"):
        if commit.stem.isdigit() and int(commit.stem) < newest:
            commit.unlink()
    document = inspected(copy)
    assert document["rows"] == truths[table]["rows"]
    left = truths[table]["versions"][newest:]
    assert [counts(c) for c in document["commits"]] == [counts(t) for t in left]


@every_table
def test_changed_rows_are_those_of_the_feed(
    table: str, written: Path, truths: Mapping[str, Truth]
) -> None:
    truth = truths[table]
    remain = {str(t["version"]) for t in truth["versions"] if t["files_remain"]}
    expected = {v: rows for v, rows in truth["changes"].items() if v in remain}
    found = {}
    for commit, as_of in commits(written / table):
        if str(commit.version) in expected:
            rows = [row for batch in changes(as_of, commit) for row in batch.to_pylist()]
            found[str(commit.version)] = sorted(map(as_json, rows))
    assert found == {v: sorted(map(as_json, rows)) for v, rows in expected.items()}


def test_the_newest_event_time_inside_a_struct_is_that_of_a_scan(
    written: Path, truths: Mapping[str, Truth]
) -> None:
    truth = truths["moments"]["event_time"]
    source = EmbeddedTable(
        str(written / "moments"), {}, Access(InThread()), NOW, event_name=truth["column"]
    )
    at = asyncio.run(source.event_time(scan=True)).at
    assert at == datetime.fromisoformat(truth["newest"]).replace(tzinfo=UTC)


def as_json(row: Mapping[str, Any]) -> str:
    """A changed row as the truth has it."""
    added = ("_commit_version", "_commit_timestamp")
    plain = {name: value for name, value in row.items() if name not in added}
    return json.dumps(plain, default=_as_text, ensure_ascii=False, sort_keys=True)


def _as_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert isinstance(value, date)
    return value.isoformat()
