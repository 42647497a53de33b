"""Series of what is stored of a table, on both databases."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

import monitors
from checks.metrics import OBSERVED
from limnograph.backtesting.request import form_of, of_check
from limnograph.backtesting.stored import COUNTS, stored
from limnograph.past import StoredPast
from limnograph.settings import CheckSettings, TableSettings
from limnograph.store import Store
from monitors import ingestion
from monitors.core import Event, EventKind, Metric
from monitors.errors import ConfigError, UnreadableError
from tests.limnograph.store.samples import NOW, POSTS, at, commit, read, write

METRICS: Mapping[str, Metric] = {
    metric.name: metric for metric in (*(m for one in monitors.ALL for m in one.metrics), OBSERVED)
}
FORM = form_of({"grain": "hour", "count": "deleted", "false_alarms": 2.0, "min": 3.0})
TABLE = TableSettings(
    POSTS.name,
    "s3://lake/posts",
    time_zone="Europe/Berlin",
    monitors={"ingestion": ingestion.Config()},
    checks=(
        CheckSettings("deletions", "volume", "volume", FORM),
        CheckSettings("fresh", "freshness", "freshness", form_of({})),
    ),
)


def past(store: Store) -> StoredPast:
    return StoredPast(store, TABLE, METRICS, NOW)


def count(store: Store) -> None:
    """Commits of three days up to the reading at noon (UTC) of the 10th of March."""
    facts = [
        commit(0, "2026-03-07 22:30", 3, deleted=1),
        commit(1, "2026-03-07 23:30", 4),  # already the 8th in Berlin
        commit(2, "2026-03-10 09:30", 5, updated=2),
        commit(3, "2026-03-10 10:30", None),
    ]
    write(store, read("3", facts=facts), time_zone="Europe/Berlin")


def gauge(store: Store, metric: Metric, *labels: str, values: Mapping[str, float]) -> None:
    for number, (when, value) in enumerate(values.items()):
        measured = metric(value, *POSTS.labels, *labels, at=at(when))
        reading = read(f"{metric.name}{labels}{number}", measurements=(measured,))
        write(store, reading, monitor=f"of {labels}", now=at(when) + timedelta(minutes=5))


def test_rows_by_day_are_those_of_the_complete_days_of_the_table(store: Store) -> None:
    count(store)
    found = stored(past(store), "rows_written", "day")
    assert found.source == "main.bronze.posts rows_written by day"
    assert found.time_zone == "Europe/Berlin"
    assert found.step == 86400.0
    assert [f"{time:%d %H}" for time in found.times] == ["06 23", "07 23", "08 23"]
    assert list(found.values) == [3, 4, 0]


def test_rows_by_hour_are_unknown_where_a_commit_was_not_counted(store: Store) -> None:
    count(store)
    found = stored(past(store), "rows_written", "hour")
    known = {f"{t:%d %H}": v for t, v in zip(found.times, found.values, strict=True)}
    assert (known["07 22"], known["07 23"], known["08 00"]) == (3, 4, 0)
    assert (known["10 09"], known["10 10"], known["10 11"]) == (7, None, 0)
    assert "10 12" not in known  # it was under way


def test_rows_of_a_hole_in_the_log_are_unknown(store: Store) -> None:
    known = [commit(0, "2026-03-07 08:30", 3), commit(1, "2026-03-07 10:30", 4)]
    write(store, read("1", facts=known), now=at("2026-03-07 12:00"))
    lost = {"first": 2, "last": 4}
    event = Event(EventKind.LOG_CLEANED, "2", at("2026-03-09 11:00"), "lost", lost)
    write(store, read("5", facts=[commit(5, "2026-03-09 10:30", 3)], events=[event]))
    found = stored(past(store), "rows_inserted", "hour")
    values = {f"{t:%d %H}": v for t, v in zip(found.times, found.values, strict=True)}
    assert (values["07 08"], values["07 09"]) == (3, 0)
    assert {values[f"{day} {hour}"] for day, hour in (("07", 10), ("08", "00"), ("09", 10))} == {
        None
    }
    assert values["09 11"] == 0


@pytest.mark.parametrize(("metric", "expected"), [("rows_deleted", 1), ("rows_net", 3)])
def test_each_count_is_a_metric(store: Store, metric: str, expected: int) -> None:
    count(store)
    assert stored(past(store), metric, "day").values[0] == expected


def test_a_gauge_by_the_hour_holds_on(store: Store) -> None:
    values = {"2026-03-10 06:30": 100.0, "2026-03-10 09:10": 120.0, "2026-03-10 09:40": 130.0}
    gauge(store, ingestion.ROWS, values=values)
    for name in ("lakehouse_table_rows", "table_rows"):
        found = stored(past(store), name, "hour")
        assert found.source == "main.bronze.posts lakehouse_table_rows by hour"
        assert found.time_zone == "UTC"
        assert [time.hour for time in found.times] == [6, 7, 8, 9]
        assert list(found.values) == [100.0, 100.0, 100.0, 130.0]


def test_an_hour_that_is_under_way_is_left_out(store: Store) -> None:
    values = {"2026-03-10 11:30": 100.0, "2026-03-10 12:00": 120.0}
    gauge(store, ingestion.ROWS, values=values)
    assert [time.hour for time in stored(past(store), "table_rows", "hour").times] == [11]


def test_one_of_several_series_is_chosen_by_a_label(store: Store) -> None:
    gauge(store, OBSERVED, "posts-a-day", values={"2026-03-09 06:30": 5.0})
    gauge(store, OBSERVED, "late", values={"2026-03-09 06:30": 7.0})
    with pytest.raises(ConfigError) as refused:
        stored(past(store), "check_observed_value", "day")
    assert str(refused.value) == (
        "lakehouse_check_observed_value has 2 series; say which: "
        "--label check=late; --label check=posts-a-day"
    )
    found = stored(past(store), "check_observed_value", "day", {"check": "late"})
    assert list(found.values) == [7.0]
    assert "{check=late}" in found.source
    with pytest.raises(ConfigError, match="has no such series; say which: --label check=late"):
        stored(past(store), "check_observed_value", "day", {"check": "early"})
    with pytest.raises(ConfigError, match="has no label 'chek'; did you mean 'check'"):
        stored(past(store), "check_observed_value", "day", {"chek": "late"})


def test_an_unknown_metric_is_told_with_what_there_is(store: Store) -> None:
    gauge(store, ingestion.ROWS, values={"2026-03-10 06:30": 100.0})
    with pytest.raises(ConfigError) as refused:
        stored(past(store), "rows_writen", "day")
    assert str(refused.value) == (
        "main.bronze.posts: there is no metric 'rows_writen' with a history; did you mean "
        f"'rows_written'? there is {', '.join(COUNTS)}, lakehouse_table_rows"
    )


def test_a_counter_has_no_history(store: Store) -> None:
    counter = next(metric for metric in METRICS.values() if metric.kind == "counter")
    with pytest.raises(ConfigError, match="there is no metric"):
        stored(past(store), counter.name, "day")


def test_nothing_stored_is_said_with_the_mend(store: Store) -> None:
    with pytest.raises(UnreadableError, match="no complete day of commits is stored; let `limno"):
        stored(past(store), "rows_written", "day")
    with pytest.raises(
        UnreadableError, match="no complete day of lakehouse_table_rows is stored; l"
    ):
        stored(past(store), "table_rows", "day")


def test_a_volume_check_says_what_is_judged_and_how(store: Store) -> None:
    count(store)
    store.expect(POSTS.id, "deletions", at("2026-03-08 10:00"), at("2026-03-08 11:00"), "", "", NOW)
    given = {"false_alarms": None, "side": "low", "floor": None, "min": None, "max": None}
    series, tuning = of_check(past(store), "deletions", {**given, "holidays": None})
    assert series.source == "main.bronze.posts rows_deleted by hour"
    assert (tuning.false_alarms, tuning.side, tuning.minimum) == (2.0, "low", 3.0)
    (span,) = tuning.expected
    assert span[1] == datetime.fromisoformat("2026-03-08T11:00:00+00:00")


def test_a_check_that_is_not_there_is_told_with_those_that_are(store: Store) -> None:
    with pytest.raises(ConfigError, match="has no check 'deletion'; did you mean 'deletions'"):
        of_check(past(store), "deletion", {})
