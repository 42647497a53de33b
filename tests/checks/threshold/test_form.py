"""What can be written in the form of a threshold, and what is refused with which words."""

import pytest
from pydantic import ValidationError

from checks.threshold.form import ROW_CHANGES, ThresholdForm

ROWS = "lakehouse_table_rows"


def form(**fields: object) -> ThresholdForm:
    return ThresholdForm.model_validate({"type": "threshold", "metric": ROWS, **fields})


def refusal(**fields: object) -> str:
    with pytest.raises(ValidationError) as raised:
        form(**fields)
    (error,) = raised.value.errors(include_url=False)
    return error["msg"].removeprefix("Value error, ")


@pytest.mark.parametrize(
    ("written", "meant"),
    [(">", "above"), (">=", "at_least"), ("<", "below"), ("<=", "at_most"), ("==", "equal"),
     ("!=", "not_equal"), ("above", "above")],
)  # fmt: skip
def test_a_comparison_is_a_word_or_a_sign(written: str, meant: str) -> None:
    assert form(comparison=written, fail=1).comparison == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [(100, 100.0), (0.5, 0.5), ("26h", 93600.0), ("1e3", 1000.0), (0, 0.0), (-5, -5.0)],
)
def test_a_limit_is_a_number_or_a_duration_in_seconds(written: object, meant: float) -> None:
    assert form(comparison="above", fail=written).fail == meant


def test_a_range_has_two_ends_which_may_be_durations() -> None:
    assert form(comparison="outside", fail=["1h", 7200]).fail == (3600.0, 7200.0)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"comparison": "above"}, "there is no limit; write fail: or warn: with a number"),
        ({"comparison": "above", "fail": "many"},
         "expected a number, got 'many'; write for example 100"),
        ({"comparison": "above", "fail": True},
         "expected a number, got True; write for example 100"),
        ({"comparison": "above", "fail": "nan"},
         "'nan' is no limit; write a number, or leave it out"),
        ({"comparison": "above", "fail": 10**400},
         f"expected a number, got {10**400}; write for example 100"),
        ({"comparison": "above", "fail": [1, 2]},
         "fail does not fit comparison above; write one number"),
        ({"comparison": "outside", "warn": 5},
         "warn does not fit comparison outside; write [low, high]"),
        ({"comparison": "outside", "fail": [5, 1]},
         "the range begins above its end; write [1, 5]"),
        ({"comparison": "outside", "fail": [5]}, "a range has two ends, got 1; write [low, high]"),
        ({"comparison": "above", "warn": 10, "fail": 5},
         "warn 10 is not reached before fail 5; write a warn that is less than fail"),
        ({"comparison": "above", "warn": 5, "fail": 5},
         "warn 5 is not reached before fail 5; write a warn that is less than fail"),
        ({"comparison": "below", "warn": 5, "fail": 10},
         "warn 5 is not reached before fail 10; write a warn that is greater than fail"),
        ({"comparison": "outside", "warn": [0, 10], "fail": [1, 9]},
         "warn 0 to 10 is not reached before fail 1 to 9; write a warn that is a range within that "
         "of fail"),
        ({"comparison": "between", "warn": [1, 9], "fail": [0, 10]},
         "warn 1 to 9 is not reached before fail 0 to 10; write a warn that is a range around that "
         "of fail"),
        ({"comparison": "not_equal", "warn": 1, "fail": 2},
         "with not_equal a value is always one of two limits; write only one"),
        ({"comparison": "above", "fail": 1, "aggregation": "mean"},
         "mean needs a window; write for example window: 24h"),
        ({"comparison": "above", "fail": 1, "window": "1h"},
         "the last value needs no window; leave window out, or write an aggregation such as mean"),
        ({"comparison": "above", "fail": 1, "window": "0h", "aggregation": "max"},
         "'0h' is out of range; write a duration from 1s to 366d"),
        ({"comparison": "above", "fail": 1, "age": True},
         "age is that of a timestamp, and lakehouse_table_rows is none; leave age out"),
        ({"comparison": "above", "fail": 1, "labels": {"change": "insert"}},
         "lakehouse_table_rows has no label 'change'; leave labels out"),
        ({"comparison": "above", "fail": 1, "labels": {"table": "posts"}},
         "label table is that of the table itself; leave it out"),
        ({"comparison": "above", "fail": 1, "metric": ROW_CHANGES, "labels": {"chang": "insert"}},
         f"{ROW_CHANGES} has no label 'chang'; did you mean 'change'?"),
        ({"comparison": "above", "fail": 1, "metric": ROW_CHANGES, "labels": {"change": "inserts"},
          "aggregation": "increase", "window": "1d"},
         f"{ROW_CHANGES} counts no 'inserts'; did you mean 'insert'?"),
        ({"comparison": "above", "fail": 1, "metric": "lakehouse_jobs_total",
          "aggregation": "mean", "window": "1d"},
         "of the counter lakehouse_jobs_total only the total is kept; write aggregation: last, or "
         f"aggregation: increase of {ROW_CHANGES}"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_the_mend(fields: dict[str, object], words: str) -> None:
    assert refusal(**fields) == words


def test_labels_of_a_metric_that_is_not_known_here_are_taken_as_they_are() -> None:
    written = form(metric="plugin_queue_length", labels={"queue": "a"}, comparison=">", fail=1)
    assert written.labels == {"queue": "a"}


def test_warn_alone_is_enough() -> None:
    assert form(comparison="between", warn=[1, 2]).fail is None


def test_a_warning_for_one_value_and_a_failure_for_another_fit() -> None:
    assert form(comparison="equal", warn=1, fail=2).warn == 1.0
