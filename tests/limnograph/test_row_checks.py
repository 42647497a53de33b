"""The row-level checks of a table: one job, in its own process, with nothing lost or doubled."""

import asyncio
import os
import pickle
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from checks.core import Status
from limnograph.row_checks import run_job
from monitors.errors import UnreadableError
from monitors.lakes.workers import Workers
from tests.checks.rows.declared import due, expected, finding, job, outcome, verdict
from tests.house import ROOT
from tests.monitors.lakes.rows.tables import append, opened

NEGATIVE = due("sql_rule", "negative", bad_rows="score < 0")
NOT_NULL = expected("expect_column_values_to_not_be_null", "not-null", column="score")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    append(tmp_path / "posts", [1, 2, 3], score=[1.0, -1.0, None])
    return tmp_path / "posts"


def kept(uri: Path) -> list[dict[str, Any]]:
    rows = pa.table(DeltaTable(uri).scan()).to_pylist()
    return sorted(rows, key=lambda row: (row["_check"], row["_source_version"], row["id"]))


@pytest.mark.slow
def test_a_job_travels_to_a_worker_and_back(table: Path) -> None:
    workers = Workers(1)
    try:
        found = asyncio.run(workers.call(run_job, job(table, NEGATIVE, NOT_NULL), timeout=120.0))
    finally:
        workers.close()
    assert [f.verdict.status for f in found.findings] == [Status.FAIL, Status.FAIL]
    assert pickle.loads(pickle.dumps(found)) == found


@pytest.mark.slow
def test_every_check_has_its_finding_whatever_becomes_of_the_others(table: Path) -> None:
    checks = [
        NEGATIVE,
        due("sql_rule", "typo", bad_rows="scor < 0"),
        due("sql", "fails", query="select max(id) / 0 from whole", comparison=">", fail=0),
        due("unique", "no-column", columns=["nope"]),
        due("references", "no-table", columns=["id"], table="gone", to=["id"]),
        NOT_NULL,
        expected("expect_column_values_to_not_be_null", "no-such", column="nope"),
        due("sql_rule", "fine", bad_rows="id < 0"),
    ]
    found = outcome(table, *checks)
    assert [(f.check, f.verdict.status) for f in found.findings] == [
        ("negative", Status.FAIL),
        ("typo", Status.ERROR),
        ("fails", Status.ERROR),
        ("no-column", Status.ERROR),
        ("no-table", Status.ERROR),
        ("not-null", Status.FAIL),
        ("no-such", Status.ERROR),
        ("fine", Status.PASS),
    ]
    assert all(f.verdict.reason for f in found.findings)


@pytest.mark.slow
def test_expectations_of_every_way_are_judged_with_ours(table: Path) -> None:
    checks = [
        expected("expect_column_values_to_be_between", "row-wise", column="score", min_value=0),
        expected("expect_column_mean_to_be_between", "aggregate", column="id", min_value=2),
        expected("expect_column_values_to_be_increasing", "all-at-once", column="id"),
        expected("expect_column_to_exist", "shape", column="label"),
        expected("expect_table_row_count_to_equal", "whole", {"rows": "all"}, value=3),
        expected("expect_column_values_to_be_increasing", "too-many", {"max_rows": 2}, column="id"),
    ]
    found = {f.check: f.verdict.status for f in outcome(table, *checks).findings}
    assert found == {
        "row-wise": Status.FAIL,
        "aggregate": Status.PASS,
        "all-at-once": Status.PASS,
        "shape": Status.FAIL,
        "whole": Status.PASS,
        "too-many": Status.NOT_ASSESSED,
    }


@pytest.mark.slow
def test_the_library_of_expectations_is_not_imported_without_one(table: Path) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tests.limnograph.test_row_checks import NEGATIVE\n"
        "from tests.checks.rows.declared import verdict\n"
        f"print(verdict(Path({str(table)!r}), NEGATIVE).status)\n"
        "print('great_expectations' in sys.modules)\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["fail", "False"], done.stderr


@pytest.mark.slow
def test_where_nothing_is_new_nothing_is_judged(table: Path) -> None:
    position = outcome(table, NEGATIVE).position
    found = outcome(table, NEGATIVE, NOT_NULL, due("unique", columns=["id"]), position=position)
    assert {f.verdict.status for f in found.findings} == {Status.NOT_ASSESSED}
    assert {f.verdict.reason for f in found.findings} == {"there are no rows to judge"}
    assert found.position == position


def test_a_verdict_says_when_what_it_judged_was_committed(table: Path) -> None:
    position = outcome(table, NEGATIVE).position
    append(table, [4], score=[-1.0])
    append(table, [5], score=[-1.0])
    window = verdict(table, NEGATIVE, position=position).window
    assert window is not None
    assert timedelta(0) <= window[1] - window[0] < timedelta(minutes=5)


