"""Ingestion: counters that move with the cursor, and nothing for what is unknown."""

from datetime import UTC, datetime

from monitors.core import CommitFact, Origin
from monitors.ingestion import CHANGES, COMMITS, COUNTED, UNCOUNTED, totals

AT = datetime(2026, 3, 2, tzinfo=UTC)
POSTS = ("main", "bronze", "posts")


def fact(
    version: int,
    inserted: int | None,
    updated: int | None,
    deleted: int | None,
    *,
    operation: str = "WRITE",
    source: Origin = "log",
    reason: str = "",
) -> CommitFact:
    return CommitFact(
        version, AT, operation, inserted, updated, deleted, None, 1, 1, 1, 1, source,
        not reason, reason,
    )  # fmt: skip


def test_counters_start_with_what_the_log_still_holds_and_go_on_from_there() -> None:
    first = totals(POSTS, {}, [fact(0, 5, 0, 0), fact(1, 1, 2, 3, operation="MERGE")])
    after = totals(POSTS, first, [fact(2, 4, 0, 0, source="feed")])
    assert after == {
        (CHANGES.name, (*POSTS, "insert")): 10,
        (CHANGES.name, (*POSTS, "update")): 2,
        (CHANGES.name, (*POSTS, "delete")): 3,
        (COMMITS.name, (*POSTS, "WRITE")): 2,
        (COMMITS.name, (*POSTS, "MERGE")): 1,
        (COUNTED.name, (*POSTS, "log")): 2,
        (COUNTED.name, (*POSTS, "feed")): 1,
    }


def test_a_commit_with_an_unknown_number_adds_nothing_and_is_counted_as_uncounted() -> None:
    found = totals(POSTS, {}, [fact(0, 5, None, 0, operation="UPDATE", reason="no_metrics")])
    assert found[CHANGES.name, (*POSTS, "insert")] == 0
    assert found[UNCOUNTED.name, (*POSTS, "no_metrics")] == 1
    assert (COUNTED.name, (*POSTS, "log")) not in found


def test_a_table_that_was_read_and_holds_nothing_has_zeros_and_not_absence() -> None:
    assert totals(POSTS, {}, []) == {
        (CHANGES.name, (*POSTS, change)): 0 for change in ("insert", "update", "delete")
    }


def test_an_operation_without_a_name_is_labelled_unknown() -> None:
    found = totals(POSTS, {}, [fact(0, 1, 0, 0, operation="")])
    assert found[COMMITS.name, (*POSTS, "unknown")] == 1
