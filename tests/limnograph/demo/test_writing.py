import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable

from limnograph.demo.lakehouse import Act, Step, Table, named, steps
from limnograph.demo.troubles import WHERE, Trouble, first_look, troubled
from limnograph.demo.writing import FEED, write

pytestmark = pytest.mark.wide

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
LONG_AGO = datetime(2021, 3, 1, 10, tzinfo=UTC)


def _tail(table: Table, count: int, now: datetime = NOW, *troubles: Trouble) -> list[Step]:
    """The creation of a table and its last commits, enough to see a trouble."""
    plan = troubled(table, steps(table, 1, now), now, troubles)
    return [plan[0], *plan[1:][-count:]]


def _commits(folder: Path) -> list[list[dict[str, Any]]]:
    paths = sorted((folder / "_delta_log").glob("*.json"))
    return [[json.loads(line) for line in path.read_text().splitlines()] for path in paths]


def _info(folder: Path) -> list[dict[str, Any]]:
    found = []
    for commit in _commits(folder):
        found += [action["commitInfo"] for action in commit if "commitInfo" in action]
    return found


def _times(commits: Sequence[dict[str, Any]]) -> list[datetime]:
    return [datetime.fromtimestamp(commit["timestamp"] / 1000, UTC) for commit in commits]


def _write(tmp_path: Path, name: str, plan: Sequence[Step]) -> Path:
    table = named(name)
    write(tmp_path, table, plan, 1)
    return tmp_path / table.folder


@pytest.mark.slow
def test_a_merged_table_has_the_planned_commits_at_the_planned_times(tmp_path: Path) -> None:
    plan = steps(named("gold.cached_summaries"), 1, NOW)
    folder = _write(tmp_path, "gold.cached_summaries", plan)
    infos = _info(folder)
    assert _times(infos) == [step.at for step in plan]
    merges = [(i["operationMetrics"], s) for i, s in zip(infos, plan, strict=True) if s.changed]
    assert len(merges) >= 35
    for metrics, step in merges:
        assert metrics["num_target_rows_inserted"] == step.rows
        assert metrics["num_target_rows_updated"] == step.changed


@pytest.mark.slow
@pytest.mark.parametrize("now", [NOW, LONG_AGO])
def test_everything_about_a_commit_is_set_back(tmp_path: Path, now: datetime) -> None:
    plan = steps(named("dim.authors"), 1, now)
    folder = _write(tmp_path, "dim.authors", plan)
    for version, (commit, step) in enumerate(zip(_commits(folder), plan, strict=True)):
        at = step.at.timestamp()
        assert (folder / "_delta_log" / f"{version:020d}.json").stat().st_mtime == at
        for action in commit:
            for kind in ("add", "cdc"):
                if kind in action:
                    assert (folder / action[kind]["path"]).stat().st_mtime == at
            if "add" in action:
                assert action["add"]["modificationTime"] == at * 1000
            if "remove" in action:
                assert action["remove"]["deletionTimestamp"] == at * 1000
            if "metaData" in action:
                assert action["metaData"]["createdTime"] == plan[0].at.timestamp() * 1000


def test_deltalake_reads_the_table_and_travels_by_the_times(tmp_path: Path) -> None:
    plan = steps(named("bronze.crawl_runs"), 1, NOW)
    folder = _write(tmp_path, "bronze.crawl_runs", plan)
    table = DeltaTable(folder)
    assert table.to_pyarrow_table().num_rows == sum(step.rows for step in plan)
    version = [step.act for step in plan].index(Act.APPEND) + 2
    table.load_as_version(plan[version].at)
    assert table.version() == version


def test_a_checkpoint_is_written_and_set_back_and_no_commit_is_cleaned_away(tmp_path: Path) -> None:
    plan = _tail(named("bronze.documents"), 60, LONG_AGO)
    folder = _write(tmp_path, "bronze.documents", plan)
    log = folder / "_delta_log"
    (checkpoint,) = log.glob("*.checkpoint.parquet")
    assert checkpoint.stat().st_mtime == (log / "_last_checkpoint").stat().st_mtime
    assert plan[0].at.timestamp() < checkpoint.stat().st_mtime < LONG_AGO.timestamp()
    versions = [path.stem for path in sorted(log.glob("0*.json"))]
    assert versions == [f"{n:020d}" for n in range(len(versions))]
    rows = sum(step.rows for step in plan)
    assert DeltaTable(folder).to_pyarrow_table().num_rows == rows


@pytest.mark.slow
def test_the_same_plan_writes_the_same_counts_twice(tmp_path: Path) -> None:
    volatile = {"execution_time_ms", "scan_time_ms", "rewrite_time_ms"}

    def told(folder: Path) -> list[tuple[Any, ...]]:
        return [
            (
                info["timestamp"],
                info["operation"],
                {
                    key: value
                    for key, value in info.get("operationMetrics", {}).items()
                    if key not in volatile and not key.startswith("files")
                },
            )
            for info in _info(folder)
        ]

    for name in ("dim.authors", "dim.languages", "silver.post_embeddings"):
        plan = _tail(named(name), 40)
        one = _write(tmp_path / "one", name, plan)
        other = _write(tmp_path / "other", name, plan)
        assert told(one) == told(other)


