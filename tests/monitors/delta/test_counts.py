"""What one commit did, judged from literal actions: operation by operation."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from monitors.delta import reasons
from monitors.delta.counts import Count, Touched, count
from monitors.delta.live.files import LiveFile
from monitors.delta.log.actions import Commit, FileAction

AT = datetime(2026, 3, 2, tzinfo=UTC)
Numbers = tuple[int | None, int | None, int | None]


def commit(operation: str, metrics: Mapping[str, Any] | None = None, **parameters: Any) -> Commit:
    info: dict[str, Any] = {"operation": operation, "operationParameters": parameters}
    if metrics is not None:
        info["operationMetrics"] = metrics
    return Commit(7, AT, info)


def file(name: int, rows: int | None, deleted: int = 0) -> Touched:
    vector = vector_of(deleted, f"v{name}-{deleted}") if deleted else None
    action = FileAction(f"f{name}", 10, True, None, vector, {})
    return Touched(action, name, LiveFile(name, rows, deleted, 10, "", None, 0))


def vector_of(cardinality: int, text: str) -> dict[str, Any]:
    return {"storageType": "u", "pathOrInlineDv": text, "cardinality": cardinality}


def unknown(name: int) -> Touched:
    return Touched(FileAction(f"f{name}", None, True, None, None, {}), name, None)


def with_feed_files(value: Commit) -> Commit:
    value.cdc.append(FileAction("_change_data/c0", 1, False, None, None, {}))
    return value


def counted(
    value: Commit, added: list[Touched], removed: list[Touched], feed: bool = False
) -> Count:
    return count(value, feed=feed, added=added, removed=removed)


def numbers(found: Count) -> Numbers:
    return found.inserted, found.updated, found.deleted


EXACT: list[tuple[str, Commit, list[Touched], list[Touched], Numbers]] = [
    ("an append", commit("WRITE", mode="Append"), [file(1, 5)], [], (5, 0, 0)),
    (
        "an overwrite deletes every old row",
        commit("WRITE", mode="Overwrite"),
        [file(1, 5)],
        [file(2, 9, deleted=2)],
        (5, 0, 7),
    ),
    (
        "a dynamic partition overwrite",
        commit("WRITE", mode="Overwrite", isDynamicPartitionOverwrite="true"),
        [file(1, 5)],
        [file(2, 3)],
        (5, 0, 3),
    ),
    ("a truncate", commit("TRUNCATE"), [], [file(1, 4), file(2, 6)], (0, 0, 10)),
    ("a restore", commit("RESTORE"), [file(1, 4)], [file(2, 6)], (4, 0, 6)),
    ("a clone", commit("CLONE"), [file(1, 4, deleted=1)], [], (3, 0, 0)),
    (
        "a stream in complete mode",
        commit("STREAMING UPDATE"),
        [file(1, 4)],
        [file(2, 3)],
        (4, 0, 3),
    ),
    (
        "a merge by Spark, numbers as text",
        commit(
            "MERGE",
            {
                "numTargetRowsInserted": "2",
                "numTargetRowsUpdated": "3",
                "numTargetRowsDeleted": "1",
            },
        ),
        [file(1, 8)],
        [file(2, 7)],
        (2, 3, 1),
    ),
    (
        "a merge by delta-rs",
        commit(
            "MERGE",
            {
                "num_target_rows_inserted": 2,
                "num_target_rows_updated": 3,
                "num_target_rows_deleted": 1,
            },
        ),
        [file(1, 8)],
        [file(2, 7)],
        (2, 3, 1),
    ),
    (
        "an update by Spark",
        commit("UPDATE", {"numUpdatedRows": "3", "numCopiedRows": "4"}),
        [file(1, 7)],
        [file(2, 7)],
        (0, 3, 0),
    ),
    (
        "a delete by metrics",
        commit("DELETE", {"numDeletedRows": "3"}),
        [file(1, 4)],
        [file(2, 7)],
        (0, 0, 3),
    ),
    ("a delete of whole files without metrics", commit("DELETE", {}), [], [file(1, 7)], (0, 0, 7)),
    (
        "a delete by a first deletion vector without metrics keeps its size",
        commit("RESTORE"),
        [file(1, 7, deleted=2)],
        [file(1, 7)],
        (0, 0, 2),
    ),
    ("a restore that lifts a vector", commit("RESTORE"), [file(1, 7)], [file(1, 7, 2)], (2, 0, 0)),
    (
        "replaceWhere subtracts the copied rows",
        commit(
            "WRITE",
            {"numOutputRows": "5", "numCopiedRows": "3", "numDeletedRows": "1"},
            mode="Overwrite",
            predicate="id = 1",
        ),
        [file(1, 5)],
        [file(2, 4)],
        (2, 0, 1),
    ),
    (
        "replaceWhere without deleted rows has them from the net",
        commit(
            "WRITE",
            {"numOutputRows": "5", "numCopiedRows": "3"},
            mode="Overwrite",
            predicate="id = 1",
        ),
        [file(1, 5)],
        [file(2, 4)],
        (2, 0, 1),
    ),
    ("an unknown operation that only adds", commit("", None), [file(1, 5)], [], (5, 0, 0)),
    ("an unknown operation that only removes", commit(""), [], [file(1, 5)], (0, 0, 5)),
    ("a commit without files", commit("SET TBLPROPERTIES"), [], [], (0, 0, 0)),
    (
        "an append without statistics, by its output rows",
        commit("WRITE", {"numOutputRows": "5"}, mode="Append"),
        [file(1, None)],
        [],
        (5, 0, 0),
    ),
]


@pytest.mark.parametrize(
    ("value", "added", "removed", "expected"),
    [row[1:] for row in EXACT],
    ids=[row[0] for row in EXACT],
)
def test_the_log_counts_exactly(
    value: Commit, added: list[Touched], removed: list[Touched], expected: Numbers
) -> None:
    found = counted(value, added, removed)
    assert numbers(found) == expected
    assert (found.exact, found.reason, found.read_feed) == (True, "", False)


INEXACT: list[tuple[str, Commit, list[Touched], list[Touched], Numbers, int | None, str]] = [
    (
        "an update by delta-rs may count rows that stayed equal",
        commit("UPDATE", {"num_updated_rows": 3}),
        [file(1, 7)],
        [file(2, 7)],
        (0, 3, 0),
        0,
        reasons.DELTA_RS_UPDATE,
    ),
    (
        "an update without metrics",
        commit("UPDATE"),
        [file(1, 7)],
        [file(2, 7)],
        (0, None, 0),
        0,
        reasons.NO_METRICS,
    ),
    (
        "a merge without metrics has only its net",
        commit("MERGE", {}),
        [file(1, 9)],
        [file(2, 7)],
        (None, None, None),
        2,
        reasons.NO_METRICS,
    ),
    (
        "a delete without metrics that rewrote files has its net",
        commit("DELETE"),
        [file(1, 4)],
        [file(2, 7)],
        (0, 0, 3),
        -3,
        reasons.NO_METRICS,
    ),
    (
        "metrics that contradict the files are worth nothing",
        commit("DELETE", {"numDeletedRows": "5"}),
        [file(1, 4)],
        [file(2, 7)],
        (None, None, None),
        -3,
        reasons.METRICS_DISAGREE,
    ),
    (
        "negative metrics are no numbers",
        commit("DELETE", {"numDeletedRows": "-5"}),
        [file(1, 4)],
        [file(2, 7)],
        (0, 0, 3),
        -3,
        reasons.NO_METRICS,
    ),
    (
        "replaceWhere of an engine without row metrics",
        commit("WRITE", {}, mode="Overwrite", predicate="id = 1"),
        [file(1, 5)],
        [file(2, 4)],
        (None, None, None),
        1,
        reasons.REPLACE_WHERE,
    ),
    (
        "replaceWhere by delta-rs",
        commit("WRITE", {"num_added_rows": 2}, mode="Overwrite", predicate="id = 1"),
        [file(1, 5)],
        [file(2, 4)],
        (2, 0, 1),
        1,
        reasons.REPLACE_WHERE,
    ),
    (
        "an unknown operation that rewrote files",
        commit(""),
        [file(1, 5)],
        [file(2, 4)],
        (5, 0, 4),
        1,
        reasons.UNKNOWN_OPERATION,
    ),
    (
        "a kernel write of no stated mode that rewrote files",
        commit("WRITE", {}),
        [file(1, 5)],
        [file(2, 4)],
        (5, 0, 4),
        1,
        reasons.UNKNOWN_OPERATION,
    ),
    (
        "an append without statistics or metrics",
        commit("WRITE", mode="Append"),
        [file(1, None)],
        [],
        (None, 0, 0),
        None,
        reasons.NO_STATISTICS,
    ),
    (
        "removed files that the log does not describe",
        commit("WRITE", mode="Overwrite"),
        [file(1, 5)],
        [unknown(2)],
        (5, 0, None),
        None,
        reasons.UNKNOWN_FILES,
    ),
]


@pytest.mark.parametrize(
    ("value", "added", "removed", "expected", "net", "reason"),
    [row[1:] for row in INEXACT],
    ids=[row[0] for row in INEXACT],
)
def test_what_the_log_cannot_tell_is_marked(
    value: Commit,
    added: list[Touched],
    removed: list[Touched],
    expected: Numbers,
    net: int | None,
    reason: str,
) -> None:
    found = counted(value, added, removed)
    assert (numbers(found), found.net) == (expected, net)
    assert (found.exact, found.reason) == (False, reason)


def test_with_a_feed_and_no_change_files_the_file_actions_are_the_feed() -> None:
    found = counted(commit("MERGE"), [file(1, 5)], [file(2, 4)], feed=True)
    assert found == Count(5, 0, 4, 1, exact=True)


def test_change_files_ask_for_the_feed_where_metrics_do_not_answer() -> None:
    value = with_feed_files(commit("UPDATE", {"num_updated_rows": 3}))
    found = counted(value, [file(1, 7)], [file(2, 7)], feed=True)
    assert found.read_feed
    assert not found.exact


def test_change_files_need_not_be_read_where_complete_metrics_agree_with_the_files() -> None:
    value = with_feed_files(commit("UPDATE", {"numUpdatedRows": "3"}))
    found = counted(value, [file(1, 7)], [file(2, 7)], feed=True)
    assert found == Count(0, 3, 0, 0, exact=True)


def test_a_second_vector_on_a_file_asks_for_the_vectors_unless_the_delete_says_the_same() -> None:
    old, new = [file(1, 9, deleted=2)], [file(1, 9, deleted=5)]
    unsure = counted(commit("DELETE"), new, old, feed=True)
    assert (numbers(unsure), unsure.exact, unsure.read_feed) == ((0, 0, 3), False, True)
    assert unsure.reason == reasons.VECTOR_SWAP
    stated = counted(commit("DELETE", {"numDeletedRows": "3"}), new, old, feed=True)
    assert (numbers(stated), stated.exact, stated.read_feed) == ((0, 0, 3), True, False)


def test_a_merge_or_a_replace_may_say_the_same_as_its_vectors_too() -> None:
    old, new = [file(1, 9, deleted=2)], [file(1, 9, deleted=5), file(2, 4)]
    merged = {
        "numTargetRowsInserted": "4",
        "numTargetRowsUpdated": "0",
        "numTargetRowsDeleted": "3",
    }
    replaced = {"numOutputRows": "4", "numCopiedRows": "0", "numDeletedRows": "3"}
    for value in (
        commit("MERGE", merged),
        commit("WRITE", replaced, mode="Overwrite", replaceUsingCols="(id)"),
    ):
        found = counted(value, new, old, feed=True)
        assert found == Count(4, 0, 3, 1, exact=True)
    less = counted(commit("MERGE", merged | {"numTargetRowsDeleted": "2"}), new, old, feed=True)
    assert (less.exact, less.read_feed) == (False, True)


@pytest.mark.parametrize("feed", [True, False, None])
def test_a_merge_that_rewrote_files_and_changed_no_row_is_nothing(feed: bool | None) -> None:
    nothing = dict.fromkeys(
        ("numTargetRowsInserted", "numTargetRowsUpdated", "numTargetRowsDeleted"), "0"
    )
    value = commit("MERGE", nothing)
    same = count(value, feed=feed, added=[file(1, 7)], removed=[file(2, 7)])
    assert same == Count(0, 0, 0, 0, exact=True)
    other = count(value, feed=feed, added=[file(1, 7)], removed=[file(2, 8)])
    assert (numbers(other), other.exact) == ((None, None, None), False)
    assert other.reason == reasons.METRICS_DISAGREE


@pytest.mark.parametrize(
    "parameters",
    [
        {"replaceUsingCols": "(id)"},
        {"replaceOnCond": "t.id = s.id"},
        {"replaceWhere": "id = 1"},
        {"predicate": "id = 1"},
    ],
)
def test_a_write_that_replaces_some_rows_may_have_copied_others(parameters: dict[str, str]) -> None:
    value = commit("WRITE", {"numOutputRows": "5"}, mode="Overwrite", **parameters)
    found = counted(value, [file(1, 5)], [file(2, 4)])
    assert (numbers(found), found.exact) == ((None, None, None), False)


@pytest.mark.parametrize("predicate", ["[]", "true", "", None])
def test_a_write_that_replaces_every_row_copies_none(predicate: str | None) -> None:
    value = commit("WRITE", {"numOutputRows": "5"}, mode="Overwrite", predicate=predicate)
    assert counted(value, [file(1, 5)], [file(2, 4)]) == Count(5, 0, 4, 1, exact=True)


def test_copied_rows_are_subtracted_only_where_the_output_is_seen_to_hold_them() -> None:
    metrics = {"numOutputRows": "2", "numCopiedRows": "3"}
    value = commit("WRITE", metrics, mode="Overwrite", predicate="id = 1")
    found = counted(value, [file(1, 5)], [file(2, 4)])
    assert (numbers(found), found.exact) == ((None, None, None), False)


def test_without_knowing_of_a_feed_only_counts_that_are_the_same_either_way_are_exact() -> None:
    merged = {
        "numTargetRowsInserted": "2",
        "numTargetRowsUpdated": "3",
        "numTargetRowsDeleted": "1",
    }
    files = {"added": [file(1, 8)], "removed": [file(2, 7)]}
    unsure = count(commit("MERGE", merged), feed=None, **files)
    assert (numbers(unsure), unsure.exact) == ((2, 3, 1), False)
    assert unsure.reason == reasons.UNKNOWN_FEED
    deleted = count(commit("DELETE", {}), feed=None, added=[], removed=[file(2, 7)])
    assert deleted == Count(0, 0, 7, -7, exact=True)
    same = {"numTargetRowsInserted": "8", "numTargetRowsUpdated": 0, "numTargetRowsDeleted": 7}
    assert count(commit("MERGE", same), feed=None, **files) == Count(8, 0, 7, 1, exact=True)


def test_rows_that_no_64_bits_hold_are_unknown() -> None:
    many = [file(1, 2**62), file(2, 2**62)]
    found = counted(commit("WRITE", mode="Append"), many, [])
    assert (found.inserted, found.exact) == (None, False)


@pytest.mark.parametrize("deleted", [0, 2])
@pytest.mark.parametrize("feed", [True, False])
def test_a_file_removed_and_added_again_as_it_was_is_doubtful(deleted: int, feed: bool) -> None:
    same = file(1, 9, deleted)
    assert counted(commit("WRITE"), [same], [same], feed=feed) == Count(
        0, 0, 0, 0, exact=False, reason=reasons.ADDED_AGAIN
    )


@pytest.mark.parametrize("operation", ["OPTIMIZE", "REORG", "COMPUTE STATS"])
def test_a_file_added_again_by_maintenance_is_nothing(operation: str) -> None:
    same = file(1, 9, 2)
    assert counted(commit(operation), [same], [same], feed=True) == Count(0, 0, 0, 0, exact=True)


def test_a_file_added_again_without_being_removed_is_doubtful() -> None:
    again = file(1, 9)._replace(stray=True)
    found = counted(commit("WRITE", mode="Append"), [again, file(2, 3)], [])
    assert (numbers(found), found.exact, found.reason) == ((12, 0, 0), False, "added_again")


def test_a_file_added_again_is_not_cleared_up_by_reading_vectors() -> None:
    new, old = [file(1, 9, 2), file(2, 9, 3)], [file(1, 9, 2), file(2, 9, 1)]
    assert not counted(commit("UPDATE"), new, old, feed=True).read_feed


def test_a_swap_of_unknown_size_is_unknown() -> None:
    odd = {"storageType": "u", "pathOrInlineDv": "x"}
    new = Touched(FileAction("f1", 10, True, None, odd, {}), 1, LiveFile(1, 9, None, 10, "", 0, 0))
    found = counted(commit("DELETE"), [new], [file(1, 9)], feed=True)
    assert (found.deleted, found.exact, found.read_feed) == (None, False, True)
