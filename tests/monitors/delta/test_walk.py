"""Walking a log commit by commit: facts, holes, what is lost and what a checkpoint makes up for."""

import json
from pathlib import Path
from typing import Any

import pytest

from monitors.core import CommitFact, EventTime, Tail
from monitors.errors import UnreadableError
from tests.monitors.cycles import Cycles, changes, kinds
from tests.monitors.delta.log_builder import (
    BIRTH,
    FEED,
    Action,
    Log,
    add,
    cdc,
    info,
    metadata,
    protocol,
    remove,
    vector,
)
from tests.monitors.delta.written import field, mapped, schema_string

VECTORS = protocol(3, 7, readerFeatures=["deletionVectors"], writerFeatures=["deletionVectors"])
MERGED = {"numTargetRowsInserted": "2", "numTargetRowsUpdated": "3", "numTargetRowsDeleted": "1"}
REWRITE = (add("new", 5), remove("old"))


def read(log: Log, **how: Any) -> Tail:
    """A first read that reads no data: every number comes from the log."""
    return Cycles(log.uri, log_only=True, **how).run()


def fact(log: Log, version: int) -> CommitFact:
    return next(fact for fact in read(log).commits if fact.version == version)


def counts(log: Log, version: int) -> tuple[int | None, int | None, int | None, bool]:
    found = fact(log, version)
    return found.inserted, found.updated, found.deleted, found.exact


def test_a_commit_is_told_with_its_files_and_bytes(log: Log) -> None:
    log.commits([*BIRTH, add("a", 3, size=30)], [info("DELETE"), add("b", 1, size=7), remove("a")])
    found = fact(log, 1)
    assert (found.operation, found.changes_data) == ("DELETE", True)
    assert (found.bytes_added, found.bytes_removed) == (7, 30)
    assert (found.files_added, found.files_removed) == (1, 1)


def test_a_remove_without_size_statistics_and_partition_is_known_from_its_add(log: Log) -> None:
    log.commits([*BIRTH, add("a", 3, size=30)], [info("TRUNCATE"), remove("a")])
    found = fact(log, 1)
    assert (found.deleted, found.bytes_removed, found.exact) == (3, 30, True)


def test_an_unknown_size_makes_the_bytes_unknown_and_nothing_else(log: Log) -> None:
    log.commits([*BIRTH, add("a", 3, size="big"), add("b", 4)])
    tail = read(log)
    assert (tail.commits[0].bytes_added, tail.snapshot.size_bytes) == (None, None)
    assert (tail.commits[0].inserted, tail.snapshot.rows) == (7, 7)
    assert [problem.what for problem in tail.problems] == ["size_bytes"]
    assert "1 of 2 files" in tail.problems[0].reason


def test_absurd_sizes_make_totals_unknown_rather_than_wrong(log: Log) -> None:
    log.commits([*BIRTH, add("a", 3, size=2**63 - 1), add("b", 4, size=2**63 - 1)])
    tail = read(log)
    assert (tail.commits[0].bytes_added, tail.snapshot.size_bytes) == (None, None)
    assert tail.snapshot.rows == 7


def test_maintenance_changes_nothing_but_files(log: Log) -> None:
    log.commits(
        [*BIRTH, add("a", 3), add("b", 4)],
        [
            info("OPTIMIZE"),
            add("c", 7, dataChange=False),
            remove("a", dataChange=False),
            remove("b", dataChange=False),
        ],
    )
    tail = read(log)
    assert changes(tail)[1] == (1, 0, 0, 0)
    assert not tail.commits[1].changes_data
    assert (tail.snapshot.rows, tail.snapshot.files) == (7, 1)


def test_statistics_recomputed_for_a_live_file_change_no_row(log: Log) -> None:
    log.commits(
        [*BIRTH, add("a")], [info("COMPUTE STATS"), add("a", 3, dataChange=False, size=101)]
    )
    tail = read(log)
    assert (tail.snapshot.rows, tail.snapshot.files, tail.snapshot.size_bytes) == (3, 1, 101)
    assert changes(tail)[1] == (1, 0, 0, 0)


