"""Table health: looked at when commits moved something, told again when nothing did."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from monitors import table_health
from monitors.core import (
    Column,
    CommitFact,
    Cursor,
    Definition,
    LogFolder,
    Reading,
    RowWidth,
    Snapshot,
    State,
    Subject,
    Tail,
)
from monitors.delta.health.layout import CLASSES
from monitors.delta.live.saved import head_of
from monitors.lakes.embedded import Access, EmbeddedTable
from monitors.table_health import Config, read
from tests.monitors.cycles import Inline, rows
from tests.monitors.delta.log_builder import BIRTH, Log, add, info, metadata, protocol, vector
from tests.monitors.one_tail import FILES, OneTail

POSTS = Subject("table", "main.bronze.posts")
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = 86400
MIB = 1024 * 1024
Values = dict[tuple[str, ...], float]


def fact(version: int, operation: str = "WRITE", files: int = 1, **more: Any) -> CommitFact:
    at = MONDAY + version * HOUR
    found = CommitFact(version, at, operation, 1, 0, 0, 1, 9, 0, files, 0, "log", True)
    return replace(found, **more)


def definition(version: int, *columns: str) -> Definition:
    return Definition(version, MONDAY, "id", tuple(Column((name,), "long") for name in columns))


def tail(*commits: CommitFact, rows: int | None = 1000, **more: Any) -> Tail:
    """A tail that ends with its last commit."""
    snapshot = Snapshot(commits[-1].version, commits[-1].at, "id", rows, 1, 10)
    of_snapshot = {k: more.pop(k) for k in ("properties", "partition_columns") if k in more}
    return Tail(replace(snapshot, **of_snapshot), commits, (), str(commits[-1].version), **more)


def files(*sizes: int | None) -> pa.Table:
    count = len(sizes)
    columns: list[list[Any]] = [[1] * count, [0] * count, list(sizes), [""] * count]
    return pa.Table.from_arrays(
        [pa.array(values, of.type) for values, of in zip(columns, FILES, strict=True)],
        schema=FILES,
    )


@dataclass
class Watching:
    """The monitor's cursor and states between its cycles, as a store keeps them."""

    config: Config = field(default_factory=Config)
    cursor: Cursor | None = None
    states: dict[str, State] = field(default_factory=dict)
    written: int = 0

    async def read(self, source: Any, now: datetime) -> Reading:
        reading = await read(source, POSTS, self.config, self.cursor, self.states, now)
        self.cursor = reading.cursor
        self.states.update((state.key, state) for state in reading.states)
        self.written += len(reading.states)
        return reading

    def cycle(self, source: OneTail, now: datetime) -> Reading:
        source.asked.clear()
        return asyncio.run(self.read(source, now))


def idle(found: Tail) -> Tail:
    return replace(found, commits=(), definitions=(), before=None, first=False)


def values(reading: Reading) -> Values:
    """Values by the metric's name, less what all have in common, and labels of its own."""
    return {
        (m.metric.name.removeprefix("lakehouse_table_"), *m.labels[3:]): m.value
        for m in reading.measurements
    }


FIRST = tail(fact(0, "CREATE TABLE", 0), fact(1), first=True, definitions=(definition(0, "a"),))
FOLDER = LogFolder(9, 4321, 0, 0, MONDAY)
NOW = MONDAY + 10 * HOUR


def test_everything_that_is_known_is_told() -> None:
    first = replace(
        FIRST,
        snapshot=replace(
            FIRST.snapshot, feed=True, properties={"delta.logRetentionDuration": "interval 3 days"}
        ),
    )
    found = values(Watching().cycle(OneTail(first, files=files(1, 40 * MIB), folder=FOLDER), NOW))
    assert {key: value for key, value in found.items() if len(key) == 1} == {
        ("small_files_ratio",): 0.5,
        ("gap_margin_seconds",): 3 * DAY,
        ("deleted_rows_ratio",): 0,
        ("deletion_vector_files",): 0,
        ("last_checkpoint_timestamp_seconds",): MONDAY.timestamp(),
        ("commits_since_checkpoint",): 1,
        ("log_size_bytes",): 4321,
        ("log_files",): 9,
        ("log_retention_seconds",): 3 * DAY,
        ("deleted_file_retention_seconds",): 7 * DAY,
        ("change_feed_enabled",): 1,
    }
    assert {key for key in found if len(key) == 2} == {
        (name, of) for name in ("files_by_size", "size_class_bytes") for of in CLASSES
    }
    assert found["files_by_size", "32-128MiB"] == 1
    assert found["size_class_bytes", "32-128MiB"] == 40 * MIB


