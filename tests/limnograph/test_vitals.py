from datetime import UTC, datetime, timedelta

from limnograph.cycle import CycleResult, Due, Result, TableResult, Written
from limnograph.settings import Every, TableSettings
from limnograph.vitals import (
    by_monitor,
    monitor_increments,
    monitor_reading,
    source_increments,
    source_reading,
)
from monitors import ingestion
from monitors.core import Cost, Outcome, Reading, Subject

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOURLY = TableSettings("posts", "/lake/posts", schedule=Every(3600))
QUARTERLY = TableSettings("labels", "/lake/labels", schedule=Every(900))
DUE = [Due(HOURLY, (ingestion.MONITOR,)), Due(QUARTERLY, (ingestion.MONITOR,))]


def result(
    table: str,
    outcome: Outcome = Outcome.ASSESSED,
    *,
    started: float = 0.0,
    ended: float = 1.0,
    lag: timedelta | None = None,
    reason: str = "",
) -> Result:
    return Result(
        Subject("table", table),
        "ingestion",
        outcome,
        Written.NEW,
        started,
        ended,
        reason=reason,
        mend=f"mend of {reason}" if reason else "",
        lag=lag,
    )


def measured(reading: Reading) -> dict[str, float]:
    """Values by metric without its prefix, and by the labels after the first."""
    return {
        ".".join((item.metric.name.removeprefix("lakehouse_"), *item.labels[1:])): item.value
        for item in reading.measurements
    }


def test_a_monitor_is_up_while_anything_works_and_due_by_its_most_frequent_table() -> None:
    results = [
        result("posts", started=10.0, ended=12.0),
        result("labels", Outcome.ERROR, started=10.5, ended=13.5),
    ]
    subjects = {Outcome.ASSESSED: 7, Outcome.ERROR: 1}
    assert measured(monitor_reading("ingestion", results, DUE, subjects, NOON)) == {
        "monitor_up": 1,
        "monitor_duration_seconds": 3.5,
        "monitor_subjects.assessed": 7,
        "monitor_subjects.not_assessed": 0,
        "monitor_subjects.error": 1,
        "monitor_last_success_timestamp_seconds": NOON.timestamp(),
        "monitor_due_timestamp_seconds": NOON.timestamp() + 2700,
    }


def test_a_monitor_is_down_only_when_everything_failed() -> None:
    results = [result("posts", Outcome.ERROR, reason="gone"), result("labels", Outcome.ERROR)]
    reading = monitor_reading("ingestion", results, DUE, {Outcome.ERROR: 2}, NOON)
    assert reading.outcome is Outcome.ERROR
    assert (reading.reason, reading.mend) == (
        "nothing could be read; the first of 2: gone",
        "mend of gone",
    )
    found = measured(reading)
    assert found["monitor_up"] == 0
    assert "monitor_last_success_timestamp_seconds" not in found


def test_what_is_not_assessed_is_no_failure() -> None:
    results = [result("posts", Outcome.NOT_ASSESSED)]
    reading = monitor_reading("ingestion", results, DUE, {Outcome.NOT_ASSESSED: 1}, NOON)
    assert measured(reading)["monitor_up"] == 1


def test_the_lag_of_a_source_is_the_greatest_of_the_cycle() -> None:
    results = [
        result("posts", lag=timedelta(seconds=30)),
        result("labels", lag=timedelta(seconds=90)),
        result("dims"),
    ]
    assert measured(source_reading("embedded", results, {}, NOON)) == {
        "source_up": 1,
        "source_data_lag_seconds": 90,
        "source_last_success_timestamp_seconds": NOON.timestamp(),
    }


def test_the_lag_of_a_source_is_unknown_until_a_commit_is_new() -> None:
    found = measured(source_reading("embedded", [result("posts")], {}, NOON))
    assert "source_data_lag_seconds" not in found


def test_counters_tell_runs_and_cost() -> None:
    failed = [result("posts", Outcome.ERROR)]
    assert monitor_increments("ingestion", failed) == {
        ("lakehouse_monitor_runs_total", ("ingestion", "success")): 0,
        ("lakehouse_monitor_runs_total", ("ingestion", "error")): 1,
    }
    tables = (TableResult((), Cost(2, 10)), TableResult((), Cost(1, 5)))
    assert source_increments("embedded", CycleResult("run", NOON, NOON, tables)) == {
        ("lakehouse_monitor_requests_total", ("embedded",)): 3,
        ("lakehouse_monitor_received_bytes_total", ("embedded",)): 15,
    }


def test_results_are_grouped_by_monitor() -> None:
    one, other = result("posts"), result("labels")
    assert by_monitor([one, other]) == {"ingestion": [one, other]}
