"""Intervals as Delta writes them, and what the retention of a table means for a monitor."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.delta.health.retention import (
    CLEANUP,
    DELETED_FILES,
    LOG,
    interval,
    retention_of,
    unclear,
)

DAY = 86400.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("interval 30 days", 30 * DAY),
        ("interval 1 week", 7 * DAY),
        ("interval 1 week 2 hours", 7 * DAY + 7200),
        ("INTERVAL 1 WEEK 2 Hours", 7 * DAY + 7200),
        ("30 days", 30 * DAY),
        ("  interval  12   hours ", 12 * 3600),
        ("interval 168 hours", 7 * DAY),
        ("interval 5 minutes 30 seconds", 330),
        ("interval 1.5 seconds", 1.5),
        ("interval 250 milliseconds", 0.25),
        ("interval 2000000 microseconds", 2),
        ("interval 1 day -1 hour", 23 * 3600),
        ("interval +2 days", 2 * DAY),
        ("interval 0 seconds", 0),
    ],
)
def test_an_interval_is_read_as_delta_reads_it(text: str, seconds: float) -> None:
    assert interval(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("interval 1 month", "no months or years"),
        ("interval 2 years 3 days", "no months or years"),
        ("interval -3 days", "negative"),
        ("interval 3 fortnights", "'fortnights' is no unit"),
        ("interval", "empty"),
        ("", "empty"),
        ("forever", "no interval"),
        ("interval 3", "no interval"),
        ("interval 3days", "no interval"),
        ("interval 3 days and more", "no interval"),
        ("intervals 3 days", "no interval"),
        ("interval 1.5 days", "only seconds may have a fraction"),
        ("P30D", "no interval"),
        ("interval ٣ days", "no interval"),
    ],
)
def test_a_text_that_is_no_interval_says_why(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        interval(text)


PARTS = {"weeks": 7 * DAY, "days": DAY, "hours": 3600.0, "minutes": 60.0, "milliseconds": 0.001}


@given(st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(sorted(PARTS))), min_size=1))
def test_parts_of_an_interval_add_up(parts: list[tuple[int, str]]) -> None:
    text = "interval " + " ".join(f"{number} {unit}" for number, unit in parts)
    assert interval(text) == pytest.approx(sum(number * PARTS[unit] for number, unit in parts))


@given(st.text(max_size=40))
def test_any_text_is_an_interval_or_is_refused(text: str) -> None:
    found = retention_of({LOG: text, CLEANUP: "true"})
    assert (found.log is None) == bool(found.unclear)
    assert found.log is None or found.log >= 0


@pytest.mark.parametrize(
    ("properties", "margin"),
    [
        ({}, 7 * DAY),
        ({LOG: "interval 2 days"}, 2 * DAY),
        ({DELETED_FILES: "interval 60 days"}, 30 * DAY),
        ({LOG: "interval 2 days", CLEANUP: "false"}, 7 * DAY),
        ({LOG: "interval 2 days", CLEANUP: "TRUE"}, 2 * DAY),
        ({LOG: "interval 2 days", CLEANUP: "perhaps"}, 2 * DAY),
        ({DELETED_FILES: "interval 0 hours"}, 0),
        ({LOG: "interval 1 month"}, None),
        ({LOG: "interval 1 month", CLEANUP: "false"}, 7 * DAY),
        ({DELETED_FILES: "long"}, None),
    ],
)
def test_a_monitor_may_pause_as_long_as_everything_it_needs_is_kept(
    properties: dict[str, str], margin: float | None
) -> None:
    assert retention_of(properties).gap_margin == margin


def test_a_property_that_cannot_be_understood_is_told_with_a_mend() -> None:
    (problem,) = unclear(retention_of({LOG: "interval 1 month"}))
    assert (problem.what, problem.state) == ("gap margin", "not_assessed")
    assert problem.reason.startswith(f"{LOG} is 'interval 1 month': Delta takes no months")
    assert "'interval 30 days'" in problem.mend
    assert list(unclear(retention_of({}))) == []
