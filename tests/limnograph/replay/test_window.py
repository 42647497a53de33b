from datetime import UTC, datetime

import pytest

from limnograph.replay.window import Span, bound, span

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def window(start: str, end: str = "now", zone: str = "UTC") -> Span:
    return span(bound(start), bound(end), zone, NOW)


def test_a_day_is_whole_in_the_time_zone_of_the_table() -> None:
    assert window("2026-03-02", "2026-03-02") == Span(at("2026-03-02"), at("2026-03-03"))
    assert window("2026-03-02", "2026-03-03", "Europe/Berlin") == Span(
        at("2026-03-01T23:00"), at("2026-03-03T23:00")
    )


def test_a_day_on_which_clocks_change_is_shorter() -> None:
    later = datetime(2026, 4, 1, tzinfo=UTC)
    found = span(bound("2026-03-29"), bound("2026-03-29"), "Europe/Berlin", later)
    assert found == Span(at("2026-03-28T23:00"), at("2026-03-29T22:00"))


def test_a_time_has_its_zone_or_that_of_the_table_and_ends_a_window_before_it() -> None:
    found = window("2026-03-02T06:00:00+02:00", "2026-03-02 06:00", "America/New_York")
    assert found == Span(at("2026-03-02T04:00"), at("2026-03-02T11:00"))
    assert found.holds(1, at("2026-03-02T04:00"))
    assert not found.holds(1, at("2026-03-02T11:00"))


def test_versions_are_both_included_and_have_no_time() -> None:
    found = window("v3", "5")
    assert found == Span(first=3, last=5)
    assert [found.holds(version, None) for version in (2, 3, 5, 6)] == [False, True, True, False]


def test_a_version_and_a_day_bound_one_window_together() -> None:
    found = window("v3", "2026-03-02")
    assert found.holds(3, at("2026-03-02T23:59"))
    assert not found.holds(2, at("2026-03-02T23:59"))
    assert not found.holds(3, at("2026-03-03"))
    assert not found.holds(3, None)


@pytest.mark.parametrize("end", ["now", "2026-03-10", "2027-01-01", "2026-03-10T12:00:01Z"])
def test_an_end_in_the_future_is_all_that_is_there_now(end: str) -> None:
    assert window("2026-03-02", end) == Span(since=at("2026-03-02"))


def test_from_the_start_nothing_is_left_out() -> None:
    assert window("start") == Span()
    assert window("start").holds(0, None)


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        ("2026-03-03", "2026-03-02", "2026-03-03 does not lie before 2026-03-02"),
        ("2026-03-02T06:00Z", "2026-03-02T06:00Z", "does not lie before"),
        ("v7", "v6", "version 7 lies after version 6"),
        ("2026-03-11", "now", "2026-03-11 lies in the future"),
        ("0001-01-01", "now", "beyond the years"),
    ],
)
def test_a_window_that_nothing_can_lie_in_is_refused(start: str, end: str, message: str) -> None:
    zone = "Asia/Tokyo" if start.startswith("0001") else "UTC"
    with pytest.raises(ValueError, match=message):
        window(start, end, zone)


@pytest.mark.parametrize("text", ["yesterday", "v", "-3", "2026-3-2", "2026-02-30", "12.5", ""])
def test_what_is_no_place_in_history_is_refused_with_the_mend(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no place in .*; write a day \(2026-03-02\)"):
        bound(text)


def test_eight_digits_may_be_a_day_or_a_version() -> None:
    with pytest.raises(ValueError, match="20260302 may be a day or a version"):
        bound("20260302")
    assert bound("v20260302").version == 20260302
