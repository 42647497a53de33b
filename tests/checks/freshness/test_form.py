"""What can be written in the form of a freshness check."""

from datetime import date, time

import pytest
from pydantic import ValidationError

from checks.freshness.form import FreshnessForm


def form(**fields: object) -> FreshnessForm:
    return FreshnessForm.model_validate({"type": "freshness", **fields})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"by": "25:00"}, "'25:00' is no time of day; write one from 00:00 to 23:59"),
        ({"by": "8"}, "'8' is no time of day; write for example \"08:00\""),
        ({"by": 800}, "800 is no time of day; write for example \"08:00\""),
        ({"by": "08:5"}, "'08:5' is no time of day; write one from 00:00 to 23:59"),
        ({"by": "08:00", "days": "weekday"}, "'weekday' is no day; did you mean 'weekdays'?"),
        ({"by": "08:00", "days": []},
         "there is no day; write daily, weekdays, weekends or [mon, wed]"),
        ({"by": "08:00", "days": [1]},
         "1 is no day; known: daily, fri, mon, sat, sun, thu, tue, wed, weekdays, weekends"),
        ({"by": "08:00", "holidays": ["2026-02-30"]},
         "'2026-02-30' is no date; write for example 2026-12-24"),
        ({"by": "08:00", "holidays": "DE-QQ"},
         "DE has no part 'QQ'; known: Augsburg, BB, BE, BW, BY, HB, HE, HH, MV, NI, NW, RP, SH, "
         "SL, SN, ST, TH"),
        ({"by": "08:00", "holidays": "Germany"},
         "'Germany' is neither a date nor a country whose holidays are known; write for example "
         "2026-12-24, DE or DE-BY"),
        ({"by": "08:00", "holidays": [5]},
         "5 is neither a date nor a country whose holidays are known; write for example "
         "2026-12-24, DE or DE-BY"),
        ({"by": "08:00", "time_zone": "Europe/Belin"},
         "'Europe/Belin' is no time zone; did you mean 'Europe/Berlin'?"),
        ({"cron": "0 6 * *"},
         "'0 6 * *' is not a line of cron: five fields are needed, got 4; write minute, hour, day, "
         "month, weekday, for example '0 6 * * 1-5'"),
        ({"cron": "0 6 1 * 1"},
         "'0 6 1 * 1' is not a line of cron: day of month and day of week are both set, leave one "
         "of them *; write minute, hour, day, month, weekday, for example '0 6 * * 1-5'"),
        ({"cron": "0 6 30 2 *"},
         "'0 6 30 2 *' is not a line of cron: that day never comes; write minute, hour, day, "
         "month, weekday, for example '0 6 * * 1-5'"),
        ({"cron": "0 6 * * 5-1"},
         "'0 6 * * 5-1' is not a line of cron: '5-1' ends before it begins; write minute, hour, "
         "day, month, weekday, for example '0 6 * * 1-5'"),
        ({"max_age": "soon"}, "'soon' is not a duration; write for example 90s, 15m, 1h or 1d"),
        ({"max_age": "1h", "warn_before": "1h"},
         "warn_before 1h is not less than max_age 1h; it would always warn"),
        ({"max_age": "1h", "from": "08:00"},
         "from is where the time before `by` begins; write by, or leave it out"),
        ({"max_age": "1h", "grace": "1h"},
         "grace is that after a time of cron; write cron, or leave it out"),
        ({"cron": "0 6 * * *", "days": "weekdays"},
         "days are those of by and max_age; cron names its own, leave them out"),
        ({"learned": False}, "nothing says when data is due; write by, max_age, cron or learned"),
        ({"of": "events"},
         "only times of commits are learned; write by, max_age or cron, and learned: false"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_the_mend(fields: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError) as raised:
        form(**fields)
    (error,) = raised.value.errors(include_url=False)
    assert error["msg"].removeprefix("Value error, ") == words


def test_a_form_without_fields_learns() -> None:
    assert (form().is_declared, form().is_learned) == (False, True)
    assert (form(max_age="1h").is_declared, form(max_age="1h").is_learned) == (True, False)


def test_times_and_days_are_written_as_people_write_them() -> None:
    filled = form(by="8:05", days="Weekdays", holidays=["2026-12-24", date(2026, 12, 31), "DE-BY"])
    assert filled.by == time(8, 5)
    calendar = filled.calendar("Europe/Berlin")
    assert calendar.weekdays == frozenset(range(5))
    assert calendar.dates == {date(2026, 12, 24), date(2026, 12, 31)}
    assert (calendar.regions, calendar.time_zone) == (("DE-BY",), "Europe/Berlin")


def test_every_field_is_described_for_editors() -> None:
    schema = FreshnessForm.model_json_schema(by_alias=True)
    assert [name for name, one in schema["properties"].items() if not one.get("description")] == []
