"""Times as files hold them."""

import pytest

from limnograph.backtesting.timestamps import is_written_out, moment


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2014-07-01 00:30:00", "2014-07-01T00:30:00+00:00"),
        ("2014-07-01T00:30:00Z", "2014-07-01T00:30:00+00:00"),
        ("2014-07-01T02:30:00+02:00", "2014-07-01T00:30:00+00:00"),
        ("2014-07-01T02:30:00.250+0200", "2014-07-01T00:30:00.250000+00:00"),
        ("2014-07-01 00:30:00 UTC", "2014-07-01T00:30:00+00:00"),
        ("2014/7/1 2:30 +0200", "2014-07-01T00:30:00+00:00"),
        ("2014-07-01", "2014-07-01T00:00:00+00:00"),
        ("20140701", "2014-07-01T00:00:00+00:00"),
        ("2014-07", "2014-07-01T00:00:00+00:00"),
        ("1404174600", "2014-07-01T00:30:00+00:00"),
        ("1404174600.5", "2014-07-01T00:30:00.500000+00:00"),
        ("1404174600500", "2014-07-01T00:30:00.500000+00:00"),
        ("1404174600500000", "2014-07-01T00:30:00.500000+00:00"),
        ("1404174600500000000", "2014-07-01T00:30:00.500000+00:00"),
    ],
)
def test_times_are_read_in_utc(text: str, expected: str) -> None:
    assert moment(text).isoformat() == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "soon", "07/01/2014", "2014-13-01", "2014-02-30 10:00", "12:30", "-1404174600", "42"),
        *("14041746001", "0001-01-01", "9999-12-31T23:00:00-10:00", "2500-01-01"),
    ],
)
def test_what_is_no_time_or_may_be_two_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write ISO 8601, such as 2026-03-01T06:00:00Z, or Unix"):
        moment(text)


def test_numbers_are_no_times_that_are_written_out() -> None:
    texts = ["2014-07-01", "2014/7/1 2:30", "1404174600", "20140701", "7.5", "soon"]
    assert [is_written_out(text) for text in texts] == [True, True, False, False, False, False]
