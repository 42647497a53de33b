"""Values of metrics against limits: the whole verdicts."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.core import Check, Sample, Status, Verdict
from checks.threshold import KIND
from checks.threshold.form import ROW_CHANGES
from monitors.core import Subject
from tests.checks.past import LiteralPast, hourly, utc

ROWS = "lakehouse_table_rows"
COMMITTED = "lakehouse_table_last_commit_timestamp_seconds"
SIZES = "lakehouse_table_files_by_size"
Series = dict[tuple[str, ...], Sequence[Sample]]
NOW = utc("2026-11-23 12:00")
LOOK = "limnograph report --only main.bronze.posts"
MEND = "see what changed it, or mend the limit"


def check(**fields: object) -> Check:
    form = KIND.form.model_validate({"type": "threshold", "metric": ROWS, **fields})
    return Check("few", "threshold", "threshold", form, Subject("table", "main.bronze.posts"))


def judged(past: LiteralPast, **fields: object) -> Sequence[Verdict]:
    assert KIND.judge is not None
    return KIND.judge(check(**fields), past)


def gauge(*samples: tuple[str, float], metric: str = ROWS) -> LiteralPast:
    kept = [Sample(utc(f"2026-11-{at}"), value) for at, value in samples]
    return LiteralPast(NOW, series={metric: {(): kept}})


def status(value: float, **fields: object) -> Status:
    (verdict,) = judged(gauge(("23 06:00", value)), **fields)
    return verdict.status


def test_a_value_below_its_limit_fails_with_everything_that_is_known() -> None:
    past = gauge(("22 06:00", 120), ("23 06:00", 99))
    assert judged(past, comparison="below", fail=100) == [
        Verdict(
            Status.FAIL,
            "lakehouse_table_rows is 99, below 100",
            MEND,
            observed=99.0,
            expected="at least 100",
            lower=100.0,
            window=(utc("2026-11-23 06:00"), NOW),
            look=LOOK,
        )
    ]


def test_a_value_within_its_limits_passes() -> None:
    assert judged(gauge(("23 06:00", 100)), comparison="below", fail=100) == [
        Verdict(
            Status.PASS,
            "lakehouse_table_rows is 100, at least 100",
            observed=100.0,
            expected="at least 100",
            lower=100.0,
            window=(utc("2026-11-23 06:00"), NOW),
            look=LOOK,
        )
    ]


def test_a_warning_names_the_limit_that_was_reached() -> None:
    (verdict,) = judged(gauge(("23 06:00", 150)), comparison="above", warn=100, fail=200)
    assert (verdict.status, verdict.reason) == (
        Status.WARN,
        "lakehouse_table_rows is 150, above 100",
    )
    assert (verdict.expected, verdict.lower, verdict.upper) == ("at most 100", None, 100.0)


@pytest.mark.parametrize(
    ("comparison", "limit", "bad", "good"),
    [
        ("above", 10, 10.01, 10),
        ("at_least", 10, 10, 9.99),
        ("below", 10, 9.99, 10),
        ("at_most", 10, 10, 10.01),
        ("equal", 10, 10, 10.01),
        ("not_equal", 10, 10.01, 10),
        ("between", [10, 20], 20, 20.01),
        ("between", [10, 20], 10, 9.99),
        ("outside", [10, 20], 20.01, 20),
        ("outside", [10, 20], 9.99, 10),
        ("below", 0, -0.01, 0),
        ("not_equal", 0, 1, 0),
    ],
)
def test_the_comparison_says_what_is_bad(
    comparison: str, limit: object, bad: float, good: float
) -> None:
    assert status(bad, comparison=comparison, fail=limit) is Status.FAIL
    assert status(good, comparison=comparison, fail=limit) is Status.PASS


def test_a_limit_of_zero_is_a_limit() -> None:
    (verdict,) = judged(gauge(("23 06:00", 5)), comparison="above", warn=0, fail=10)
    assert (verdict.status, verdict.upper, verdict.expected) == (Status.WARN, 0.0, "at most 0")


def test_no_value_is_not_assessed_and_never_zero() -> None:
    assert judged(LiteralPast(NOW), comparison="above", fail=0) == (
        Verdict.not_assessed(
            "lakehouse_table_rows has no value",
            "see in `limnograph report` what its monitor lacks",
            look=LOOK,
        ),
    )


def test_a_value_that_became_unknown_is_not_judged_by_the_one_before() -> None:
    past = LiteralPast(NOW, series={ROWS: {(): [Sample(NOW, 5)]}}, gauges={ROWS: None})
    (verdict,) = judged(past, comparison="above", fail=1)
    assert (verdict.status, verdict.reason) == (
        Status.NOT_ASSESSED,
        "lakehouse_table_rows is unknown: the last reading could not tell",
    )


def test_a_value_that_is_not_a_number_is_not_assessed() -> None:
    (verdict,) = judged(gauge(("23 06:00", float("nan"))), comparison="above", fail=1)
    assert (verdict.status, verdict.reason) == (
        Status.NOT_ASSESSED,
        "lakehouse_table_rows is unknown: its last value is not a number",
    )


def test_an_infinite_value_is_greater_than_any_limit() -> None:
    assert status(float("inf"), comparison="above", fail=1e308) is Status.FAIL


def test_a_table_that_cannot_be_read_is_an_error() -> None:
    past = LiteralPast(NOW, unreadable=("access denied", "grant SELECT"))
    assert judged(past, comparison="above", fail=1) == (
        Verdict.error("access denied", "grant SELECT", look=LOOK),
    )


def test_each_combination_of_labels_is_a_slice() -> None:
    series: Series = {
        ("small",): [Sample(utc("2026-11-23 06:00"), 900)],
        ("large",): [Sample(utc("2026-11-23 06:00"), 3)],
    }
    past = LiteralPast(NOW, series={SIZES: series}, label_names={SIZES: ("size_class",)})
    found = judged(past, metric=SIZES, comparison="above", fail=100)
    assert [(v.slice, v.status) for v in found] == [
        ("size_class=large", Status.PASS),
        ("size_class=small", Status.FAIL),
    ]
    (one,) = judged(past, metric=SIZES, labels={"size_class": "small"}, comparison=">", fail=1)
    assert one.slice == "size_class=small"


def test_labels_without_a_series_name_those_that_there_are() -> None:
    series: Series = {("small",): [Sample(NOW, 900)], ("large",): [Sample(NOW, 3)]}
    past = LiteralPast(NOW, series={SIZES: series}, label_names={SIZES: ("size_class",)})
    (verdict,) = judged(past, metric=SIZES, labels={"size_class": "tiny"}, comparison=">", fail=1)
    assert (verdict.status, verdict.reason, verdict.mend) == (
        Status.NOT_ASSESSED,
        "lakehouse_table_files_by_size has no value with size_class=tiny",
        "there are values with size_class=large; size_class=small",
    )


def test_series_of_a_metric_that_is_not_known_here_are_named_by_their_values() -> None:
    past = LiteralPast(NOW, series={"plugin_queue": {("a", "b"): [Sample(NOW, 1)]}})
    (verdict,) = judged(past, metric="plugin_queue", comparison=">", fail=1)
    assert verdict.slice == "a, b"


AGGREGATED = gauge(("21 00:00", 10), ("23 00:00", 40), ("23 06:00", 20))


@pytest.mark.parametrize(
    ("aggregation", "value"),
    [("min", 10.0), ("max", 40.0), ("mean", 17.5), ("count", 2.0), ("increase", 30.0),
     ("change", 10.0), ("relative_change", 1.0)],
)  # fmt: skip
def test_a_window_is_aggregated_each_value_holding_until_the_next(
    aggregation: str, value: float
) -> None:
    # 24 h from 22 12:00: 12 h of 10, 6 h of 40, 6 h of 20.
    (verdict,) = judged(
        AGGREGATED, comparison=">", fail=1000, window="24h", aggregation=aggregation
    )
    assert verdict.observed == (20.0 if aggregation == "mean" else value)
    assert verdict.window == (utc("2026-11-22 12:00"), NOW)


def test_a_mean_weighs_values_by_how_long_they_held() -> None:
    past = gauge(("22 12:00", 0), ("23 11:00", 240))
    (verdict,) = judged(past, comparison="above", fail=9, window="24h", aggregation="mean")
    assert (verdict.observed, verdict.reason) == (
        10.0,
        "the mean of lakehouse_table_rows in 24h is 10, above 9",
    )


def test_the_last_value_holds_no_longer_than_the_last_reading() -> None:
    past = gauge(("22 12:00", 0), ("23 06:00", 240))
    past.last_read = utc("2026-11-23 06:00")
    (verdict,) = judged(past, comparison="above", fail=9, window="18h", aggregation="mean")
    assert (verdict.observed, verdict.window) == (
        0.0,
        (utc("2026-11-22 12:00"), utc("2026-11-23 06:00")),
    )


@pytest.mark.parametrize("aggregation", ["change", "increase", "count", "relative_change"])
def test_a_change_over_a_window_that_begins_before_the_history_is_not_assessed(
    aggregation: str,
) -> None:
    past = gauge(("23 06:00", 5), ("23 07:00", 50))
    (verdict,) = judged(past, comparison=">", fail=1, window="24h", aggregation=aggregation)
    assert (verdict.status, verdict.mend) == (Status.NOT_ASSESSED, "let it run")
    assert verdict.reason.endswith("is unknown: history is 6 h, 1 d are needed")


def test_a_share_of_nothing_is_not_assessed() -> None:
    past = gauge(("22 06:00", 0), ("23 07:00", 50))
    (verdict,) = judged(past, comparison=">", fail=1, window="24h", aggregation="relative_change")
    assert (verdict.status, verdict.mend) == (Status.NOT_ASSESSED, "write aggregation: change")


def test_a_fall_by_a_share_is_told_in_percent() -> None:
    past = gauge(("22 06:00", 200), ("23 07:00", 150))
    (verdict,) = judged(
        past, comparison="below", fail=-0.2, window="24h", aggregation="relative_change"
    )
    assert (verdict.status, verdict.reason) == (
        Status.FAIL,
        "the relative change of lakehouse_table_rows in 24h is -25 %, below -20 %",
    )


def test_the_age_of_a_timestamp_is_judged_in_seconds_and_told_in_hours() -> None:
    at = utc("2026-11-22 09:00")
    past = gauge(("22 09:00", at.timestamp()), metric=COMMITTED)
    (verdict,) = judged(past, metric=COMMITTED, age=True, comparison="above", fail="26h")
    assert (verdict.status, verdict.observed, verdict.upper, verdict.reason) == (
        Status.FAIL,
        27 * 3600.0,
        26 * 3600.0,
        f"the age of {COMMITTED} is 1 d 3 h, above 1 d 2 h",
    )


def test_an_age_just_above_its_limit_is_told_exactly() -> None:
    at = NOW - timedelta(hours=26, seconds=30)
    past = LiteralPast(NOW, series={COMMITTED: {(): [Sample(at, at.timestamp())]}})
    (verdict,) = judged(past, metric=COMMITTED, age=True, comparison="above", fail="26h")
    assert verdict.reason == f"the age of {COMMITTED} is 93,630, above 93,600"


def test_a_value_just_above_its_limit_is_told_exactly() -> None:
    (verdict,) = judged(gauge(("23 06:00", 100.0000001)), comparison="above", fail=100)
    assert verdict.reason == "lakehouse_table_rows is 100.0000001, above 100.0"


def test_a_timestamp_in_the_future_has_no_negative_age() -> None:
    at = NOW + timedelta(hours=1)
    past = LiteralPast(NOW, series={COMMITTED: {(): [Sample(NOW, at.timestamp())]}})
    (verdict,) = judged(past, metric=COMMITTED, age=True, comparison="above", fail="1h")
    assert (verdict.status, verdict.observed) == (Status.PASS, 0.0)


def test_the_increase_of_row_changes_is_the_rows_of_the_hours() -> None:
    slots = hourly(utc("2026-11-22 12:00"), [5] * 25)
    past = LiteralPast(NOW, hour_slots={"inserted": slots, "deleted": slots[:0]})
    found = judged(
        past, metric=ROW_CHANGES, comparison="below", fail=126, window="24h", aggregation="increase"
    )
    assert [(v.slice, v.status, v.observed) for v in found] == [
        ("change=insert", Status.FAIL, 125.0)
    ]


def test_an_hour_of_unknown_rows_makes_their_increase_unknown() -> None:
    slots = hourly(utc("2026-11-23 09:00"), [5, None, 5, 0])
    past = LiteralPast(NOW, hour_slots={"inserted": slots})
    (verdict,) = judged(
        past, metric=ROW_CHANGES, labels={"change": "insert"}, comparison="below", fail=1,
        window="3h", aggregation="increase",
    )  # fmt: skip
    assert (verdict.status, verdict.reason) == (
        Status.NOT_ASSESSED,
        f"the increase of {ROW_CHANGES} in 3h is unknown: the rows of 1 hour from "
        "Mon 2026-11-23 10:00 UTC on are not known",
    )


def test_row_changes_of_a_table_that_is_known_for_less_than_the_window_are_not_assessed() -> None:
    past = LiteralPast(NOW, hour_slots={"inserted": hourly(utc("2026-11-23 09:00"), [5, 5, 5, 0])})
    (verdict,) = judged(
        past, metric=ROW_CHANGES, labels={"change": "insert"}, comparison="below", fail=100,
        window="24h", aggregation="increase",
    )  # fmt: skip
    assert verdict.reason == (
        f"the increase of {ROW_CHANGES} in 24h is unknown: history is 3 h, 1 d are needed"
    )


@pytest.mark.parametrize(
    ("metric", "value", "told"),
    [
        ("lakehouse_table_size_bytes", 2_340_000, "2.34 MB"),
        ("lakehouse_table_gap_margin_seconds", 5400, "1 h 30 min"),
        ("lakehouse_table_gap_margin_seconds", -5400, "-1 h 30 min"),
        ("lakehouse_table_gap_margin_seconds", 1.5, "1.5 s"),
        ("lakehouse_table_small_files_ratio", 0.256, "25.6 %"),
        ("lakehouse_table_rows", 1234567, "1,234,567"),
    ],
)
def test_a_value_is_told_in_its_unit(metric: str, value: float, told: str) -> None:
    past = gauge(("23 06:00", value), metric=metric)
    (verdict,) = judged(past, metric=metric, comparison="equal", fail=7)
    assert verdict.reason.startswith(f"{metric} is {told}, anything but ")


_NUMBERS = st.floats(-1e6, 1e6)
_ORDER = [Status.PASS, Status.WARN, Status.FAIL]


@given(_NUMBERS, _NUMBERS, st.floats(0, 1e6))
def test_a_wider_limit_never_makes_a_verdict_worse(value: float, limit: float, by: float) -> None:
    for comparison, wider in (("above", limit + by), ("below", limit - by)):
        before = status(value, comparison=comparison, fail=limit)
        after = status(value, comparison=comparison, fail=wider)
        assert _ORDER.index(after) <= _ORDER.index(before)


@given(st.lists(st.tuples(st.integers(0, 48), _NUMBERS), min_size=1, unique_by=lambda s: s[0]))
def test_a_mean_lies_between_the_least_and_the_greatest(samples: list[tuple[int, float]]) -> None:
    kept = [Sample(NOW - timedelta(hours=48 - at), value) for at, value in sorted(samples)]
    past = LiteralPast(NOW, series={ROWS: {(): kept}})
    low, mean, high = (
        judged(past, comparison=">", fail=1, window="24h", aggregation=name)[0].observed
        for name in ("min", "mean", "max")
    )
    assert isinstance(low, float)
    assert isinstance(mean, float)
    assert isinstance(high, float)
    assert low - 1e-6 <= mean <= high + 1e-6


@given(st.permutations(["a", "b", "c", "d"]))
def test_the_order_of_series_does_not_change_the_verdicts(names: list[str]) -> None:
    series: Series = {(name,): [Sample(NOW, float(ord(name)))] for name in names}
    past = LiteralPast(NOW, series={SIZES: series}, label_names={SIZES: ("size_class",)})
    found = judged(past, metric=SIZES, comparison=">", fail=98)
    assert [(v.slice, str(v.status)) for v in found] == [
        ("size_class=a", "pass"),
        ("size_class=b", "pass"),
        ("size_class=c", "fail"),
        ("size_class=d", "fail"),
    ]
