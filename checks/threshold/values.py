"""What the series of a metric come to: their last values, or aggregates over a window. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import isnan

from checks.core import Count, Past, Sample, Span
from checks.threshold.form import COUNTS, ROW_CHANGES, ThresholdForm, declared, own_labels
from checks.wording import length, moment, plural, span

_NEEDS_START = ("count", "increase", "change", "relative_change")
_ONLY: tuple[str, ...] = ()  # the label values of a series that has no labels but its table's


@dataclass(frozen=True, slots=True)
class Value:
    """What a series comes to, and the window of it; None is unknown, with reason and mend."""

    value: float | None
    window: Span | None = None
    reason: str = ""
    mend: str = "let it run"


def values(form: ThresholdForm, past: Past) -> Mapping[str, Value]:
    """By slice, in order; empty where the metric has no series."""
    # A value holds as long as the table is known to have it: up to its last reading.
    until = min(past.read_at or past.now, past.now)
    since = until - length(form.window) if form.window else until
    if form.metric == ROW_CHANGES and form.aggregation == "increase":
        return _rows(form, past, (since, until))
    found = {key: s for key, s in past.samples(form.metric, form.labels, since).items() if s}
    if _is_gone(form, past, found):
        reason = "the last reading could not tell"
        return {"": Value(None, None, reason, "see in `limnograph report` what its monitor lacks")}
    return {
        slice_name(form.metric, key): _aggregated(form, samples, (since, until))
        for key, samples in sorted(found.items())
    }


def slice_name(metric: str, key: Sequence[str]) -> str:
    """A series by its label values, with their names where the metric is known here."""
    known = declared().get(metric)
    names = () if known is None else own_labels(known)
    if len(names) != len(key):
        return ", ".join(key)
    return ", ".join(f"{name}={value}" for name, value in zip(names, key, strict=True))


def _is_gone(form: ThresholdForm, past: Past, found: Mapping[tuple[str, ...], object]) -> bool:
    """Whether a gauge has become unknown since its last value, which its history does not tell."""
    if form.metric.endswith("_total") or set(found) != {_ONLY}:
        return False
    return past.latest(form.metric) is None


def _rows(form: ThresholdForm, past: Past, window: Span) -> Mapping[str, Value]:
    """Rows that commits changed in the hours of the window, the one under way included."""
    wanted = [change for change in sorted(COUNTS) if form.labels.get("change", change) == change]
    first = window[0].replace(minute=0, second=0, microsecond=0)
    return {
        f"change={change}": _counted(past, COUNTS[change], (first, window[1]))
        for change in wanted
        if past.hours(COUNTS[change], first)
    }


def _counted(past: Past, count: Count, window: Span) -> Value:
    slots = past.hours(count, window[0])
    if slots[0].start > window[0]:
        return _short((slots[0].start, window[1]), window)
    unknown = [slot.start for slot in slots if slot.value is None]
    if unknown:
        reason = f"the rows of {plural(len(unknown), 'hour')} from {moment(unknown[0])} on are not"
        mend = "see with `limnograph report` which commits could not be counted"
        return Value(None, window, f"{reason} known", mend)
    return Value(float(sum(slot.value or 0 for slot in slots)), window)


def _aggregated(form: ThresholdForm, samples: Sequence[Sample], window: Span) -> Value:
    if form.aggregation == "last":
        return _last(form, samples[-1], window[1])
    known = max(samples[0].at, window[0]), window[1]
    if form.aggregation in _NEEDS_START and samples[0].at > window[0]:
        return _short(known, window)
    if any(isnan(sample.value) for sample in samples):
        return Value(None, known, "one of its values is not a number")
    value = _AGGREGATES[form.aggregation](samples, known)
    if value is None:
        reason = "it was 0 where the window begins, and nothing is a share of that"
        return Value(None, known, reason, "write aggregation: change")
    return Value(value, known)


def _last(form: ThresholdForm, sample: Sample, until: datetime) -> Value:
    known = min(sample.at, until), until
    if isnan(sample.value):
        return Value(None, known, "its last value is not a number")
    if not form.age:
        return Value(sample.value, known)
    # What was written by a clock that is ahead is new.
    return Value(max(0.0, until.timestamp() - sample.value), known)


def _short(known: Span, window: Span) -> Value:
    reach = span(max(known[1] - known[0], timedelta(0)))
    return Value(None, known, f"history is {reach}, {span(window[1] - window[0])} are needed")


def _mean(samples: Sequence[Sample], window: Span) -> float:
    """Each value weighs as long as it held."""
    starts = [max(sample.at, window[0]) for sample in samples]
    ends = [*starts[1:], max(window[1], starts[-1])]
    weights = [(end - start).total_seconds() for start, end in zip(starts, ends, strict=True)]
    whole = sum(weights)
    if not whole:
        return samples[-1].value
    return sum(one.value * (w / whole) for one, w in zip(samples, weights, strict=True))


def _steps(samples: Sequence[Sample]) -> list[float]:
    return [after.value - before.value for before, after in pairwise(samples)]


def _relative(samples: Sequence[Sample]) -> float | None:
    first, last = samples[0].value, samples[-1].value
    return (last - first) / abs(first) if first else None


_AGGREGATES: Mapping[str, Callable[[Sequence[Sample], Span], float | None]] = {
    "min": lambda samples, window: min(sample.value for sample in samples),
    "max": lambda samples, window: max(sample.value for sample in samples),
    "mean": _mean,
    "count": lambda samples, window: float(sum(step != 0 for step in _steps(samples))),
    "increase": lambda samples, window: sum(max(step, 0.0) for step in _steps(samples)),
    "change": lambda samples, window: samples[-1].value - samples[0].value,
    "relative_change": lambda samples, window: _relative(samples),
}
