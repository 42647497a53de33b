"""Replays of real tables into a store that cycles have written."""

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from deltalake import DeltaTable, write_deltalake
from structlog.testing import capture_logs

from limnograph.replay.plan import CLEANED, OLDER, Lost
from limnograph.replay.results import Ending
from limnograph.store import Store, open_store
from monitors import ingestion, schema
from tests.limnograph.replay.house import House, Killed, KilledAfter, Meter, Rows, told
from tests.monitors.cycles import rows
from tests.monitors.delta.log_builder import BIRTH, FEED, Log, add, info, metadata, protocol, remove
from tests.monitors.delta.log_builder import vector as vector_of
from tests.monitors.delta.twins import Twins

UNTOUCHED = ("cursor", "series", "point", "outcome", "state", "rollup")
"""What no replay may change."""


@pytest.fixture
def house(tmp_path: Path, store_url: str, store: Store) -> House:
    return House(tmp_path / "posts", store_url, store)


@pytest.fixture
def fed(house: House) -> House:
    """Appends, an update, a delete and a merge of a table with a change feed, read by a cycle."""
    uri = str(house.uri)
    write_deltalake(uri, rows(1, 5), configuration=FEED)
    write_deltalake(uri, rows(6, 8), mode="append")
    DeltaTable(uri).update(updates={"name": "'x'"}, predicate="id <= 3")
    DeltaTable(uri).delete("id = 4")
    (
        DeltaTable(uri)
        .merge(rows(8, 9), "t.id = s.id", source_alias="s", target_alias="t")
        .when_matched_update_all()
        .when_not_matched_insert_all()
        .execute()
    )
    DeltaTable(uri).optimize.compact()
    house.cycle()
    return house


def many(house: House, commits: int = 10) -> House:
    """A table whose commits insert as many rows as their version says, read by a cycle."""
    log = Log(house.uri).commits([*BIRTH, info("CREATE TABLE")])
    for version in range(1, commits):
        log.commit(version, info("WRITE"), add(f"f{version}", version))
    house.cycle()
    return house


def posts(found: Rows) -> Rows:
    """The rows that are about the table."""
    return [row for row in found if row[0] == "table:posts"]


def facts(house: House) -> list[tuple[int, int | None, int | None, int | None]]:
    return [(f.version, f.inserted, f.updated, f.deleted) for f in house.store.facts("table:posts")]


def test_what_is_replayed_is_as_it_was_and_nothing_at_all_is_written(fed: House) -> None:
    before = fed.rows()
    revision = fed.store.revision()
    for _ in range(2):
        found = fed.replay()
        assert told(found) == {"done": 6, "unchanged": 6}
        assert found.whole
    assert fed.rows() == before
    assert fed.store.revision() == revision


def test_a_tampered_fact_is_corrected_and_told_and_its_buckets_follow(
    fed: House, tmp_path: Path
) -> None:
    untouched = fed.rows(*UNTOUCHED)
    before = fed.rows("commit_fact", "bucket")
    fed.tamper("UPDATE commit_fact SET deleted = 77, net = -77 WHERE version = 3")
    fed.tamper("UPDATE bucket SET deleted = 77")
    found = fed.replay()
    assert told(found) == {"done": 6, "unchanged": 5, "changed": 1}
    assert found.changed[0]["changed"] == {
        "deleted": {"before": 77, "after": 1},
        "net": {"before": -77, "after": -1},
    }
    assert fed.rows("commit_fact", "bucket") == before
    assert fed.rows(*UNTOUCHED) == untouched
    assert "table:posts" in fed.store.changed_since(0)[1]


@pytest.mark.slow
def test_a_fact_moved_in_time_is_found_by_its_day_and_both_days_are_right_again(
    fed: House,
) -> None:
    before = fed.rows("commit_fact", "bucket")
    fed.tamper("UPDATE commit_fact SET at = at - 86400000000 WHERE version = 1")
    fed.tamper("UPDATE bucket SET start = start - 86400000000")
    yesterday = fed.now - timedelta(days=1, hours=12)
    found = fed.replay(f"{yesterday:%Y-%m-%dT%H:%M}Z")
    assert [one["version"] for one in found.changed] == [1]
    assert fed.rows("commit_fact", "bucket") == before