def test_a_file_added_twice_in_one_commit_is_one_file(log: Log) -> None:
    log.commits(BIRTH, [add("a", 3), add("a", 3), add("./a", 3)])
    tail = read(log)
    assert (tail.snapshot.rows, tail.snapshot.files, tail.snapshot.size_bytes) == (3, 1, 100)
    assert (tail.commits[1].inserted, tail.commits[1].files_added) == (3, 1)


def test_a_path_is_the_same_file_encoded_or_not_relative_or_absolute(log: Log) -> None:
    log.commits(
        [*BIRTH, add("p=a b/x", 1), add("p=c%2520d/y", 2), add("z%20z", 4)],
        [info("DELETE"), remove("p=a%20b/x"), remove(f"file://{log.uri}/z%20z")],
    )
    tail = read(log)
    assert (tail.snapshot.rows, changes(tail)[1]) == (2, (1, 0, 0, 5))


def test_files_outside_the_table_are_files_like_others(log: Log) -> None:
    log.commits(
        [*BIRTH, info("CLONE"), add("file:///elsewhere/a", 3), add("s3://bucket/b%20c", 4)],
        [info("DELETE"), remove("/elsewhere/a"), remove("s3a://bucket/b%20c")],
    )
    assert changes(read(log)) == [(0, 7, 0, 0), (1, 0, 0, 7)]


def test_removing_what_was_never_there_is_not_exact(log: Log) -> None:
    log.commits([*BIRTH, add("a", 3)], [info("DELETE"), remove("b"), remove("a")])
    found = fact(log, 1)
    assert (found.deleted, found.exact, found.reason) == (None, False, "unknown_files")
    log.commit(1, info("DELETE"), remove("b", stats='{"numRecords":2}'), remove("a"))
    found = fact(log, 1)
    assert (found.deleted, found.exact, found.reason) == (5, False, "unknown_files")


def test_a_first_vector_deletes_its_rows(log: Log) -> None:
    log.commits(
        [VECTORS, metadata(), add("a", 9)],
        [info("DELETE"), remove("a"), add("a", 9, deletionVector=vector(1, 2))],
    )
    tail = read(log)
    assert changes(tail)[1] == (1, 0, 0, 2)
    assert tail.commits[1].exact
    assert tail.snapshot.rows == 7


def test_vectors_without_new_files_are_exact_whatever_wrote_them(log: Log) -> None:
    log.commits(
        [VECTORS, metadata(), add("a", 9), add("b", 4)],
        [remove("a"), add("a", 9, deletionVector=vector(1, 2)), remove("b")],
    )
    assert counts(log, 1) == (0, 0, 6, True)


def test_a_second_vector_is_compared_row_by_row_where_data_may_be_read(log: Log) -> None:
    old, new = vector(1, 2, 3), vector(3, 4)
    log.commits(
        [VECTORS, metadata(FEED), add("a", 9, deletionVector=old)],
        [remove("a", deletionVector=old), add("a", 9, deletionVector=new)],
    )
    assert counts(log, 1) == (1, 0, 0, False)
    found = Cycles(log.uri).run().commits[1]
    assert (found.inserted, found.updated, found.deleted) == (2, 0, 1)
    assert (found.source, found.exact) == ("feed", True)


def test_a_remove_that_does_not_name_the_vector_removes_another_file(log: Log) -> None:
    old = vector(1, 2)
    log.commits(
        [VECTORS, metadata(), add("a", 9, deletionVector=old)], [info("DELETE"), remove("a")]
    )
    tail = read(log)
    assert (tail.snapshot.rows, tail.commits[1].exact) == (7, False)


def test_a_restore_that_lifts_a_vector_inserts_its_rows(log: Log) -> None:
    old = vector(1, 2)
    log.commits(
        [VECTORS, metadata(), add("a", 9, deletionVector=old)],
        [info("RESTORE"), remove("a", deletionVector=old), add("a", 9)],
    )
    assert counts(log, 1) == (2, 0, 0, True)
    assert read(log).snapshot.rows == 9


