"""The document of `limnograph inspect`: its keys, what is null, and where a table may lie."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable, write_deltalake

from limnograph.inspection import InThread, inspect_table
from monitors.errors import UnreadableError
from tests.monitors.cycles import rows
from tests.monitors.delta.log_builder import (
    BIRTH,
    FEED,
    Log,
    add,
    info,
    metadata,
    protocol,
    remove,
)
from tests.monitors.delta.written import mapped, schema_string

HEAD_KEYS = {
    *("schema_version", "uri", "version", "rows", "files", "size_bytes", "last_commit"),
    *("last_commit_of_any_kind", "table_id", "change_feed", "partition_columns", "features"),
    *("events", "problems", "health"),
}
COMMIT_KEYS = {
    *("version", "timestamp", "operation", "inserted", "updated", "deleted", "net", "source"),
    *("exact", "reason", "bytes_added", "bytes_removed", "files_added", "files_removed"),
}
NOBODY = 65534


def inspect(uri: object, **how: Any) -> dict[str, Any]:
    document = asyncio.run(inspect_table(str(uri), **how))
    text = json.dumps(document, allow_nan=False)
    assert json.loads(text) == document
    return document


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """Five commits: birth, 3 rows, 4 rows, a delete of 3, maintenance."""
    (tmp_path / "table").mkdir()
    found = Log(tmp_path / "table")
    found.commit(0, *BIRTH, at=1_000)
    found.commit(1, add("a", 3), at=4_000)
    found.commit(2, info("WRITE", mode="Append"), add("b", 4))
    found.commit(3, remove("a"), at=1_780_000_000)
    found.commit(4, add("b", 4, dataChange=False), at=1_780_010_000)
    return found


def test_a_table_is_described_by_its_head(log: Log) -> None:
    document = inspect(log.uri, log_only=True)
    assert document.keys() == HEAD_KEYS
    assert document["schema_version"] == 1
    assert document["uri"] == log.uri
    assert (document["version"], document["rows"], document["files"]) == (4, 4, 1)
    assert document["size_bytes"] == 100
    assert (document["table_id"], document["change_feed"]) == ("a table", False)
    assert (document["partition_columns"], document["features"]) == ([], [])
    assert document["problems"] == []


def test_the_last_commit_is_the_newest_that_changed_data(log: Log) -> None:
    document = inspect(log.uri, log_only=True)
    assert document["last_commit"] == "2026-05-28T20:26:40.000Z"
    assert document["last_commit_of_any_kind"] == "2026-05-28T23:13:20.000Z"


def test_the_last_commit_is_a_maximum_for_clocks_may_go_backwards(log: Log) -> None:
    log.commit(5, add("c", 1), at=5_000)
    assert inspect(log.uri, log_only=True)["last_commit"] == "2026-05-28T20:26:40.000Z"


def test_every_version_whose_json_remains_is_listed(log: Log) -> None:
    commits = inspect(log.uri, by="commit", log_only=True)["commits"]
    assert [commit["version"] for commit in commits] == [0, 1, 2, 3, 4]
    assert all(commit.keys() == COMMIT_KEYS for commit in commits)
    assert commits[2] == {
        "version": 2,
        "timestamp": "2026-02-02T02:40:00.000Z",
        "operation": "WRITE",
        "inserted": 4,
        "updated": 0,
        "deleted": 0,
        "net": 4,
        "source": "log",
        "exact": True,
        "reason": None,
        "bytes_added": 100,
        "bytes_removed": 0,
        "files_added": 1,
        "files_removed": 0,
    }
    assert commits[1]["operation"] is None
    assert commits[1]["timestamp"] == "1970-01-01T01:06:40.000Z"


def test_versions_that_only_a_checkpoint_tells_of_are_not_listed(log: Log) -> None:
    log.checkpoint(2, *BIRTH, add("a", 3), add("b", 4))
    for version in (0, 1, 2):
        log.path(f"{version:020d}.json").unlink()
    document = inspect(log.uri, by="commit", log_only=True)
    assert [commit["version"] for commit in document["commits"]] == [3, 4]
    assert (document["rows"], document["commits"][0]["deleted"]) == (4, 3)


def test_a_checkpoint_alone_has_no_commits_and_says_what_that_costs(log: Log) -> None:
    log.checkpoint(4, *BIRTH, add("b", 4))
    for file in log.path("").glob("*.json"):
        file.unlink()
    document = inspect(log.uri, by="commit", log_only=True)
    assert (document["rows"], document["commits"], document["last_commit"]) == (4, [], None)
    (problem,) = document["problems"]
    assert (problem["what"], problem["state"]) == ("last_commit", "not_assessed")


@pytest.mark.parametrize("last", [1, 2, 3, 99])
def test_the_last_commits_are_those_of_the_whole_list(log: Log, last: int) -> None:
    whole = inspect(log.uri, by="commit", log_only=True)
    newest = inspect(log.uri, by="commit", last=last, log_only=True)
    assert newest["commits"] == whole["commits"][-last:]
    newest["health"]["maintenance"].pop("commits_from")
    whole["health"]["maintenance"].pop("commits_from")
    assert newest | {"commits": []} == whole | {"commits": []}


def test_what_is_unknown_is_null_with_a_reason_and_a_mend(log: Log) -> None:
    log.commit(5, info("MERGE"), add("c"), remove("b"))
    document = inspect(log.uri, by="commit", log_only=True)
    commit = document["commits"][-1]
    assert [commit[key] for key in ("inserted", "updated", "deleted", "net")] == [None] * 4
    assert commit["exact"] is False
    assert commit["reason"]
    assert (document["rows"], document["files"]) == (None, 1)
    assert [problem["what"] for problem in document["problems"]] == ["rows", "counts of version 5"]
    for problem in document["problems"]:
        assert problem.keys() == {"what", "state", "reason", "mend"}
        assert problem["state"] in ("error", "not_assessed")
        assert problem["reason"]
        assert problem["mend"]


def test_a_table_that_cannot_be_read_is_a_document_too(log: Log) -> None:
    log.text(3, "{nonsense")
    for by, more in ((None, set()), ("commit", {"commits"}), ("day", {"buckets"})):
        document = inspect(log.uri, by=by)
        assert document.keys() == HEAD_KEYS | more
        unknown = ("version", "rows", "files", "last_commit", "health")
        assert [document[key] for key in unknown] == [None] * 5
        (problem,) = document["problems"]
        assert (problem["what"], problem["state"]) == ("table", "error")
        assert "00003.json:1 is not JSON" in problem["reason"]
        assert problem["mend"]
        assert all(document[key] == [] for key in more)


def test_hours_and_days_are_sums_of_what_is_known(log: Log) -> None:
    log.commit(5, info("MERGE"), add("c", 1), remove("b"))
    hours = inspect(log.uri, by="hour", log_only=True)["buckets"]
    assert [bucket["start"] for bucket in hours] == [
        "1970-01-01T00:00:00.000Z",
        "1970-01-01T01:00:00.000Z",
        "2026-02-02T02:00:00.000Z",
        "2026-05-28T20:00:00.000Z",
        "2026-05-28T23:00:00.000Z",
    ]
    assert hours[2] == {
        "start": "2026-02-02T02:00:00.000Z",
        "inserted": 4,
        "updated": 0,
        "deleted": 0,
        "net": 1,
        "commits": 2,
        "uncounted": 1,
        "inexact": 0,
    }
    days = inspect(log.uri, by="day", log_only=True)["buckets"]
    assert [bucket["commits"] for bucket in days] == [2, 2, 2]
    assert inspect(log.uri, by="day", last=1, log_only=True)["buckets"] == days[-1:]


def test_an_update_by_delta_rs_is_read_from_its_feed_unless_the_log_alone_may_be_read(
    tmp_path: Path,
) -> None:
    uri = str(tmp_path / "t")
    write_deltalake(uri, rows(1, 5), configuration={"delta.enableChangeDataFeed": "true"})
    DeltaTable(uri).update(updates={"name": "'row 1'"}, predicate="id <= 3")
    told = inspect(uri, by="commit")["commits"][1]
    assert (told["updated"], told["source"], told["exact"]) == (2, "feed", True)
    log_only = inspect(uri, by="commit", log_only=True)["commits"][1]
    assert (log_only["updated"], log_only["source"], log_only["exact"]) == (3, "log", False)


def test_health_tells_layout_maintenance_and_retention(log: Log) -> None:
    log.checkpoint(4, *BIRTH, add("b", 4))
    log.commit(5, info("OPTIMIZE"), add("b", 4, dataChange=False))
    log.commit(6, info("VACUUM END"))
    health = inspect(log.uri, log_only=True)["health"]
    checkpoint = log.path(f"{4:020d}.checkpoint.parquet").stat()
    there = [file.stat().st_size for file in log.path("").iterdir()]
    written = datetime.fromtimestamp(checkpoint.st_mtime, UTC).isoformat(timespec="milliseconds")
    assert health["maintenance"] == {
        "last_optimize": "2026-02-02T02:40:00.000Z",
        "last_vacuum": "2026-02-02T02:40:00.000Z",
        "commits_from": 0,
        "checkpoint_version": 4,
        "last_checkpoint": written.replace("+00:00", "Z"),
        "commits_since_checkpoint": 2,
        "log_files": len(there),
        "log_size_bytes": sum(there),
        "log_from": 0,
    }
    assert health["retention"] == {
        "log_seconds": 30 * 86400,
        "log_cleanup": True,
        "deleted_files_seconds": 7 * 86400,
        "gap_margin_seconds": 7 * 86400,
    }
    assert health["layout"] == {
        "small_file_bytes": 32 * 1024**2,
        "small_files": 1,
        "small_files_ratio": 1,
        "average_file_bytes": 100,
        "size_classes": [
            {"size_class": "<1MiB", "files": 1, "bytes": 100},
            *(
                {"size_class": name, "files": 0, "bytes": 0}
                for name in ("1-8MiB", "8-32MiB", "32-128MiB", "128MiB-1GiB", ">=1GiB")
            ),
        ],
        "deleted_rows": 0,
        "deleted_rows_ratio": 0,
        "deletion_vector_files": 0,
        "partitions": None,
    }
    assert health["batch_plan"] is None


def test_of_a_few_commits_the_live_files_are_known_without_reading_the_log_again(log: Log) -> None:
    log.checkpoint(2, *BIRTH, add("a", 3), add("b", 4))
    log.text(0, "{nonsense")
    health = inspect(log.uri, by="commit", last=2, log_only=True)["health"]
    assert health["maintenance"]["commits_from"] == 3
    assert health["maintenance"]["log_from"] == 0
    assert health["layout"]["small_files"] == 1


def test_the_largest_partition_is_named_by_the_columns_that_people_know(log: Log) -> None:
    mapped_column = mapped("col-1", 1)
    schema = schema_string(("day", "string", mapped_column))
    properties = {"delta.columnMapping.mode": "name"}
    log.commit(5, protocol(2, 5), metadata(properties, schema, ("day",)), remove("b"))
    log.commit(6, add("c", 1, size=300, partitionValues={"col-1": "1"}))
    log.commit(7, add("d", 1, size=100, partitionValues={"col-1": "2"}))
    assert inspect(log.uri, log_only=True)["health"]["layout"]["partitions"] == {
        "number": 2,
        "largest": "day=1",
        "largest_bytes": 300,
        "largest_ratio": 0.75,
        "times_median": 1.5,
    }


def test_a_batch_plan_is_made_of_a_sample_and_said_to_be_missing_where_there_is_none(
    log: Log, tmp_path: Path
) -> None:
    uri = str(tmp_path / "t")
    write_deltalake(uri, rows(1, 1000))
    plan = inspect(uri, batch_gib=1)["health"]["batch_plan"]
    assert (plan["batch_gib"], plan["sampled_rows"]) == (1, 1000)
    assert plan["pandas"].keys() == {"bytes", "batches", "rows_per_batch"}
    assert plan["pandas"]["batches"] == plan["arrow"]["batches"] == 1
    assert plan["pandas"]["bytes"] > plan["arrow"]["bytes"] > 1000 * 8
    gone = inspect(log.uri, batch_gib=1)
    assert (gone["health"]["batch_plan"]["pandas"], gone["rows"]) == (None, 4)
    assert [problem["what"] for problem in gone["problems"]] == ["batch plan"]


def test_events_are_told(log: Log) -> None:
    log.commit(5, metadata(FEED), info("SET TBLPROPERTIES"))
    (event,) = inspect(log.uri, log_only=True)["events"]
    assert (event["kind"], event["at"]) == ("feed_on", "2026-02-02T02:40:00.000Z")


@pytest.mark.parametrize(
    "name", ["a%20b", "x:y", "s3:", "file:", "c:", "ä ö", "a#b?c", "~", "-x", " x", "a\\b", "*"]
)
def test_a_relative_local_path_is_taken_literally(
    log: Log, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(log.table, log.table.parent / name)
    monkeypatch.chdir(log.table.parent)
    for uri in (f"./{name}", f"{name}/", name):
        if uri.startswith("file:"):
            continue
        document = inspect(uri, log_only=True)
        assert (document["rows"], document["uri"]) == (4, uri)


def test_a_table_is_found_by_uri_by_symlink_and_from_within(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = log.table.parent / "link"
    link.symlink_to(log.table)
    monkeypatch.chdir(log.table)
    for uri in (f"file://{log.uri}", f"file://{log.uri}/", f"{log.uri}//", str(link), ".", "./"):
        assert inspect(uri, log_only=True)["rows"] == 4


def test_a_uri_is_decoded_where_a_path_is_not(log: Log) -> None:
    shutil.copytree(log.table, log.table.parent / "a b")
    assert inspect(f"file://{log.table.parent}/a%20b", log_only=True)["rows"] == 4


def test_loops_of_symlinks_and_odd_names_in_the_log_do_not_matter(log: Log) -> None:
    folder = log.path("")
    (folder / "loop").symlink_to(folder)
    (folder / f"{9:020d}.json").symlink_to(folder / f"{9:020d}.json")
    (folder / f"{8:020d}.json").symlink_to("nowhere")
    (folder / f"{7:020d}.json").mkdir()
    Path(os.fsdecode(os.fsencode(folder) + b"/x\xff\xfe.json")).write_text("?")
    assert inspect(log.uri, log_only=True)["version"] == 4


@pytest.mark.parametrize("uri", ["", "nothing/here", "nope://x/y", "s3://", "a\0b", "x" * 5000])
def test_a_uri_without_a_table_is_explained(
    uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (problem,) = inspect(uri)["problems"]
    assert (problem["what"], problem["state"]) == ("table", "error")
    assert problem["reason"]
    assert problem["mend"]


AS_NOBODY = f"""
import asyncio, json, os, sys
sys.path[:0] = json.loads(sys.argv[2])
from limnograph.inspection import inspect_table
import obstore, pyarrow.parquet
os.setgid({NOBODY}); os.setuid({NOBODY})
uris = json.loads(sys.argv[1])
print(json.dumps([asyncio.run(inspect_table(uri, by="commit")) for uri in uris]))
"""


@pytest.mark.wide
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody without permissions")
def test_a_table_without_permission_is_explained(log: Log) -> None:
    for folder in (log.table, *list(log.table.parents)[:2]):
        folder.chmod(0o755)
    folder = log.table.parent
    locked = {
        "table": log.table,
        "log": folder / "b" / "_delta_log",
        "listing": folder / "c" / "_delta_log",
        "commit": folder / "d" / "_delta_log" / f"{3:020d}.json",
        "parent": folder / "e",
    }
    uris = [log.uri, *(str(folder / name) for name in "bcd"), str(folder / "e" / "table")]
    for name in "bcd":
        shutil.copytree(log.table, folder / name)
    shutil.copytree(log.table, folder / "e" / "table")
    for name, path in locked.items():
        path.chmod(0o444 if name == "listing" else 0)
    command = [sys.executable, "-c", AS_NOBODY, json.dumps(uris), json.dumps(sys.path)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    for document in json.loads(found.stdout):
        (problem,) = document["problems"]
        assert problem["state"] == "error"
        assert "no permission to read" in problem["reason"]
        assert "grant" in problem["mend"]


def test_work_that_takes_too_long_is_given_up_with_a_reason() -> None:
    async def give_up() -> None:
        await InThread().call(time.sleep, 0.2, timeout=0.01)

    with pytest.raises(UnreadableError, match=r"took longer than 0\.01 s"):
        asyncio.run(give_up())


def test_the_clock_is_an_argument(log: Log) -> None:
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    assert {event["kind"] for event in inspect(log.uri, now=long_ago)["events"]} == {"clock_skew"}
