from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.cron import next_firing
from limnograph.settings.durations import LONGEST, seconds, text
from limnograph.settings.schedules import Cron, Every, parse


@pytest.mark.parametrize(
    ("written", "meant"), [("90s", 90), ("15m", 900), ("1h", 3600), ("1d", 86400), ("007s", 7)]
)
def test_a_duration_is_a_number_and_a_unit(written: str, meant: int) -> None:
    assert seconds(written) == meant


@pytest.mark.parametrize("written", ["", "15", "m", "1.5h", "1 h", "-5m", "1w", "1h30m", "٣m"])
def test_anything_else_is_no_duration(written: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        seconds(written)


@given(st.integers(1, LONGEST))
def test_a_duration_reads_as_it_is_written(value: int) -> None:
    assert seconds(text(value)) == value


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("15m", Every(900)),
        ("  5  *  * * * ", Cron("5 * * * *")),
        ("0 8 * * 1-5", Cron("0 8 * * mon,tue,wed,thu,fri")),
        ("0 8 * * 0", Cron("0 8 * * sun")),
        ("0 8 * * 7", Cron("0 8 * * sun")),
        ("0 8 * * 5-7", Cron("0 8 * * sun,fri,sat")),
        ("0 8 * * FRI-SUN", Cron("0 8 * * sun,fri,sat")),
        ("0 8 * * sun,3", Cron("0 8 * * sun,wed")),
        ("0 8 * * */2", Cron("0 8 * * sun,tue,thu,sat")),
        ("0 8 * * 1-6/2", Cron("0 8 * * mon,wed,fri")),
        ("0 8 * * 4/2", Cron("0 8 * * thu,sat")),
        ("0 8 1 jan *", Cron("0 8 1 jan *")),
        ("*/15 8-18 * * *", Cron("*/15 8-18 * * *")),
    ],
)
def test_a_schedule_is_a_duration_or_a_line_of_cron(written: str, meant: Every | Cron) -> None:
    assert parse(written) == meant
    assert parse(str(meant)) == meant


def test_weekday_1_is_monday_as_in_cron() -> None:
    cron = parse("30 8 * * 1")
    assert isinstance(cron, Cron)
    next_time = next_firing(cron.text, "Europe/Berlin", datetime(2026, 7, 1, tzinfo=UTC))
    assert next_time == datetime(2026, 7, 6, 6, 30, tzinfo=UTC)
    assert next_time.strftime("%A") == "Monday"


@given(st.text(alphabet="0123456789*/-,?#L abcdefmonjul\u0663", max_size=20))
def test_other_text_is_refused_or_reads_as_it_is_written(written: str) -> None:
    try:
        parsed = parse(written)
    except ValueError:
        return
    assert parse(str(parsed)) == parsed