@pytest.mark.slow
def test_a_fact_that_was_lost_is_added(fed: House) -> None:
    before = fed.rows("commit_fact", "bucket")
    fed.tamper("DELETE FROM commit_fact WHERE version IN (0, 5)")
    fed.tamper("DELETE FROM bucket")
    assert told(fed.replay()) == {"done": 6, "unchanged": 4, "added": 2}
    assert fed.rows("commit_fact") == {"commit_fact": before["commit_fact"]}


@pytest.mark.slow
def test_the_store_is_as_one_that_read_the_table_from_scratch(fed: House, tmp_path: Path) -> None:
    fed.tamper("UPDATE commit_fact SET inserted = NULL, exact = (1 = 0), reason = 'no_metrics'")
    fed.tamper("DELETE FROM bucket")
    fed.tamper("DELETE FROM definition")
    fed.tamper("DELETE FROM event")
    fed.replay()
    url = f"sqlite:///{tmp_path / 'scratch.db'}"
    with open_store(url) as scratch:
        other = House(fed.uri, url, scratch, now=fed.now)
        other.cycle()
        for name in ("commit_fact", "bucket", "definition", "cursor"):
            assert fed.rows(name) == other.rows(name)


@pytest.mark.slow
def test_days_are_those_of_the_table(fed: House) -> None:
    fed.time_zone = "Pacific/Kiritimati"  # 14 hours ahead
    local = fed.now + timedelta(hours=14)
    assert fed.replay(f"{local:%Y-%m-%d}", f"{local:%Y-%m-%d}").done == 6
    assert fed.replay("2020-01-01", "2020-01-01").done == 0


@pytest.mark.slow
def test_versions_are_replayed_without_reading_the_others(house: House) -> None:
    many(house, 40)
    found = house.replay("v35", "v36")
    assert (found.versions, told(found)) == ((35, 36), {"done": 2, "unchanged": 2})


@pytest.mark.slow
def test_commits_whose_times_go_backwards_are_chosen_one_by_one(house: House) -> None:
    log = Log(house.uri)
    for version, minutes in enumerate((0, 50, 10, 40)):
        actions = [] if version else [*BIRTH]
        at = 1_770_000_000 + 60 * minutes
        log.commit(version, *actions, add(f"f{version}", 1), at=at)
    house.cycle()
    found = house.replay("2026-02-02T03:10:00Z", "2026-02-02T03:25:00Z")
    assert found.versions == (3,)
    found = house.replay("2026-02-02T03:10:00Z", "2026-02-02T03:31:00Z")
    assert (found.versions, found.done) == ((1, 3), 2)


def test_vacuumed_change_data_leaves_the_exact_fact_that_was_stored(fed: House) -> None:
    before = fed.rows()
    shutil.rmtree(fed.uri / "_change_data")
    found = fed.replay()
    assert [one["version"] for one in found.kept] == [2]
    assert found.kept[0]["kept"]["exact"] == {"stored": True, "recomputed": False}
    assert found.kept[0]["why"] == "the files that hold the commit's changes have been vacuumed"
    assert told(found) == {"done": 6, "unchanged": 5, "kept": 1}
    assert not found.whole
    assert fed.rows() == before


@pytest.mark.slow
def test_reading_the_log_only_keeps_what_change_data_told(fed: House) -> None:
    before = fed.rows()
    fed.log_only = True
    assert [one["version"] for one in fed.replay().kept] == [2]
    assert fed.rows() == before


@pytest.mark.slow
def test_what_was_unknown_is_known_once_change_data_can_be_read(fed: House) -> None:
    right = fed.rows("commit_fact", "bucket")
    fed.tamper(
        "UPDATE commit_fact SET updated = 9, source = 'log', exact = (1 = 0), "
        "reason = 'unreadable_feed' WHERE version = 2"
    )
    found = fed.replay()
    assert [one["version"] for one in found.changed] == [2]
    assert found.changed[0]["why"].startswith("it can be told now; when it was stored, the files")
    assert fed.rows("commit_fact", "bucket") == right