@pytest.mark.wide
def test_a_pass_cannot_stand_while_a_commit_was_left_out(tmp_path: Path) -> None:
    table = tmp_path / "posts"
    append(table, [1, 2], feed=False, score=[1.0, 2.0])
    first = outcome(table, NEGATIVE)
    opened(table).update(updates={"score": "score + 1"}, predicate="id = 1")
    append(table, [3], feed=False, score=[3.0])
    found = verdict(table, NEGATIVE, position=first.position)
    assert found.status is Status.NOT_ASSESSED
    assert found.reason.startswith("version 1 (UPDATE) rewrote files")
    assert "of the others, 0 of 1 row" in found.reason
    assert "delta.enableChangeDataFeed" in found.mend
    append(table, [4], feed=False, score=[-4.0])
    worse = verdict(table, NEGATIVE, position=first.position)
    assert worse.status is Status.FAIL
    assert "version 1 (UPDATE)" in worse.reason
    every = due("sql_rule", bad_rows="score < -9", rows="all")
    assert verdict(table, every, position=first.position).status is Status.PASS
    row_wise = expected("expect_column_values_to_not_be_null", column="score")
    assert verdict(table, row_wise, position=first.position).status is Status.NOT_ASSESSED


def test_vacuumed_changes_are_an_error_unless_the_others_fail(table: Path) -> None:
    position = outcome(table, NEGATIVE).position
    opened(table).update(updates={"score": "7.0"}, predicate="id = 2")
    append(table, [4], score=[4.0])
    for file in (table / "_change_data").iterdir():
        file.unlink()
    found = outcome(table, NEGATIVE, NOT_NULL, position=position)
    assert [f.verdict.status for f in found.findings] == [Status.ERROR, Status.ERROR]
    assert all("version 1" in f.verdict.reason for f in found.findings)
    assert found.version == 2
    append(table, [5], score=[-5.0])
    assert verdict(table, NEGATIVE, position=position).status is Status.FAIL


def test_commits_that_left_the_log_are_told_of(table: Path) -> None:
    position = outcome(table, NEGATIVE).position
    for number in range(4, 8):
        append(table, [number], score=[1.0])
    opened(table).create_checkpoint()
    for version in range(3):
        (table / "_delta_log" / f"{version:020d}.json").unlink()
    found = verdict(table, NEGATIVE, position=position)
    assert found.status is Status.PASS
    assert "versions 1 to 2 left the log" in found.reason
    assert found.mend


def test_another_table_in_its_place_is_judged_anew(table: Path) -> None:
    position = outcome(table, NEGATIVE).position
    for file in sorted(table.rglob("*"), reverse=True):
        file.unlink() if file.is_file() else file.rmdir()
    append(table, [7], score=[-7.0])
    found = outcome(table, NEGATIVE, position=position)
    assert (found.recreated, found.version, found.findings[0].verdict.bad) == (True, 0, 1)


def test_live_rows_that_are_gone_leave_the_position_where_it_was(table: Path) -> None:
    for file in table.glob("*.parquet"):
        file.unlink()
    with pytest.raises(UnreadableError, match="vacuumed"):
        outcome(table, NEGATIVE)


def test_bad_rows_are_kept_once_for_each_kind_of_check(table: Path, tmp_path: Path) -> None:
    quarantine = tmp_path / "quarantine"
    more = {"quarantine": {"uri": str(quarantine), "mask": ["label"]}}
    append(table, [3, 4, 4], score=[1.0, None, -4.0], label=["x", "y", None])
    append(tmp_path / "parents", [1, 2, 3])
    checks = [
        due("sql_rule", "condition", bad_rows="score < 0", **more),
        due("sql_rule", "query", query="select id, _commit_version from new_rows where id = 1",
            **more),
        due("unique", "unique", columns=["id"], **more),
        due("references", "references", columns=["id"], table="parents", to=["id"], **more),
        expected("expect_column_values_to_not_be_null", "not-null", more, column="score"),
        due("sql_rule", "passes", bad_rows="id < 0", **more),
    ]  # fmt: skip
    others = {"parents": tmp_path / "parents"}
    found = outcome(table, *checks, others=others)
    assert [f.quarantined for f in found.findings] == [2, 1, 2, 2, 2, None]
    again = outcome(table, *checks, others=others)
    assert [f.quarantined for f in again.findings] == [0, 0, 0, 0, 0, None]
    rows = kept(quarantine)
    assert [(row["_check"].partition("/")[2], row["id"]) for row in rows] == [
        ("condition", 2), ("condition", 4), ("not-null", 3), ("not-null", 4), ("query", 1),
        ("references", 4), ("references", 4), ("unique", 3), ("unique", 4),
    ]  # fmt: skip
    assert {row["label"] for row in rows} == {None, "***"}
    assert {row["_source_version"] for row in rows} == {1}