def test_only_one_family_is_shown_unless_more_are_asked_for() -> None:
    shown = [metric.name for metric in table_health.METRICS if not metric.opt_in]
    assert shown == ["lakehouse_table_gap_margin_seconds"]


def test_without_commits_the_same_is_told_and_nothing_is_asked_or_kept() -> None:
    watching, source = Watching(), OneTail(FIRST, files=files(1), folder=FOLDER)
    first = watching.cycle(source, NOW)
    assert source.asked == ["live_files", "log_folder"]
    for days in (1, 100):
        later = watching.cycle(replace(source, found=idle(FIRST)), NOW + timedelta(days=days))
        assert later.measurements == first.measurements
        assert (later.states, later.problems) == ((), first.problems)
    again = replace(source, found=idle(FIRST))
    watching.cycle(again, NOW)
    assert again.asked == []


def test_files_are_looked_at_when_commits_moved_them_and_only_then() -> None:
    watching, source = Watching(), OneTail(FIRST, files=files(1), folder=FOLDER)
    watching.cycle(source, NOW)
    source.found = tail(fact(2, "SET TBLPROPERTIES", 0), fact(3, "VACUUM START", 0))
    source.files = files(1, 2, 40 * MIB, 40 * MIB)
    assert values(watching.cycle(source, NOW))["small_files_ratio",] == 1
    assert source.asked == []
    source.found = tail(fact(4))
    assert values(watching.cycle(source, NOW))["small_files_ratio",] == 0.5
    assert source.asked == ["live_files"]


def test_where_commits_are_missing_files_are_looked_at() -> None:
    watching, source = Watching(), OneTail(FIRST, files=files(1), folder=FOLDER)
    watching.cycle(source, NOW)
    source.found = tail(fact(5, "SET TBLPROPERTIES", 0))
    watching.cycle(source, NOW)
    assert source.asked == ["live_files"]


def test_a_great_many_files_are_looked_at_now_and_then_or_when_a_tenth_moved() -> None:
    many = files(*[1] * 20_000)
    watching, source = Watching(), OneTail(FIRST, files=many, folder=FOLDER)
    watching.cycle(source, NOW)
    for version, moved, minutes, asked in (
        (2, 5, 1, []),
        (3, 1993, 2, []),
        (4, 2, 3, ["live_files"]),
        (5, 1, 4, []),
        (6, 0, 17, []),
        (7, 0, 18, ["live_files"]),
        (8, 0, 60, []),
    ):
        source.found = tail(fact(version, files=moved))
        watching.cycle(source, NOW + timedelta(minutes=minutes))
        assert source.asked == asked, version


def test_what_was_put_off_is_looked_at_even_if_no_commit_follows() -> None:
    many = files(*[1] * 20_000)
    watching, source = Watching(), OneTail(FIRST, files=many, folder=FOLDER)
    watching.cycle(source, NOW)
    for found, minutes, asked in (
        (tail(fact(2)), 1, []),
        (idle(tail(fact(2))), 10, []),
        (idle(tail(fact(2))), 15, ["live_files"]),
        (idle(tail(fact(2))), 60, []),
    ):
        source.found = found
        watching.cycle(source, NOW + timedelta(minutes=minutes))
        assert source.asked == asked, minutes


def test_another_size_of_small_files_is_counted_anew() -> None:
    watching, source = Watching(), OneTail(FIRST, files=files(1, 40 * MIB), folder=FOLDER)
    watching.cycle(source, NOW)
    watching.config = Config(small_file_mib=64)
    source.found = idle(FIRST)
    assert values(watching.cycle(source, NOW))["small_files_ratio",] == 1