def test_a_cleaned_log_leaves_what_is_stored_of_it(house: House) -> None:
    uri = str(house.uri)
    for number in range(6):
        write_deltalake(uri, rows(number, number), mode="append")
    house.cycle()
    DeltaTable(uri).create_checkpoint()
    for version in range(4):
        (house.uri / "_delta_log" / f"{version:020d}.json").unlink()
    before = house.rows()
    for start in ("start", "v0", f"{house.now - timedelta(days=1):%Y-%m-%d}"):
        found = house.replay(start)
        assert found.lost == (Lost(0, 3, 4, CLEANED),)
        assert (found.versions, found.done) == ((4, 5), 2)
        assert house.rows() == before


@pytest.mark.slow
def test_a_commit_that_is_broken_by_now_leaves_what_is_stored_of_it(house: House) -> None:
    many(house)
    (house.uri / "_delta_log" / f"{4:020d}.json").write_text('{"add": {"path": 1}}')
    before = house.rows()
    for start in ("start", "2026-02-01"):
        found = house.replay(start)
        assert [(one.first, one.last, one.stored) for one in found.lost] == [(4, 4, 1)]
        assert "cannot be read" in found.lost[0].reason
        assert (found.done, len(found.changed)) == (9, 0)
        assert house.rows() == before


@pytest.mark.slow
def test_deletion_vectors_are_counted_again(house: House) -> None:
    born = (protocol(3, 7, readerFeatures=["deletionVectors"], writerFeatures=["deletionVectors"]),)
    Log(house.uri).commits(
        [*born, metadata(), info("WRITE"), add("f", 10)],
        [info("DELETE"), remove("f"), add("f", 10, deletionVector=vector_of(1, 4))],
    )
    house.cycle()
    assert facts(house) == [(0, 10, 0, 0), (1, 0, 0, 2)]
    house.tamper("UPDATE commit_fact SET deleted = 0, net = 0 WHERE version = 1")
    assert [one["version"] for one in house.replay().changed] == [1]
    assert facts(house) == [(0, 10, 0, 0), (1, 0, 0, 2)]


@pytest.mark.slow
@pytest.mark.parametrize("seen_by_a_cycle", [False, True])
def test_an_older_table_under_the_name_is_left_alone(house: House, seen_by_a_cycle: bool) -> None:
    uri = str(house.uri)
    for number in range(3):
        write_deltalake(uri, rows(number, number), mode="append")
    house.cycle()
    shutil.rmtree(uri)
    write_deltalake(uri, rows(1, 2))
    if seen_by_a_cycle:
        house.cycle()
    before = house.rows()
    found = house.replay()
    if seen_by_a_cycle:
        assert found.lost == (Lost(0, 2, 3, OLDER),)
        assert (found.ending, found.done) == (Ending.REPLAYED, 1)
    else:
        assert (found.ending, found.done) == (Ending.NOT_ASSESSED, 0)
        assert "another table lies there" in found.reason
        assert "limnograph run" in found.mend
    assert house.rows() == before


@pytest.mark.slow
def test_a_table_that_was_never_read_has_nothing_to_recompute(house: House) -> None:
    write_deltalake(str(house.uri), rows(1, 2))
    found = house.replay()
    assert (found.ending, found.reason.partition(",")[0]) == (
        Ending.NOT_ASSESSED,
        "it was never read",
    )


def test_commits_that_no_cycle_has_counted_are_left_to_it(house: House) -> None:
    many(house, 3)
    Log(house.uri).commit(3, info("WRITE"), add("new", 1))
    assert told(house.replay()) == {"done": 3, "unchanged": 3, "newer": 1}
    assert [version for version, *_ in facts(house)] == [0, 1, 2]


def test_a_dry_run_says_what_it_would_read_and_writes_nothing(fed: House) -> None:
    fed.tamper("UPDATE commit_fact SET inserted = 99 WHERE version = 1")
    before = fed.rows()
    found = fed.replay("v1", "v4", dry_run=True)
    assert (found.ending, found.versions, found.done) == (Ending.PLANNED, (1, 2, 3, 4), 0)
    assert found.foreseen is not None
    # Three lists, the commits from the first one on, and whether it is still the same table.
    assert found.foreseen.requests == 3 + 5 + 1
    sizes = [(fed.uri / "_delta_log" / f"{v:020d}.json").stat().st_size for v in range(5)]
    assert found.foreseen.bytes == sum(sizes)
    assert fed.rows() == before


