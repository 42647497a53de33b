"""The form of a threshold: a metric, what its values come to, and limits that fit each other."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from checks.core import Count
from checks.forms import CheckForm
from checks.limits import ComparisonField, LimitField, check_limits
from checks.wording import Length, near
from monitors.core import TABLE_LABELS, Metric

Aggregation = Literal[
    "last", "min", "max", "mean", "count", "increase", "change", "relative_change"
]
_TIMESTAMP = "_timestamp_seconds"
ROW_CHANGES = "lakehouse_table_row_changes_total"
"""The one counter whose past is kept, as the rows of every hour."""
COUNTS: Mapping[str, Count] = {"insert": "inserted", "update": "updated", "delete": "deleted"}
"""How hours count the rows of each of its changes."""


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
    comparison: ComparisonField = Field(
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
        check_limits(self)
        _check_window(self)
        _check_labels(self)
        return self


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