def test_the_log_is_listed_every_few_hours_and_only_if_commits_came() -> None:
    watching, source = Watching(), OneTail(FIRST, files=files(1), folder=FOLDER)
    watching.cycle(source, NOW)
    for found, hours, asked in (
        (tail(fact(2, files=0)), 1, []),
        (idle(tail(fact(2))), 5, []),
        (idle(tail(fact(2))), 6, ["log_folder"]),
        (idle(tail(fact(2))), 100, []),
        (tail(fact(3, files=0)), 101, ["log_folder"]),
        (tail(fact(4, files=0)), 102, []),
    ):
        source.found = found
        reading = watching.cycle(source, NOW + hours * HOUR)
        assert source.asked == asked, hours
    assert values(reading)["commits_since_checkpoint",] == 3  # when the log was listed


def test_maintenance_is_remembered_and_a_vacuum_counts_when_it_has_ended() -> None:
    watching, source = Watching(), OneTail(FIRST, files=files(1), folder=FOLDER)
    before = values(watching.cycle(source, NOW))
    assert ("last_optimize_timestamp_seconds",) not in before
    source.found = tail(fact(2, "OPTIMIZE"), fact(3, "VACUUM START", 0))
    found = values(watching.cycle(source, NOW))
    assert found["last_optimize_timestamp_seconds",] == (MONDAY + 2 * HOUR).timestamp()
    assert ("last_vacuum_timestamp_seconds",) not in found
    source.found = tail(fact(4, "VACUUM END", 0), fact(5, "OPTIMIZE", at=MONDAY))
    found = values(watching.cycle(source, NOW))
    assert found["last_optimize_timestamp_seconds",] == (MONDAY + 2 * HOUR).timestamp()
    assert found["last_vacuum_timestamp_seconds",] == (MONDAY + 4 * HOUR).timestamp()


def test_maintenance_in_the_future_was_there_by_now_at_the_latest() -> None:
    source = OneTail(replace(FIRST, commits=(fact(0), fact(1, "OPTIMIZE", at=NOW + HOUR))))
    found = values(Watching().cycle(source, NOW))
    assert found["last_optimize_timestamp_seconds",] == NOW.timestamp()


def test_another_table_under_the_same_name_starts_anew() -> None:
    watching, source = Watching(), OneTail(FIRST, files=files(1), folder=FOLDER)
    watching.cycle(source, NOW)
    source.found = tail(fact(2, "OPTIMIZE", 0))
    watching.cycle(source, NOW)
    source.found = tail(fact(0), recreated=True)
    reading = watching.cycle(source, NOW)
    assert reading.recreated
    assert source.asked == ["live_files", "log_folder"]
    assert ("last_optimize_timestamp_seconds",) not in values(reading)


@pytest.mark.parametrize("blob", [b"", b"{}", b"[]", b'{"layout": 3, "log": 1, "width": 2}'])
def test_what_was_kept_in_another_form_is_built_again_from_the_log(blob: bytes) -> None:
    watching, source = Watching(), OneTail(FIRST, files=files(1), folder=FOLDER)
    source.found = replace(FIRST, commits=(fact(0), fact(1, "OPTIMIZE")))
    first = watching.cycle(source, NOW)
    state = watching.states["health"]
    for spoilt in (replace(state, blob=blob), replace(state, format="health.0")):
        watching.states["health"] = spoilt
        assert values(watching.cycle(source, NOW)) == values(first)


def test_sizes_that_the_log_lacks_are_a_problem_and_no_share() -> None:
    source = OneTail(FIRST, files=files(1, None), folder=FOLDER)
    reading = Watching().cycle(source, NOW)
    assert not {"small_files_ratio", "files_by_size"} & {key[0] for key in values(reading)}
    (problem,) = reading.problems
    assert (problem.what, problem.state) == ("small files", "not_assessed")


def test_a_retention_that_cannot_be_understood_is_a_problem_and_no_margin() -> None:
    properties = {"delta.deletedFileRetentionDuration": "interval 1 month"}
    source = OneTail(
        replace(FIRST, snapshot=replace(FIRST.snapshot, properties=properties)), folder=FOLDER
    )
    reading = Watching().cycle(source, NOW)
    absent = {"gap_margin_seconds", "deleted_file_retention_seconds"}
    assert not absent & {key[0] for key in values(reading)}
    assert [problem.what for problem in reading.problems] == ["gap margin"]