def test_the_log_says_whether_a_feed_was_kept_at_each_version(log: Log) -> None:
    log.commits(
        [*BIRTH, add("old", 4)],
        [info("MERGE", MERGED), *REWRITE],
        [metadata(FEED), info("SET TBLPROPERTIES")],
        [info("MERGE", {}), add("old", 4), remove("new")],
        [metadata(), info("UNSET TBLPROPERTIES")],
        [info("MERGE", MERGED), *REWRITE],
    )
    tail = read(log)
    assert changes(tail) == [
        (0, 4, 0, 0),
        (1, 2, 3, 1),
        (2, 0, 0, 0),
        (3, 4, 0, 5),
        (4, 0, 0, 0),
        (5, 2, 3, 1),
    ]
    assert all(fact.exact for fact in tail.commits)
    assert kinds(tail) == ["feed_on", "feed_off"]


def test_change_files_count_even_where_the_property_is_off(log: Log) -> None:
    log.commits([*BIRTH, add("old", 5)], [info("UPDATE"), *REWRITE, cdc("_change_data/c")])
    found = fact(log, 1)
    assert (found.updated, found.exact, found.reason) == (None, False, "no_metrics")


def test_a_change_file_that_is_none_makes_the_feed_unreadable_and_nothing_else(log: Log) -> None:
    log.commits([*BIRTH, add("old", 5)], [info("UPDATE"), *REWRITE, {"cdc": "a file"}])
    tail = Cycles(log.uri).run()
    assert (tail.snapshot.rows, tail.commits[1].exact) == (5, False)
    assert tail.commits[1].reason in ("unreadable_feed", "vacuumed")


def test_protocol_upgrades_on_the_way_do_not_matter_until_they_ask_too_much(log: Log) -> None:
    log.commits([*BIRTH, add("a", 3)], [protocol(2, 5)], [VECTORS], [add("b", 4)])
    assert read(log).snapshot.rows == 7
    log.commit(4, protocol(4, 9))
    with pytest.raises(UnreadableError, match="asks for reader version 4"):
        read(log)


def test_a_hole_that_nothing_bridges_makes_the_table_unreadable(log: Log) -> None:
    log.commits([*BIRTH, add("a", 3)])
    log.commit(3, add("b", 4))
    with pytest.raises(UnreadableError, match="lacks version 1, and no later checkpoint"):
        read(log)


def test_a_hole_bridged_by_a_checkpoint_is_told_and_counted_as_nothing(log: Log) -> None:
    log.commits([*BIRTH, add("a", 3)])
    log.commit(3, add("b", 4))
    log.checkpoint(3, *BIRTH, add("a", 3), add("x", 10), add("b", 4))
    log.commit(4, add("c", 5))
    tail = read(log)
    assert (changes(tail), tail.snapshot.rows) == ([(0, 3, 0, 0), (3, 4, 0, 0), (4, 5, 0, 0)], 22)
    assert [(event.kind, event.key) for event in tail.events] == [("log_cleaned", "1-2")]


def test_a_hole_seen_by_a_later_cycle_is_a_gap_too(log: Log) -> None:
    log.commits([*BIRTH, add("a", 3)])
    cycles = Cycles(log.uri, log_only=True)
    cycles.run()
    log.commit(2, add("b", 4))
    log.checkpoint(2, *BIRTH, add("a", 3), add("x", 10), add("b", 4))
    tail = cycles.run()
    assert (kinds(tail), tail.events[0].key) == (["log_cleaned"], "1-1")
    assert (changes(tail), tail.snapshot.rows) == ([(2, 4, 0, 0)], 17)
    assert kinds(cycles.run()) == []


def test_a_checkpoint_newer_than_the_last_commit_is_the_head(log: Log) -> None:
    log.commits([*BIRTH, add("a", 3)])
    log.checkpoint(5, *BIRTH, add("a", 3), add("x", 10))
    cycles = Cycles(log.uri, log_only=True)
    first = cycles.run()
    assert (first.snapshot.version, first.snapshot.rows) == (5, 13)
    again = cycles.run()
    assert (kinds(again), changes(again), again.snapshot.rows) == ([], [], 13)
    log.commit(6, add("b", 4))
    assert changes(cycles.run()) == [(6, 4, 0, 0)]


def test_a_hole_is_bridged_by_compacted_logs_that_overlap(log: Log) -> None:
    log.commits([*BIRTH, add("a", 3)], [add("b", 4)])
    log.compacted(1, 4, add("b", 4), add("c", 5), remove("a"))
    log.compacted(3, 5, add("c", 5), add("d", 6))
    log.compacted(4, 9, add("never", 1000))
    log.commit(6, add("e", 7))
    tail = read(log)
    assert (tail.snapshot.rows, tail.snapshot.files) == (22, 4)
    assert [fact.version for fact in tail.commits] == [0, 1, 6]
    assert [event.key for event in tail.events] == ["2-5"]


