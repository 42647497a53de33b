from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from exporters.prometheus import Sample
from limnograph.store import OutcomeRow
from limnograph.web.table_samples import Attempt, Shown, shown
from monitors.core import Outcome, Subject

POSTS = Subject("table", "main.bronze.posts")
LABELS = POSTS.labels
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
ROWS = ("lakehouse_table_rows", LABELS, 7.0)
CHANGES = ("lakehouse_table_row_changes_total", (*LABELS, "insert"), 7.0)
COMMIT = ("lakehouse_table_last_commit_timestamp_seconds", LABELS, 1773140000.0)
DELAY = ("lakehouse_table_delay_ratio", LABELS, 0.5)
STORED = {"ingestion": [ROWS, CHANGES], "freshness": [COMMIT, DELAY]}
READABLE = ("lakehouse_table_readable", LABELS, 1.0)
UNREADABLE = ("lakehouse_table_readable", LABELS, 0.0)


def overdue(read_at: datetime) -> datetime:
    return read_at + timedelta(minutes=45)


def last_read(at: datetime) -> Sample:
    return ("lakehouse_table_last_read_timestamp_seconds", LABELS, at.timestamp())


def page(attempts: Mapping[str, Attempt], minutes: int) -> Shown:
    return shown(POSTS, STORED, attempts, overdue, NOON + timedelta(minutes=minutes))


def test_a_table_that_was_read_is_shown_whole_until_three_intervals_have_passed() -> None:
    read = Attempt(failed=False, read_at=NOON)
    attempts = {"ingestion": read, "freshness": read}
    everything = (ROWS, CHANGES, COMMIT, DELAY, last_read(NOON), READABLE)
    assert page(attempts, 45) == Shown(everything, NOON + timedelta(minutes=45))
    assert page(attempts, 46) == Shown((CHANGES, COMMIT, last_read(NOON), UNREADABLE), None)


def test_a_table_that_fails_keeps_its_gauges_for_three_intervals() -> None:
    failing = Attempt(failed=True, read_at=NOON)
    attempts = {"ingestion": failing, "freshness": failing}
    assert page(attempts, 15).samples == (
        ROWS,
        CHANGES,
        COMMIT,
        DELAY,
        last_read(NOON),
        UNREADABLE,
    )
    assert page(attempts, 46).samples == (CHANGES, COMMIT, last_read(NOON), UNREADABLE)


def test_only_the_gauges_of_the_monitor_that_fails_leave() -> None:
    attempts = {
        "ingestion": Attempt(failed=True, read_at=NOON),
        "freshness": Attempt(failed=False, read_at=NOON + timedelta(minutes=40)),
    }
    assert page(attempts, 50) == Shown(
        (CHANGES, COMMIT, DELAY, last_read(NOON + timedelta(minutes=40)), READABLE),
        NOON + timedelta(minutes=85),
    )


def test_a_table_that_was_never_read_is_unreadable_and_has_no_time() -> None:
    attempts = {"ingestion": Attempt(failed=True, read_at=None)}
    assert shown(POSTS, {}, attempts, overdue, NOON) == Shown((UNREADABLE,), None)


def test_of_a_table_that_nobody_tried_to_read_nothing_is_said() -> None:
    assert shown(POSTS, {}, {}, overdue, NOON) == Shown((), None)


@pytest.mark.parametrize(
    ("outcome", "attempt"),
    [
        (Outcome.ASSESSED, Attempt(failed=False, read_at=NOON)),
        (Outcome.NOT_ASSESSED, Attempt(failed=False, read_at=NOON)),
        (Outcome.ERROR, Attempt(failed=True, read_at=NOON - timedelta(hours=1))),
    ],
)
def test_a_reading_that_did_not_fail_has_read_the_table(outcome: Outcome, attempt: Attempt) -> None:
    before = NOON - timedelta(hours=1)
    row = OutcomeRow(POSTS.id, "ingestion", outcome, NOON, "run-1", last_success_at=before)
    assert Attempt.of(row) == attempt