PLANNED = Config(batch_gib=1)
WIDTH = RowWidth(1024.0**2, 4 * 1024.0**2, 100)


def test_a_batch_plan_is_made_on_request() -> None:
    source = OneTail(FIRST, files=files(1), folder=FOLDER, width=WIDTH)
    found = values(Watching(PLANNED).cycle(source, NOW))
    assert found["memory_bytes", "arrow"] == 1000 * MIB
    assert found["memory_bytes", "pandas"] == 4000 * MIB
    assert (found["load_batches", "arrow"], found["load_batches", "pandas"]) == (1, 4)
    without = Watching().cycle(source, NOW)
    assert "row_width" not in source.asked
    assert not {"memory_bytes", "load_batches"} & {key[0] for key in values(without)}


def test_rows_are_sampled_anew_when_the_columns_or_a_quarter_of_the_rows_changed() -> None:
    watching = Watching(PLANNED)
    source = OneTail(FIRST, files=files(1), folder=FOLDER, width=WIDTH)
    watching.cycle(source, NOW)
    cases: Sequence[tuple[Tail, bool]] = (
        (idle(FIRST), False),
        (tail(fact(2), rows=1250), False),
        (tail(fact(3), rows=1251), True),
        (tail(fact(4), rows=1251, definitions=(definition(4, "a"),)), False),
        (tail(fact(5), rows=1251, definitions=(definition(5, "a", "b"),)), True),
        (tail(fact(6), rows=10), True),
        (tail(fact(7), rows=0), False),
    )
    for found, asked in cases:
        source.found = found
        watching.cycle(source, NOW)
        assert ("row_width" in source.asked) == asked, found.snapshot.version


def test_a_width_that_could_not_be_had_is_a_problem_and_tried_again_after_a_while() -> None:
    watching = Watching(PLANNED)
    source = OneTail(FIRST, files=files(1), folder=FOLDER, width=RowWidth(reason="r", mend="m"))
    first = watching.cycle(source, NOW)
    assert [(p.what, p.reason, p.mend) for p in first.problems] == [("batch plan", "r", "m")]
    source.found, source.width = idle(FIRST), WIDTH
    assert watching.cycle(source, NOW + 5 * HOUR).problems == first.problems
    assert watching.cycle(source, NOW + 6 * HOUR).problems == ()


def test_without_a_number_of_rows_there_is_no_plan() -> None:
    source = OneTail(replace(FIRST, snapshot=replace(FIRST.snapshot, rows=None)), width=WIDTH)
    reading = Watching(PLANNED).cycle(source, NOW)
    assert [problem.what for problem in reading.problems] == ["batch plan"]
    assert "row_width" not in source.asked


@dataclass
class Lake:
    """A real table, read cycle by cycle with what is kept of its live files."""

    uri: str
    watching: Watching = field(default_factory=Watching)
    kept: dict[str, State] = field(default_factory=dict)
    log_only: bool = False
    requests: int = 0

    def cycle(self, now: datetime | None = None) -> Values:
        return values(self.reading(now))

    def reading(self, now: datetime | None = None) -> Reading:
        return asyncio.run(self._read(now or datetime.now(UTC)))

    async def _read(self, now: datetime) -> Reading:
        async def load() -> Mapping[str, State]:
            return dict(self.kept)

        head = head_of(self.kept.get("head"))
        access = Access(Inline(), log_only=self.log_only)
        source = EmbeddedTable(self.uri, {}, access, now, head=head, load_states=load)
        reading = await self.watching.read(source, now)
        if kept := source.kept():
            for key in kept.drop:
                self.kept.pop(key, None)
            self.kept.update((state.key, state) for state in kept.put)
        self.requests = source.cost.requests
        return reading


@pytest.fixture
def uri(tmp_path: Path) -> str:
    return str(tmp_path / "posts")


def partitioned(first: int, last: int, language: str) -> pa.Table:
    table = rows(first, last)
    return table.append_column("language", pa.array([language] * table.num_rows))