def test_a_hole_is_bridged_by_a_checkpoint_within_it_and_a_compacted_log(log: Log) -> None:
    log.commits([*BIRTH, add("a", 3)])
    log.checkpoint(3, *BIRTH, add("x", 10))
    log.compacted(2, 5, add("x", 10), add("y", 20))
    log.commit(6, add("e", 7))
    tail = read(log)
    assert (tail.snapshot.rows, [event.key for event in tail.events]) == (37, ["1-5"])


def test_a_log_that_starts_at_its_checkpoint_goes_on_over_a_compacted_hole(log: Log) -> None:
    log.checkpoint(4, *BIRTH, add("a", 3))
    log.commit(4, add("a", 3))
    log.compacted(5, 5, remove("a"), add("b", 4))
    log.commit(6, add("c", 5))
    assert read(log).snapshot.rows == 9


def test_a_hole_that_compacted_logs_only_narrow_stays_one(log: Log) -> None:
    log.commits([*BIRTH, add("a", 3)])
    log.compacted(1, 2, add("b", 4))
    log.commit(4, add("e", 7))
    with pytest.raises(UnreadableError, match="lacks version 3"):
        read(log)


def test_a_broken_compacted_log_is_passed_over(log: Log) -> None:
    log.commits([*BIRTH, add("a", 3)])
    log.compacted(1, 1).write_text("{nonsense")
    log.commit(2, add("b", 4))
    with pytest.raises(UnreadableError, match="lacks version 1"):
        read(log)
    log.checkpoint(2, *BIRTH, add("a", 3), add("b", 4))
    assert read(log).snapshot.rows == 7


def test_a_compacted_log_beside_its_commits_is_not_needed(log: Log) -> None:
    log.commits([*BIRTH, add("a", 3)], [add("b", 4)])
    log.compacted(0, 1).write_text("{nonsense")
    assert read(log).snapshot.rows == 7


def test_a_broken_commit_under_a_checkpoint_costs_its_own_counts_only(log: Log) -> None:
    log.commits([*BIRTH, add("a", 3)], [add("b", 4)], [add("c", 5)])
    log.text(1, '{"add":{"path"')
    log.checkpoint(2, *BIRTH, add("a", 3), add("b", 4), add("c", 5))
    log.commit(3, info("DELETE"), remove("b"))
    tail = read(log)
    assert (tail.snapshot.rows, changes(tail)) == (8, [(0, 3, 0, 0), (2, 5, 0, 0), (3, 0, 0, 4)])
    (problem,) = tail.problems
    assert (problem.what, problem.state) == ("version 1", "error")
    assert "00001.json:1 is not JSON" in problem.reason
    assert problem.mend
    assert [event.key for event in tail.events] == ["1-1"]


def test_a_broken_commit_after_the_last_checkpoint_makes_the_table_unreadable(log: Log) -> None:
    log.commits([*BIRTH, add("a", 3)], [add("b", 4)], [add("c", 5)])
    log.text(1, '{"add":{"path"')
    log.text(2, "")
    log.checkpoint(1, *BIRTH, add("a", 3), add("b", 4))
    with pytest.raises(UnreadableError, match=r"00002\.json is empty"):
        read(log)


def test_a_log_that_starts_above_its_checkpoint_is_whole(log: Log) -> None:
    log.checkpoint(6, *BIRTH, add("a", 3))
    log.commit(7, info("DELETE"), remove("a"))
    assert counts(log, 7) == (0, 0, 3, True)


def test_a_log_that_starts_at_its_checkpoint_counts_that_commit_by_what_it_says(log: Log) -> None:
    log.commit(7, info("DELETE"), remove("a", stats='{"numRecords":3}'), add("b", 2))
    log.checkpoint(7, *BIRTH, add("b", 2), add("c", 5))
    log.commit(8, info("DELETE"), remove("c"))
    tail = read(log)
    assert (changes(tail), tail.snapshot.rows) == ([(7, 0, 0, 1), (8, 0, 0, 5)], 2)
    assert [fact.exact for fact in tail.commits] == [False, True]


