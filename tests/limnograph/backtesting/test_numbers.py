"""Numbers as files hold them."""

import pytest

from limnograph.backtesting.numbers import number


@pytest.mark.parametrize(
    ("text", "separator", "expected"),
    [
        ("12", ",", 12.0),
        (" -1.5e3 ", ",", -1500.0),
        ("1,234", ",", 1234.0),
        ("1,234,567.5", ",", 1234567.5),
        ("1.234.567,5", ";", 1234567.5),
        ("1 234 567", ";", 1234567.0),
        ("1'234.5", ";", 1234.5),
        ("0,25", ";", 0.25),
        ("1,5", "\t", 1.5),
        ("1,234,567", ";", 1234567.0),
    ],
)
def test_numbers_are_read(text: str, separator: str, expected: float) -> None:
    assert number(text, separator) == expected


@pytest.mark.parametrize("text", ["", "  ", "NaN", "null", "None", "NA", "n/a", "-", "\\N"])
def test_missing_values_are_unknown(text: str) -> None:
    assert number(text) is None


@pytest.mark.parametrize("text", ["inf", "-Infinity", "1e400"])
def test_a_number_without_an_end_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="has no end; leave it blank"):
        number(text)


@pytest.mark.parametrize("text", ["x", "12 %", "1,2,3", "12,34", "1.234.567", "0x10", "$5"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no number"):
        number(text)


def test_a_comma_that_may_be_either_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'1,234' may be 1234 or 1.234; write it without a comma"):
        number("1,234", ";")


def test_what_no_sum_could_hold_is_refused() -> None:
    assert number("-1e100") == -1e100
    with pytest.raises(ValueError, match="'1e101' is too large to be judged; leave out what is no"):
        number("1e101")