def test_a_real_table_followed_commit_by_commit_is_the_same_as_one_read_at_once(uri: str) -> None:
    lake = Lake(uri)
    for start in range(1, 6):
        language = "en" if start % 2 else "de"
        table = partitioned(start * 100, start * 100 + start * 10, language)
        write_deltalake(uri, table, mode="append", partition_by=["language"])
        lake.cycle()
    DeltaTable(uri).create_checkpoint()
    DeltaTable(uri).optimize.compact()
    lake.cycle()
    DeltaTable(uri).delete("id < 200")
    DeltaTable(uri).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
    now = datetime.now(UTC)
    followed, at_once = lake.cycle(now + timedelta(hours=7)), Lake(uri).cycle(now)
    of_the_log = ("log_size_bytes", "log_files", "commits_since_checkpoint")
    assert {k: v for k, v in followed.items() if k[0] not in of_the_log} == {
        k: v for k, v in at_once.items() if k[0] not in of_the_log
    }
    assert at_once["commits_since_checkpoint",] == DeltaTable(uri).version() - 4
    assert at_once["partitions",] == 2
    assert at_once["small_files_ratio",] == 1
    assert at_once["last_vacuum_timestamp_seconds",] >= at_once["last_optimize_timestamp_seconds",]
    assert at_once["last_checkpoint_timestamp_seconds",] <= now.timestamp()


def test_an_idle_table_costs_one_request(uri: str) -> None:
    write_deltalake(uri, rows(1, 100))
    lake = Lake(uri, Watching(PLANNED))
    first = lake.cycle()
    write_deltalake(uri, rows(1, 10), mode="append")
    lake.cycle()
    # After some hours the log is listed once more: its folder was last seen a commit ago.
    for days, requests in ((0, 1), (1, 2), (2, 1), (100, 1)):
        told = lake.cycle(datetime.now(UTC) + timedelta(days=days))
        assert lake.requests == requests
    assert told.keys() == first.keys()
    assert lake.watching.written == 3


def test_a_commit_costs_its_own_request_and_the_listing(uri: str) -> None:
    write_deltalake(uri, rows(1, 100))
    lake = Lake(uri)
    lake.cycle()
    write_deltalake(uri, rows(1, 10), mode="append")
    lake.cycle()
    assert lake.requests == 2


def test_deletion_vectors_are_counted_in_rows_and_files(tmp_path: Path) -> None:
    log = Log(tmp_path / "posts")
    birth = (
        protocol(3, 7, readerFeatures=["deletionVectors"], writerFeatures=["deletionVectors"]),
        metadata(),
    )
    log.commit(0, *birth, info("CREATE TABLE"))
    log.commit(1, info("WRITE"), add("a", 8, deletionVector=vector(0, 3)), add("b", 8))
    lake = Lake(log.uri)
    found = lake.cycle()
    assert (found["deleted_rows_ratio",], found["deletion_vector_files",]) == (2 / 16, 1)
    assert lake.cycle() == found


def test_a_small_real_table_is_planned_from_a_sample_of_its_rows(uri: str) -> None:
    write_deltalake(uri, partitioned(1, 1000, "en"), partition_by=["language"])
    write_deltalake(uri, partitioned(1001, 1500, "de"), mode="append")
    table = DeltaTable(uri).to_pyarrow_table()
    found = Lake(uri, Watching(PLANNED)).cycle()
    assert found["memory_bytes", "arrow"] == pytest.approx(table.nbytes, rel=0.1)
    assert found["memory_bytes", "pandas"] > found["memory_bytes", "arrow"]
    assert found["load_batches", "pandas"] == 1


def test_with_the_log_alone_there_is_no_batch_plan_but_all_else(uri: str) -> None:
    write_deltalake(uri, rows(1, 100))
    reading = Lake(uri, Watching(PLANNED), log_only=True).reading()
    (problem,) = reading.problems
    assert (problem.what, problem.state) == ("batch plan", "not_assessed")
    assert "log_only" in problem.mend
    assert values(reading) == Lake(uri, log_only=True).cycle()


def test_data_files_that_are_gone_are_a_problem_of_the_plan_alone(tmp_path: Path) -> None:
    log = Log(tmp_path / "posts")
    log.commit(0, *BIRTH, info("WRITE"), add("a", 8))
    reading = Lake(log.uri, Watching(PLANNED)).reading()
    assert [problem.what for problem in reading.problems] == ["batch plan"]
    assert values(reading)["small_files_ratio",] == 1