def test_a_log_that_starts_below_its_checkpoint_has_its_feed_from_there(log: Log) -> None:
    for version in (4, 5):
        log.commit(version, info("MERGE", {}), *REWRITE[:1], remove("x", stats='{"numRecords":4}'))
    log.checkpoint(6, *BIRTH[:1], metadata(FEED), add("new", 5))
    log.commit(6, info("OPTIMIZE"))
    assert counts(log, 4) == (5, 0, 4, True)


def test_before_the_schema_is_known_counts_that_hang_on_the_feed_are_not_exact(log: Log) -> None:
    old = remove("x", stats='{"numRecords":4}')
    log.commit(4, info("MERGE", MERGED), *REWRITE[:1], old)
    log.commit(5, info("WRITE", mode="Append"), add("y", 6))
    log.commit(6, metadata(FEED), info("SET TBLPROPERTIES"))
    log.checkpoint(6, *BIRTH[:1], metadata(FEED), add("new", 5), add("y", 6))
    found = fact(log, 4)
    assert (found.inserted, found.updated, found.deleted) == (2, 3, 1)
    assert (found.exact, found.reason) == (False, "unknown_feed")
    assert counts(log, 5) == (6, 0, 0, True)


def test_after_a_hole_counts_that_hang_on_the_feed_are_not_exact(log: Log) -> None:
    log.commits([*BIRTH, add("old", 4)])
    log.commit(2, info("MERGE", MERGED), *REWRITE)
    log.commit(3, metadata(FEED), info("SET TBLPROPERTIES"))
    log.checkpoint(3, *BIRTH[:1], metadata(FEED), add("new", 5))
    assert fact(log, 2).reason == "unknown_feed"


def test_a_log_without_its_start_and_without_a_checkpoint_is_unreadable(log: Log) -> None:
    log.commit(3, *BIRTH, add("a", 3))
    with pytest.raises(UnreadableError, match="lacks version 0, and no later checkpoint"):
        read(log)


def test_versions_may_be_very_great_and_far_apart(log: Log) -> None:
    far = 2**63 - 2
    log.checkpoint(far, *BIRTH, add("a", 3))
    log.commit(far + 1, add("b", 4))
    log.commit(5, add("stale", 1))
    tail = read(log)
    assert (tail.snapshot.version, tail.snapshot.rows) == (far + 1, 7)
    log.path(f"{10**20 - 1}.json").write_text("{}")
    assert read(log).snapshot.version == far + 1


def test_a_great_hole_is_found_at_once(log: Log) -> None:
    log.commits([*BIRTH, add("a", 3)])
    log.commit(2**62, add("b", 4))
    with pytest.raises(UnreadableError, match="lacks version 1,"):
        read(log)


def test_a_commit_of_absurd_size_is_not_read_into_memory(log: Log) -> None:
    log.commits([*BIRTH, add("a", 3)])
    with log.path(f"{1:020d}.json").open("wb") as file:
        file.truncate(5 * 1024**3)
    with pytest.raises(UnreadableError, match="has 5368709120 bytes, more than any log needs"):
        read(log)


def test_times_may_go_backwards(log: Log) -> None:
    log.commit(0, *BIRTH, at=2_000)
    log.commit(1, add("a", 1), at=1_000)
    assert [int(fact.at.timestamp()) for fact in read(log).commits] == [2_000, 1_000]


def test_a_replaced_table_keeps_its_cursor(log: Log) -> None:
    log.commits(
        [*BIRTH, add("a", 3)],
        [info("CREATE OR REPLACE TABLE"), metadata(table_id="another"), remove("a"), add("b", 5)],
    )
    tail = read(log)
    assert (kinds(tail), changes(tail)[1]) == (["replaced"], (1, 5, 0, 3))
    assert tail.snapshot.table_id == "another"


@pytest.mark.parametrize("body", ["{nonsense", "", b"\xff\xfe", "[]", '{"numFiles":"many"}', "{}"])
def test_a_malformed_checksum_is_no_opinion(log: Log, body: str | bytes) -> None:
    log.commits([*BIRTH, add("a", 3)])
    log.crc(0, body)
    assert read(log).problems == ()