def test_later_bad_rows_join_those_of_before(table: Path, tmp_path: Path) -> None:
    quarantine = tmp_path / "quarantine"
    check = due("sql_rule", bad_rows="score < 0", quarantine={"uri": str(quarantine)})
    position = outcome(table, check).position
    append(table, [4, 5], score=[-4.0, 5.0], label=["new", "new"])
    assert finding(table, check, position=position).quarantined == 1
    assert finding(table, check, position=position).quarantined == 0
    rows = kept(quarantine)
    assert [(row["id"], row["label"], row["_source_version"]) for row in rows] == [
        (2, None, 0),
        (4, "new", 1),
    ]


@pytest.mark.parametrize(
    ("quarantine", "why"),
    [
        ({"uri": "{tmp}/file/below"}, "could not be written"),
        ({"uri": "{tmp}/q", "mask": ["scor"]}, "hides the column 'scor', which the table lacks"),
    ],
)
def test_a_quarantine_that_fails_does_not_hide_the_verdict(
    table: Path, tmp_path: Path, quarantine: dict[str, Any], why: str
) -> None:
    (tmp_path / "file").write_text("in the way")
    quarantine = {**quarantine, "uri": quarantine["uri"].format(tmp=tmp_path)}
    found = finding(table, due("sql_rule", bad_rows="score < 0", quarantine=quarantine))
    assert (found.verdict.status, found.quarantined) == (Status.FAIL, None)
    assert why in found.verdict.detail["quarantine"]
    assert not (tmp_path / "q").exists()


def test_samples_are_shown_only_where_they_are_asked_for(table: Path) -> None:
    more = {"samples": 5}
    shown = expected("expect_column_values_to_not_be_null", "shown", more, column="score")
    silent = expected("expect_column_values_to_not_be_null", "silent", column="score")
    one, other = outcome(table, shown, silent).findings
    assert [row["id"] for row in one.verdict.samples] == [3]
    assert other.verdict.samples == ()


JOB = """
import pickle, sys
from limnograph.row_checks import run_job
job = pickle.loads(open(sys.argv[1], "rb").read())
print("ready", flush=True)
run_job(job)
print("done", flush=True)
"""


@pytest.mark.slow
def test_a_job_that_is_killed_writes_its_bad_rows_once(tmp_path: Path) -> None:
    table, quarantine = tmp_path / "posts", tmp_path / "quarantine"
    count = 200_000
    write_deltalake(table, pa.table({"id": range(count), "score": [-1.0] * count}))
    check = due("sql_rule", bad_rows="score < 0", quarantine={"uri": str(quarantine)})
    file = tmp_path / "job"
    file.write_bytes(pickle.dumps(job(table, check)))
    for after in (0.0, 0.2, 0.4, 0.6, 0.9):
        command = [sys.executable, "-c", JOB, str(file)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            process.stdout.readline()
            try:
                process.wait(after)
            except subprocess.TimeoutExpired:
                os.kill(process.pid, signal.SIGKILL)
    outcome(table, check)
    assert pa.table(DeltaTable(quarantine).scan(columns=["id"])).num_rows == count
    assert finding(table, check).quarantined == 0


# The peak of the process itself: ru_maxrss also holds that of the parent it was made from.
MEASURED = f"{JOB}print(*(l for l in open('/proc/self/status') if l.startswith('VmHWM')))"


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    table, other = tmp_path / "posts", tmp_path / "parents"
    for start in range(0, 3_000_000, 500_000):
        ids = pa.array(range(start, start + 500_000), pa.int64())
        text = pa.array([f"a text of some length {n}" for n in range(500_000)])
        write_deltalake(table, pa.table({"id": ids, "s": text}), mode="append")
        write_deltalake(other, pa.table({"id": ids}), mode="append")
    checks = [
        due("unique", "unique", columns=["id"]),
        due("unique", "text", columns=["s"]),
        due("references", "references", columns=["id"], table="parents", to=["id"]),
        due("sql_rule", "rule", bad_rows="id < 0 or s is null"),
    ]
    file = tmp_path / "job"
    file.write_bytes(pickle.dumps(job(table, *checks, others={"parents": other}, batch_rows=65536)))
    command = [sys.executable, "-c", MEASURED, str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    mebibytes = int(done.stdout.split()[-2]) // 1024
    assert mebibytes < 800