def test_a_table_that_cannot_be_read_ends_with_its_reason(fed: House) -> None:
    before = fed.rows()
    (fed.uri / "_delta_log").rename(fed.uri / "gone")
    with capture_logs() as logs:
        found = fed.replay()
    assert [(line["event"], line["table"]) for line in logs] == [("could not be replayed", "posts")]
    assert (found.ending, found.done) == (Ending.ERROR, 0)
    assert "is not a Delta table" in found.reason
    assert fed.rows() == before


def killed(house: House, commits: int) -> None:
    with pytest.raises(BaseExceptionGroup) as caught:
        house.untold(block=4, progress=KilledAfter(commits=commits))
    assert caught.group_contains(Killed)


def test_the_same_command_goes_on_where_it_was_killed(house: House) -> None:
    many(house, 20)
    house.tamper("UPDATE commit_fact SET inserted = 99 WHERE version IN (2, 13)")
    killed(house, 8)
    assert facts(house)[2] == (2, 2, 0, 0)
    meter = Meter()
    found = house.replay(block=4, progress=meter)
    assert (meter.planned_commits, meter.done_commits) == (20, 20)
    # The change that the killed one made is told by the one that goes on.
    assert [one["version"] for one in found.changed] == [2, 13]
    assert told(found) == {"done": 20, "unchanged": 18, "changed": 2, "resumed": 8}
    assert told(house.replay(block=4)) == {"done": 20, "unchanged": 20}
    assert house.rows("state")["state"] == [
        row for row in house.rows("state")["state"] if row[1] != "replay"
    ]


@dataclass
class Disturbed(Meter):
    """Does something to the table once the first block is done."""

    disturb: Callable[[], object] = lambda: None

    def done(self, commits: int) -> None:
        super().done(commits)
        if self.done_commits == commits:
            self.disturb()


@pytest.mark.slow
def test_a_table_recreated_between_two_blocks_gives_its_facts_to_nobody(house: House) -> None:
    many(house, 12)
    before = house.rows("commit_fact", "bucket", "definition", "event")

    def recreate() -> None:
        shutil.rmtree(house.uri)
        Log(house.uri).commits(*[[*BIRTH, add(f"n{n}", 1000)] for n in range(12)])

    found = house.replay(block=4, progress=Disturbed(disturb=recreate))
    assert (found.ending, found.done) == (Ending.NOT_ASSESSED, 4)
    assert "lay there meanwhile" in found.reason
    assert house.rows("commit_fact", "bucket", "definition", "event") == before


@pytest.mark.slow
def test_what_was_done_before_a_table_went_away_stays_and_is_told(house: House) -> None:
    many(house, 12)
    house.tamper("UPDATE commit_fact SET inserted = 99 WHERE version = 2")
    log, aside = house.uri / "_delta_log", house.uri / "aside"
    gone = Disturbed(disturb=lambda: log.rename(aside))
    with capture_logs():
        found = house.replay(block=4, progress=gone)
    assert (found.ending, found.done, len(found.changed)) == (Ending.ERROR, 4, 1)
    aside.rename(log)
    assert told(house.replay(block=4)) == {
        "done": 12,
        "unchanged": 11,
        "changed": 1,
        "resumed": 4,
    }


@pytest.mark.slow
def test_another_command_begins_anew_and_so_does_the_same_after_a_day(house: House) -> None:
    many(house, 20)
    house.tamper("UPDATE commit_fact SET inserted = 99 WHERE version = 2")
    killed(house, 8)
    assert told(house.replay(end="v19", block=4)) == {"done": 20, "unchanged": 20}
    house.now += timedelta(days=1)
    assert told(house.replay(block=4)) == {"done": 20, "unchanged": 19, "changed": 1}


@pytest.mark.slow
def test_a_restart_does_again_what_was_done(house: House) -> None:
    many(house, 20)
    killed(house, 8)
    house.tamper("UPDATE commit_fact SET inserted = 99 WHERE version = 2")
    found = house.replay(block=4, restart=True)
    assert told(found) == {"done": 20, "unchanged": 19, "changed": 1}


