"""Values against limits: the verdict of each series, in words."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from checks.core import Check, Past, Status, Verdict
from checks.limits import BADLY, WELL, Limit, bounds, judged, limit_text, tightest
from checks.threshold.form import ThresholdForm
from checks.threshold.values import Value, slice_name, values
from checks.wording import listed, number, percent, size, span

_MINUTE, _AGES = 60, 1e12  # seconds that read better in other units


def judge(check: Check, past: Past) -> Sequence[Verdict]:
    """One verdict per series of the metric, at least one."""
    form = check.form
    assert isinstance(form, ThresholdForm)
    look = shlex.join(["limnograph", "report", "--only", check.subject.name])
    if past.unreadable is not None:
        return (Verdict.error(*past.unreadable, look=look),)
    found = values(form, past)
    if not found:
        return (Verdict.not_assessed(*_nothing(form, past), look=look),)
    return [replace(_verdict(form, value), slice=name, look=look) for name, value in found.items()]


def _nothing(form: ThresholdForm, past: Past) -> tuple[str, str]:
    """Why there is no series, and the mend."""
    name = form.metric
    wanted = ", ".join(f"{key}={value}" for key, value in sorted(form.labels.items()))
    others = past.samples(name, {}, past.now) if wanted else {}
    if others:
        there = listed((slice_name(name, key) for key in sorted(others)), 8, "; ")
        return f"{name} has no value with {wanted}", f"there are values with {there}"
    which = f"{name} with {wanted}" if wanted else name
    return f"{which} has no value", "see in `limnograph report` what its monitor lacks"


def _verdict(form: ThresholdForm, value: Value) -> Verdict:
    if value.value is None:
        reason = f"{_what(form)} is unknown: {value.reason}"
        return Verdict.not_assessed(reason, value.mend, window=value.window)
    status, limit = judged(form, value.value)
    write = _writer(form, value.value, limit)
    words = (WELL if status is Status.PASS else BADLY)[form.comparison]
    lower, upper = bounds(form)
    return Verdict(
        status,
        f"{_what(form)} is {write(value.value)}, {words.format(limit_text(limit, write))}",
        "" if status is Status.PASS else "see what changed it, or mend the limit",
        observed=value.value,
        expected=WELL[form.comparison].format(limit_text(tightest(form), write)),
        lower=lower,
        upper=upper,
        window=value.window,
    )


def _what(form: ThresholdForm) -> str:
    """What is judged, as the subject of a sentence."""
    if form.age:
        return f"the age of {form.metric}"
    if form.aggregation == "last":
        return form.metric
    names = {"relative_change": "relative change", "count": "number of changes"}
    return f"the {names.get(form.aggregation, form.aggregation)} of {form.metric} in {form.window}"


def _writer(form: ThresholdForm, value: float, limit: Limit) -> Callable[[float], str]:
    """How the value is written: so exactly that it differs from the limit where it does."""
    ends = limit if isinstance(limit, tuple) else (limit,)
    for write in (_unit(form), number):
        if all(end == value or write(end) != write(value) for end in ends):
            return write
    return repr


def _unit(form: ThresholdForm) -> Callable[[float], str]:
    if form.aggregation == "relative_change" or (
        form.metric.endswith("_ratio") and form.aggregation != "count"
    ):
        return percent
    if form.aggregation == "count":
        return number
    if form.age or (
        form.metric.endswith("_seconds") and not form.metric.endswith("_timestamp_seconds")
    ):
        return _seconds
    return size if form.metric.endswith("_bytes") else number


def _seconds(value: float) -> str:
    if not _MINUTE <= abs(value) <= _AGES:
        return f"{value:.3g} s"
    return f"-{span(timedelta(seconds=-value))}" if value < 0 else span(timedelta(seconds=value))
