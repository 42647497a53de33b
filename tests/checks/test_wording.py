"""How numbers, times and lengths are written and read."""

import doctest
from datetime import timedelta

import pytest
from pydantic import BaseModel, ValidationError

from checks import wording
from checks.wording import Length, length, moment, near, number, percent, size, span
from tests.checks.past import utc


def test_the_examples_are_true() -> None:
    found = doctest.testmod(wording)
    assert found.attempted > 10
    assert found.failed == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "?"), (0.0, "0"), (-0.0, "0"), (999_999.5, "999,999.5"), (1e-5, "1e-05"),
     (0.1 + 0.2, "0.3"), (100.00001, "100"), (float("inf"), "inf"), (-1234.5, "-1,234.5")],
)  # fmt: skip
def test_numbers_are_short_and_never_hide_that_they_are_unknown(
    value: float | None, text: str
) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(None, "?"), (0.0, "0 %"), (-0.2, "-20 %"), (0.00001, "0.001 %"), (25.0, "2,500 %"),
     (float("inf"), "inf %")],
)  # fmt: skip
def test_percent_never_rounds_something_to_nothing(ratio: float | None, text: str) -> None:
    assert percent(ratio) == text


def test_sizes_and_lengths_have_their_units() -> None:
    assert (size(0), size(999), size(1e18)) == ("0 B", "999 B", "1.00 EB")
    assert (span(timedelta(0)), span(-timedelta(hours=25))) == ("0 s", "1 d 1 h")


def test_a_moment_is_local_and_names_its_day_and_zone() -> None:
    assert moment(utc("2026-03-29 01:30"), "Europe/Berlin") == "Sun 2026-03-29 03:30 Europe/Berlin"
    assert moment(utc("2026-03-29 01:30"), named=False) == "Sun 2026-03-29 01:30"


@pytest.mark.parametrize("written", ["", "1", "h", "1w", "1.5h", "-1h", "٣h", "1h\n", None, 5])
def test_what_is_no_duration_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match="is not a duration; write for example 90s, 15m, 1h or 1d"):
        length(written)  # type: ignore[arg-type]


@pytest.mark.parametrize("written", ["0s", "367d", "999999999d"])
def test_a_duration_that_is_too_short_or_too_long_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=f"'{written}' is out of range; write a duration from 1s"):
        length(written)


def test_a_form_refuses_what_is_no_duration_in_the_same_words() -> None:
    class Form(BaseModel):
        wait: Length

    with pytest.raises(ValidationError, match="'soon' is not a duration; write for example 90s"):
        Form(wait="soon")


def test_a_wrong_name_is_told_which_was_meant_whatever_its_case() -> None:
    assert near("STRNG", ["String", "Long"]) == "did you mean 'String'?"
    assert near("x", []) == "there is none"
