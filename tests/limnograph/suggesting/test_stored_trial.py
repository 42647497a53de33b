"""What the history of commits suggests, and how it is held against its newest part."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from checks.core import Slot
from limnograph.settings import TableSettings, known_kinds
from limnograph.suggesting.log_past import ROWS, LogPast
from limnograph.suggesting.proposal import Alarms
from limnograph.suggesting.stored_trial import StoredSuggestions, suggested
from monitors.core import Column, CommitFact, Definition

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COLUMNS = (Column(("id",), "long", nullable=False), Column(("a.b",), "array"))


def fact(version: int, at: datetime, inserted: int | None = 10, deleted: int = 0) -> CommitFact:
    net = None if inserted is None else inserted - deleted
    return CommitFact(
        version, at, "WRITE", inserted, 0, deleted, net, 1, 0, 1, 0, "log", True, changes_data=True
    )


def definition(
    version: int = 0, at: datetime = MONDAY, columns: tuple[Column, ...] = COLUMNS
) -> Definition:
    return Definition(version, at, "t", columns)


def past(
    times: Sequence[datetime],
    now: datetime,
    kept: tuple[Definition, ...] | None = None,
    rows: Sequence[int] = (),
) -> LogPast:
    counts = rows or [10] * len(times)
    facts = tuple(fact(n, at, counts[n]) for n, at in enumerate(times))
    if kept is None:
        kept = (definition(at=times[0]),)
    return LogPast(facts, kept, sum(counts), "UTC", now)


def of(known: LogPast) -> StoredSuggestions:
    return suggested(TableSettings("t", "/t"), known_kinds(), known)


def fields(made: StoredSuggestions, id: str) -> dict[str, object]:
    found = next(one for one in made.proposals if one.id == id)
    return {k: v for k, v in found.fields.items() if k not in ("type", "id", "severity")}


def alarms(made: StoredSuggestions, id: str) -> Alarms | None:
    return next(one for one in made.proposals if one.id == id).alarms


def test_a_daily_table_is_due_by_an_hour_of_the_day() -> None:
    times = [MONDAY + n * DAY + timedelta(hours=5, minutes=n % 20) for n in range(60)]
    made = of(past(times, times[-1] + HOUR))
    assert fields(made, "fresh-by") == {"by": "06:30"}
    assert alarms(made, "fresh-by") == Alarms(0, 12, (times[-1] - times[-13]) / DAY)
    assert "fresh" not in [one.id for one in made.proposals]


def test_a_table_of_weekdays_is_due_on_those() -> None:
    days = [MONDAY + n * DAY for n in range(60) if (MONDAY + n * DAY).weekday() < 5]
    made = of(past([day + 7 * HOUR for day in days], days[-1] + 8 * HOUR))
    assert fields(made, "fresh-by") == {"by": "08:00", "days": "weekdays"}


def test_another_table_may_be_half_as_old_again_as_it_ever_was() -> None:
    times = [MONDAY + n * 3 * HOUR + (n % 3) * HOUR for n in range(60)]
    made = of(past(times, times[-1] + HOUR))
    assert fields(made, "fresh") == {"max_age": "6h"}
    assert alarms(made, "fresh") == Alarms(0, 12, 1.375 + 1 / 8)


def test_an_age_that_newer_silences_went_beyond_is_widened_once() -> None:
    times = [MONDAY + n * 3 * HOUR for n in range(50)]
    times += [times[-1] + 8 * HOUR + n * 3 * HOUR for n in range(8)]
    made = of(past(times, times[-1] + HOUR))
    found = next(one for one in made.proposals if one.id == "fresh")
    assert found.why[-1] == (
        "Widened once: as it was before, it would have failed on 1 of 12 newer commits."
    )
    assert found.alarms is not None
    assert found.alarms.failed == 0


def test_an_age_that_newer_silences_went_far_beyond_is_dropped() -> None:
    times = [MONDAY + n * 3 * HOUR for n in range(50)]
    times += [times[-1] + 80 * HOUR + n * 3 * HOUR for n in range(8)]
    made = of(past(times, times[-1] + HOUR))
    told = {one.id: one.why for one in made.dropped}
    assert told["fresh"] == "it would have failed on 1 of 12 newer commits, also when widened"


def test_a_table_that_fell_silent_has_no_freshness_to_suggest() -> None:
    times = [MONDAY + n * 3 * HOUR for n in range(50)]
    made = of(past(times, times[-1] + 40 * DAY))
    assert "fresh" not in [one.id for one in made.proposals]
    assert {one.id: one.why for one in made.dropped}["fresh"].startswith("fail: ")


def test_enough_days_suggest_their_volume_and_its_backtest() -> None:
    times = [MONDAY + n * DAY + 5 * HOUR for n in range(70)]
    rows = [1000 + (n * 37) % 50 for n in range(70)]
    made = of(past(times, times[-1] + HOUR, rows=rows))
    assert fields(made, "rows-by-day") == {"grain": "day"}
    estimate = alarms(made, "rows-by-day")
    assert estimate is not None
    assert (estimate.failed, estimate.unit) == (0, "newer day")
    assert "rows-by-hour" not in [one.id for one in made.proposals]


def test_a_volume_that_would_alarm_often_is_dropped_or_loosened() -> None:
    times = [MONDAY + n * DAY + 5 * HOUR for n in range(70)]
    rows = [1000 + (n * 37) % 50 if n < 56 or n % 3 else 9000 for n in range(70)]
    made = of(past(times, times[-1] + HOUR, rows=rows))
    told = {one.id: one.why for one in made.dropped}
    assert "rows-by-day" not in [one.id for one in made.proposals]
    assert told["rows-by-day"].endswith("newer days, also when widened")


def test_only_a_table_that_is_only_appended_to_may_not_shrink() -> None:
    times = [MONDAY + n * DAY for n in range(20)]
    made = of(past(times, times[-1] + HOUR))
    assert fields(made, "rows-not-shrinking")["fail"] == 0
    known = past(times, times[-1] + HOUR)
    deleting = LogPast(
        (*known.facts[:-1], fact(19, times[-1], 10, 1)), known.kept, 199, "UTC", known.now
    )
    assert "rows-not-shrinking" not in [one.id for one in of(deleting).proposals]


def test_the_schema_is_a_contract_that_no_change_may_break() -> None:
    times = [MONDAY + n * DAY for n in range(20)]
    made = of(past(times, times[-1] + HOUR))
    assert fields(made, "schema") == {
        "columns": {"id": {"type": "long", "nullable": False}, "`a.b`": "array"},
        "forbid": "breaking",
    }


def test_a_table_whose_columns_broke_lately_gets_the_contract_alone() -> None:
    times = [MONDAY + n * DAY for n in range(20)]
    before = (*COLUMNS, Column(("gone",), "string"))
    kept = (definition(0, times[0], before), definition(4, times[4]))
    made = of(past(times, times[-1] + HOUR, kept))
    assert "forbid" not in fields(made, "schema")
    found = next(one for one in made.proposals if one.id == "schema")
    assert found.why == ("The definition as of version 4, which changed 1 times in 20 commits.",)


def test_a_table_without_history_suggests_only_its_schema() -> None:
    made = of(past([MONDAY], MONDAY + HOUR))
    assert [one.id for one in made.proposals] == ["schema"]
    assert alarms(made, "schema") is None
    nothing = LogPast((), (), None, "UTC", MONDAY)
    assert of(nothing).proposals == ()


def test_hours_and_days_of_the_past_are_whole_and_known_only_from_the_first_commit_on() -> None:
    times = [MONDAY + 90 * timedelta(minutes=1), MONDAY + 3 * HOUR, MONDAY + DAY + HOUR]
    known = past(times, MONDAY + DAY + 2 * HOUR, rows=(5, 7, 9))
    hours = known.hours("written", MONDAY)
    assert hours[0] == Slot(MONDAY + HOUR, MONDAY + 2 * HOUR, 5, 1)
    assert hours[1] == Slot(MONDAY + 2 * HOUR, MONDAY + 3 * HOUR, 0, 0)
    assert len(hours) == 26
    assert known.days("net", MONDAY) == [Slot(MONDAY + DAY, MONDAY + 2 * DAY, 9, 1)]
    later = LogPast(known.facts[1:], (), 21, "UTC", known.now)
    assert later.hours("written", MONDAY)[0].start == MONDAY + 3 * HOUR


def test_rows_are_told_backwards_from_the_newest_and_no_further_than_they_are_known() -> None:
    facts = (fact(0, MONDAY, 5), fact(1, MONDAY + HOUR, None), fact(2, MONDAY + DAY, 7))
    known = LogPast(facts, (), 20, "UTC", MONDAY + 2 * DAY)
    samples = known.samples(ROWS, {}, MONDAY)[()]
    assert [(one.at, one.value) for one in samples] == [
        (MONDAY + HOUR, 13.0),
        (MONDAY + DAY, 20.0),
    ]
    assert known.at(MONDAY + HOUR).rows == 13
    assert known.at(MONDAY).rows is None
    assert known.hours("written", MONDAY)[1].value is None