def test_posts_are_deleted_compacted_and_partitioned_by_day(tmp_path: Path) -> None:
    # From Saturday noon to Sunday noon: the night has the weekly purge and a compaction.
    sunday = datetime(2026, 11, 15, 12, tzinfo=UTC)
    plan = _tail(named("bronze.posts"), 26, sunday)
    folder = _write(tmp_path, "bronze.posts", plan)
    operations = [info["operation"] for info in _info(folder)]
    assert operations.count("DELETE") == 1
    assert operations.count("WRITE") == 24
    left = DeltaTable(folder).to_pyarrow_table(columns=["id", "spam", "day"]).to_pylist()
    purged = next(step.at for step in plan if step.act is Act.DELETE)
    first_after = int(purged.timestamp()) // 3600 * 1000
    assert not any(row["spam"] for row in left if row["id"] < first_after)
    assert len({row["day"] for row in left}) == 2


def test_an_update_really_changes_its_rows(tmp_path: Path) -> None:
    folder = _write(tmp_path, "dim.languages", steps(named("dim.languages"), 1, NOW))
    updates = [info for info in _info(folder) if info["operation"] == "UPDATE"]
    assert [info["operationMetrics"]["num_updated_rows"] for info in updates] == [8] * 5


@pytest.mark.slow
def test_a_later_call_goes_on_where_the_first_ended(tmp_path: Path) -> None:
    table = named("dim.authors")
    now = datetime(2026, 11, 20, 4, tzinfo=UTC)
    plan = troubled(table, steps(table, 1, now), now, {Trouble.FEED_OFF})
    first = [step for step in plan if step.at <= first_look(now)]
    assert write(tmp_path, table, first, 1) == len(first)
    assert write(tmp_path, table, plan[len(first) :], 1) == len(plan) - len(first) == 2
    assert _times(_info(tmp_path / table.folder)) == [step.at for step in plan]


def test_rows_of_a_load_that_ran_twice_are_there_twice(tmp_path: Path) -> None:
    plan = _tail(named("bronze.posts"), 9, NOW, Trouble.DUPLICATE)
    folder = _write(tmp_path, "bronze.posts", plan)
    ids = DeltaTable(folder).to_pyarrow_table(columns=["id"]).column("id").to_pylist()
    (again,) = {step.rows for step in plan if step.batch.hour == 3}
    assert len(ids) - len(set(ids)) == again


def test_a_recreated_table_starts_again_at_version_zero_with_a_new_id(tmp_path: Path) -> None:
    table = named(WHERE[Trouble.RECREATED])
    plan = troubled(table, steps(table, 1, NOW), NOW, {Trouble.RECREATED})
    write(tmp_path, table, plan[:-1], 1)
    before = DeltaTable(tmp_path / table.folder)
    write(tmp_path, table, plan[-1:], 1)
    after = DeltaTable(tmp_path / table.folder)
    assert after.version() == 1 < before.version()
    assert after.metadata().id != before.metadata().id
    assert _times(_info(tmp_path / table.folder)) == [plan[-1].at] * 2


def test_a_replaced_table_goes_on_in_its_log_with_a_new_id(tmp_path: Path) -> None:
    table = named(WHERE[Trouble.REPLACED])
    plan = troubled(table, steps(table, 1, NOW), NOW, {Trouble.REPLACED})
    write(tmp_path, table, plan[:-1], 1)
    before = DeltaTable(tmp_path / table.folder)
    write(tmp_path, table, plan[-1:], 1)
    after = DeltaTable(tmp_path / table.folder)
    assert after.version() == before.version() + 2
    assert after.metadata().id != before.metadata().id
    assert [i["operation"] for i in _info(tmp_path / table.folder)][-2:] == [
        "CREATE OR REPLACE TABLE",
        "WRITE",
    ]


def test_a_feed_that_is_switched_off_is_off_in_the_log(tmp_path: Path) -> None:
    plan = _tail(named(WHERE[Trouble.FEED_OFF]), 3, NOW, Trouble.FEED_OFF)
    folder = _write(tmp_path, WHERE[Trouble.FEED_OFF], plan)
    settings = [
        action["metaData"]["configuration"][FEED]
        for commit in _commits(folder)
        for action in commit
        if "metaData" in action
    ]
    assert settings == ["true", "false"]


def test_a_broken_log_ends_in_half_a_commit(tmp_path: Path) -> None:
    plan = _tail(named(WHERE[Trouble.UNREADABLE]), 3, NOW, Trouble.UNREADABLE)
    folder = _write(tmp_path, WHERE[Trouble.UNREADABLE], plan)
    *whole, broken = sorted((folder / "_delta_log").glob("*.json"))
    assert all(json.loads(line) for path in whole for line in path.read_text().splitlines())
    with pytest.raises(json.JSONDecodeError):
        [json.loads(line) for line in broken.read_text().splitlines()]
    assert broken.stat().st_mtime == plan[-1].at.timestamp()
    with pytest.raises(Exception, match=r"(?i)json|eof|parse"):
        DeltaTable(folder)