def test_a_right_checksum_is_silent_and_a_wrong_one_is_told(log: Log) -> None:
    log.commits([*BIRTH, add("a", 3)])
    log.crc(0, {"numFiles": 1, "tableSizeBytes": 100})
    assert read(log).problems == ()
    log.crc(0, {"numFiles": 2, "tableSizeBytes": "100"})
    (problem,) = read(log).problems
    assert (problem.what, problem.state) == ("checksum of files", "not_assessed")
    assert read(log).snapshot.files == 1


MAPPED = {"delta.columnMapping.mode": "name"}


def schema(name: str, physical: str) -> str:
    return schema_string((name, "timestamp", mapped(physical, 1)))


def seen(path: str, at: str, physical: str = "col-1", **more: Any) -> Action:
    stats = {"numRecords": 3, "maxValues": {physical: at}}
    return add(path, stats=json.dumps(stats), **more)


def event_time(cycles: Cycles) -> EventTime:
    cycles.run()
    return cycles.event_time()


def test_a_renamed_event_column_is_the_same_column(log: Log) -> None:
    log.commits(
        [protocol(2, 5), metadata(MAPPED, schema("at", "col-1")), seen("a", "2026-03-02T12:00Z")],
        [metadata(MAPPED, schema("seen", "col-1")), info("RENAME COLUMN")],
        [seen("b", "2026-03-01T12:00Z")],
    )
    found = event_time(Cycles(log.uri, event="seen", log_only=True))
    assert (found.at is not None and found.at.isoformat()) == "2026-03-02T12:00:00+00:00"


def test_a_column_dropped_and_added_again_is_another_column(log: Log) -> None:
    log.commits(
        [protocol(2, 5), metadata(MAPPED, schema("at", "col-1")), seen("a", "2026-03-02T12:00Z")],
    )
    cycles = Cycles(log.uri, event="at", log_only=True)
    assert event_time(cycles).at is not None
    log.commit(1, metadata(MAPPED, schema("at", "col-2")), info("CHANGE COLUMN"))
    log.commit(2, seen("b", "2026-03-01T12:00Z", "col-2"))
    later = event_time(cycles)
    assert (later.at, "carry no statistics" in later.reason) == (None, True)
    assert event_time(Cycles(log.uri, event="at", log_only=True)) == later
    log.commit(3, info("DELETE"), remove("a"))
    last = event_time(cycles)
    assert (last.at is not None and last.at.isoformat()) == "2026-03-01T12:00:00+00:00"


def test_an_event_column_that_came_later_is_unknown_for_the_files_before(log: Log) -> None:
    both = schema_string(("id", "long"), ("at", "timestamp"))
    log.commits(
        [*BIRTH, add("a", 3)],
        [metadata(schema=both), info("ADD COLUMNS")],
        [seen("b", "2026-03-02T12:00Z", "at")],
    )
    assert event_time(Cycles(log.uri, event="at", log_only=True)).at is None
    log.commit(3, info("DELETE"), remove("a"))
    assert event_time(Cycles(log.uri, event="at", log_only=True)).at is not None


def test_a_nested_event_column_is_found(log: Log) -> None:
    nested = schema_string(("seen", {"type": "struct", "fields": [field("at", "timestamp_ntz")]}))
    stats = '{"numRecords":1,"maxValues":{"seen":{"at":"2026-03-02T12:00:00.000"}}}'
    log.commits([protocol(), metadata(schema=nested), add("a", stats=stats)])
    found = event_time(Cycles(log.uri, event="seen.at", log_only=True))
    assert (found.at is not None and found.at.isoformat()) == "2026-03-02T12:00:00+00:00"


def test_a_log_only_read_opens_nothing_outside_the_log(log: Log, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    log.commits(
        [VECTORS, metadata(FEED), add("a"), add(f"file://{outside}/b")],
        [info("UPDATE"), add("c"), remove("a"), cdc("_change_data/c")],
        [remove("c"), add("c", 9, deletionVector=vector(1))],
    )
    for name in ("a", "c", "_change_data/c"):
        (log.table / name).mkdir(parents=True)
    tail = read(log)
    assert tail.snapshot.rows is None
    assert [fact.exact for fact in tail.commits] == [False, False, True]
