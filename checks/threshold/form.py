"""The form of a threshold: a metric, what its values come to, and limits that fit each other."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import isfinite
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema, model_validator

from checks.core import Count
from checks.forms import DURATION, CheckForm
from checks.wording import Length, length, near, number
from monitors.core import TABLE_LABELS, Metric

Comparison = Literal[
    "above", "at_least", "below", "at_most", "equal", "not_equal", "between", "outside"
]
Aggregation = Literal[
    "last", "min", "max", "mean", "count", "increase", "change", "relative_change"
]
Limit = float | tuple[float, float]

_SYMBOLS = {
    ">": "above", ">=": "at_least", "<": "below", "<=": "at_most", "==": "equal", "=": "equal",
    "!=": "not_equal",
}  # fmt: skip
_PAIRED = ("between", "outside")
_TIMESTAMP = "_timestamp_seconds"
ROW_CHANGES = "lakehouse_table_row_changes_total"
"""The one counter whose past is kept, as the rows of every hour."""
COUNTS: Mapping[str, Count] = {"insert": "inserted", "update": "updated", "delete": "deleted"}
"""How hours count the rows of each of its changes."""


def _comparison(written: object) -> object:
    return _SYMBOLS.get(written, written) if isinstance(written, str) else written


def _limit(written: object) -> Limit:
    if isinstance(written, list | tuple):
        if len(written) != 2:
            raise ValueError(f"a range has two ends, got {len(written)}; write [low, high]")
        low, high = (_one(end) for end in written)
        if low > high:
            raise ValueError(f"the range begins above its end; write [{high:g}, {low:g}]")
        return low, high
    return _one(written)


def _one(written: object) -> float:
    if isinstance(written, str) and written[-1:] in "smhd" and written[:1].isdigit():
        return length(written).total_seconds()
    try:
        value = float("" if isinstance(written, bool) else written)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"expected a number, got {written!r}; write for example 100") from None
    if not isfinite(value):
        raise ValueError(f"{written!r} is no limit; write a number, or leave it out")
    return value


_ONE_SCHEMA = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": DURATION}]}
_SCHEMA: dict[str, Any] = {
    "anyOf": [
        *_ONE_SCHEMA["anyOf"],
        {"type": "array", "items": _ONE_SCHEMA, "minItems": 2, "maxItems": 2},
        {"type": "null"},
    ]
}
LimitField = Annotated[Limit | None, BeforeValidator(_limit), WithJsonSchema(_SCHEMA)]
_COMPARISONS: dict[str, Any] = {"enum": [*get_args(Comparison), *_SYMBOLS]}


class ThresholdForm(CheckForm):
    """A metric and its limits."""

    metric: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z_:][a-zA-Z0-9_:]*$")] = Field(
        description="Name of the metric, such as lakehouse_table_rows."
    )
    labels: dict[str, str] = Field(
        default_factory=dict,
        description="Judge only the series with these labels; those of the table are left out.",
    )
    window: Length | None = Field(
        default=None, description="How far back the values go that are aggregated, such as 24h."
    )
    aggregation: Aggregation = Field(
        default="last",
        description="What the values of the window come to: the last, min, max, the mean over "
        "time, how often it changed (count), how much it rose in all (increase), the last less "
        "the first (change), or that as a share of the first (relative_change).",
    )
    age: bool = Field(
        default=False, description="Judge how long ago a timestamp is, in seconds; limits: 26h."
    )
    comparison: Annotated[
        Comparison, BeforeValidator(_comparison), WithJsonSchema(_COMPARISONS)
    ] = Field(
        description="What is bad: a value above, at_least, below, at_most, equal or not_equal to "
        "the limit, or between or outside the two ends of a range; an end is within its range."
    )
    warn: LimitField = Field(
        default=None, description="Limit of a warning; it must be reached before that of a failure."
    )
    fail: LimitField = Field(
        default=None,
        description="Limit of a failure: a number, a duration for a metric in seconds, or "
        "[low, high].",
    )

    @model_validator(mode="after")
    def _fits(self) -> "ThresholdForm":
        _check_limits(self)
        _check_window(self)
        _check_labels(self)
        return self


def _check_limits(form: ThresholdForm) -> None:
    limits = {
        name: limit for name in ("warn", "fail") if (limit := getattr(form, name)) is not None
    }
    if not limits:
        raise ValueError("there is no limit; write fail: or warn: with a number")
    for name, limit in limits.items():
        if isinstance(limit, tuple) != (form.comparison in _PAIRED):
            mend = "[low, high]" if form.comparison in _PAIRED else "one number"
            raise ValueError(f"{name} does not fit comparison {form.comparison}; write {mend}")
    if form.warn is None or form.fail is None:
        return
    if form.comparison == "not_equal":
        raise ValueError("with not_equal a value is always one of two limits; write only one")
    if form.warn == form.fail or not _reached_before(form.comparison, form.warn, form.fail):
        raise ValueError(
            f"warn {limit_text(form.warn)} is not reached before fail {limit_text(form.fail)}; "
            f"write a warn that is {_MILDER[form.comparison]}"
        )


_MILDER = {
    "above": "less than fail", "at_least": "less than fail",
    "below": "greater than fail", "at_most": "greater than fail",
    "equal": "another value than fail",
    "between": "a range around that of fail", "outside": "a range within that of fail",
}  # fmt: skip


def _reached_before(comparison: Comparison, warn: Limit, fail: Limit) -> bool:
    if isinstance(warn, tuple) and isinstance(fail, tuple):
        wide, narrow = (warn, fail) if comparison == "between" else (fail, warn)
        return wide[0] <= narrow[0] and narrow[1] <= wide[1]
    assert isinstance(warn, float)
    assert isinstance(fail, float)
    if comparison == "equal":
        return True
    return warn < fail if comparison in ("above", "at_least") else warn > fail


def _check_window(form: ThresholdForm) -> None:
    if form.aggregation != "last" and form.window is None:
        raise ValueError(f"{form.aggregation} needs a window; write for example window: 24h")
    if form.aggregation == "last" and form.window is not None:
        raise ValueError(
            "the last value needs no window; leave window out, or write an aggregation such as mean"
        )
    if form.age and not form.metric.endswith(_TIMESTAMP):
        raise ValueError(f"age is that of a timestamp, and {form.metric} is none; leave age out")
    if form.age and form.aggregation != "last":
        raise ValueError("age is that of the last value; leave aggregation and window out")
    if form.metric.endswith("_total") and form.aggregation != "last":
        if form.metric == ROW_CHANGES and form.aggregation == "increase":
            return
        raise ValueError(
            f"of the counter {form.metric} only the total is kept; write aggregation: last, or "
            f"aggregation: increase of {ROW_CHANGES}"
        )


def _check_labels(form: ThresholdForm) -> None:
    metric = declared().get(form.metric)
    own = None if metric is None else own_labels(metric)
    for name in form.labels:
        if name in TABLE_LABELS:
            raise ValueError(f"label {name} is that of the table itself; leave it out")
        if own is not None and name not in own:
            advice = near(name, own) if own else "leave labels out"
            raise ValueError(f"{form.metric} has no label {name!r}; {advice}")
    change = form.labels.get("change", "insert")
    if form.metric == ROW_CHANGES and change not in COUNTS:
        raise ValueError(f"{form.metric} counts no {change!r}; {near(change, COUNTS)}")


def limit_text(limit: Limit, text: Callable[[float], str] = number) -> str:
    """A limit in words, each of its numbers written by `text`."""
    if isinstance(limit, tuple):
        return f"{text(limit[0])} to {text(limit[1])}"
    return text(limit)


@lru_cache(maxsize=1)
def declared() -> Mapping[str, Metric]:
    """The metrics that are known here, by name; those of plug-ins are not among them."""
    import monitors
    from checks import metrics

    ours = (metric for monitor in monitors.ALL for metric in monitor.metrics)
    return {metric.name: metric for metric in (*ours, *metrics.ALL)}


def own_labels(metric: Metric) -> tuple[str, ...]:
    """The labels of a metric, those of its table left out."""
    return tuple(name for name in metric.labels if name not in TABLE_LABELS)