@pytest.mark.slow
def test_facts_older_than_their_retention_are_not_brought_back(house: House) -> None:
    log = Log(house.uri)
    for version in range(4):
        actions = [] if version else [*BIRTH]
        log.commit(version, *actions, add(f"f{version}", 1), at=1_770_000_000 + 86_400 * version)
    house.cycle()
    house.tamper("UPDATE subject SET facts_since = 1770172800000000")  # the time of version 2
    house.tamper("DELETE FROM commit_fact WHERE version < 2")
    before = house.rows()
    found = house.replay()
    assert [(one.first, one.last, one.reason) for one in found.lost] == [
        (0, 1, "older than the retention of facts")
    ]
    assert told(found) == {"done": 2, "unchanged": 2, "lost": 2}
    assert house.rows() == before


@pytest.mark.slow
def test_definitions_and_their_events_come_back(house: House) -> None:
    uri = str(house.uri)
    write_deltalake(uri, rows(1, 2))
    DeltaTable(uri).alter.set_table_properties({"delta.appendOnly": "true"})
    house.cycle()
    before = house.rows("definition")
    events = {(row.kind, row.key, row.message) for row in house.store.events()}
    assert len(before["definition"]) == 2
    house.tamper("DELETE FROM definition WHERE version = 1")
    house.tamper("DELETE FROM event")
    found = house.replay(monitors=(schema.MONITOR,))
    assert [(one["what"], one["version"]) for one in found.added] == [("definition", 1)]
    assert len(found.events) == len(events) > 0
    assert house.rows("definition") == before
    assert {(row.kind, row.key, row.message) for row in house.store.events()} == events
    assert told(house.replay()) == {"done": 2, "unchanged": 2}


@pytest.mark.slow
def test_a_later_block_knows_the_definition_it_begins_with(house: House) -> None:
    many(house, 10)
    schema_of = metadata({"delta.appendOnly": "true"})
    Log(house.uri).commit(10, info("SET TBLPROPERTIES"), schema_of)
    house.cycle()
    before = house.rows()
    assert told(house.replay(block=4)) == {"done": 11, "unchanged": 11}
    assert house.rows() == before


@pytest.mark.slow
def test_a_window_after_cleaned_commits_defines_nothing_new(house: House) -> None:
    uri = str(house.uri)
    for number in range(6):
        write_deltalake(uri, rows(number, number), mode="append")
    house.cycle()
    DeltaTable(uri).create_checkpoint()
    for version in range(3):
        (house.uri / "_delta_log" / f"{version:020d}.json").unlink()
    before = house.rows("definition", "event", "commit_fact")
    house.replay(monitors=(schema.MONITOR, ingestion.MONITOR))
    assert house.rows("definition", "event", "commit_fact") == before


@pytest.mark.slow
def test_two_replays_and_a_cycle_at_once_end_in_the_same_store(
    house: House, run_at_once: Callable[..., None]
) -> None:
    many(house, 40)
    before = house.rows()
    house.tamper("UPDATE commit_fact SET inserted = 99")
    run_at_once(
        lambda: house.untold(block=4),
        lambda: house.untold(block=4),
        house.cycle,
    )
    house.replay(block=4)
    after = house.rows()
    for name in ("commit_fact", "bucket", "definition", "event"):
        assert after[name] == before[name]
    assert posts(after["cursor"]) == posts(before["cursor"])


@pytest.fixture
def run_at_once() -> Callable[..., None]:
    from concurrent.futures import ThreadPoolExecutor

    def run(*functions: Callable[[], object]) -> None:
        with ThreadPoolExecutor(len(functions)) as pool:
            for future in [pool.submit(function) for function in functions]:
                future.result()

    return run


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_whatever_was_written_a_replay_finds_what_the_cycles_found(
    tmp_path: Path, store_url: str, store: Store, seed: int
) -> None:
    rng = random.Random(seed)
    twins = Twins(tmp_path, rng)
    house = House(Path(twins.table), store_url, store)
    for _ in range(15):
        twins.step()
        if rng.random() < 0.4:
            house.cycle()
    house.cycle()
    before = house.rows()
    for block in (1, 3, 100):
        found = house.replay(block=block)
        assert (found.findings, found.lost, found.events) == ((), (), ())
        assert found.done == found.unchanged == len(facts(house))
    assert house.rows() == before
