import pytest

from checks.core import Status
from checks.expectations.parameters import filled, named
from tests.checks.expectations.cases import ROWS, check, verdict

_LOWER, _UPPER = {"$PARAMETER": "learned_lower"}, {"$PARAMETER": "learned_upper"}


def test_the_least_share_of_expected_rows_follows_from_the_greatest_of_unexpected_ones() -> None:
    assert named({"column": "a", "mostly": _LOWER}) == {"learned_upper"}
    assert filled({"mostly": _LOWER}, {"learned_upper": 0.25}) == ({"mostly": 0.75}, True)
    assert filled({"mostly": _LOWER}, {"learned_upper": 1.5}) == ({"mostly": 0.0}, True)


def test_an_argument_that_is_not_learned_yet_is_left_out() -> None:
    arguments = {"min_value": _LOWER, "max_value": _UPPER}
    assert filled(arguments, {"learned_lower": 1.0, "learned_upper": None}) == (
        {"min_value": 1.0},
        False,
    )


@pytest.mark.slow
def test_learned_bounds_are_judged() -> None:
    arguments = {"column": "n", "min_value": _LOWER, "max_value": _UPPER}
    mean = "expect_column_mean_to_be_between"
    known = {"learned_lower": 28.0, "learned_upper": 28.5}
    assert verdict(check(mean, arguments, known), ROWS).status is Status.PASS
    known = {"learned_lower": 28.4, "learned_upper": 28.5}
    found = verdict(check(mean, arguments, known), ROWS)
    assert (found.status, found.lower, found.upper) == (Status.FAIL, 28.4, 28.5)


@pytest.mark.slow
def test_a_check_whose_bounds_are_unknown_says_what_it_observed() -> None:
    arguments = {"column": "n", "min_value": _LOWER}
    found = verdict(check("expect_column_max_to_be_between", arguments, {}), ROWS)
    assert (found.status, found.observed, found.lower) == (Status.NOT_ASSESSED, 50.0, None)
    assert found.reason.startswith("learning: the greatest n is 50")

    arguments = {"column": "s", "mostly": _LOWER}
    parameters = {"learned_lower": None, "learned_upper": None}
    found = verdict(check("expect_column_values_to_not_be_null", arguments, parameters), ROWS)
    assert (found.status, found.observed, found.bad) == (Status.NOT_ASSESSED, 1 / 6, 1)
