"""Bounds that a check over rows asks for by name, learned from what it observed before."""

from collections.abc import Mapping
from datetime import timedelta

from checks.core import Check, Past
from checks.expectations.form import ExpectationForm
from checks.expectations.parameters import named
from checks.metrics import OBSERVED
from checks.rows.core import LEARNED_LOWER, LEARNED_UPPER

HISTORY = timedelta(days=90)


def asked(check: Check) -> bool:
    """Whether the arguments of an expectation name a learned bound."""
    form = check.form
    return isinstance(form, ExpectationForm) and bool(named(form.arguments))


def learned(check: Check, past: Past) -> Mapping[str, float | None]:
    """The bounds of the next observation; None while there is too little to learn from."""
    from checks.volume.backtest import State, Tuning
    from checks.volume.learned import band

    since = past.now - HISTORY
    series = past.samples(OBSERVED.name, {"check": check.id}, since)
    samples = [sample for values in series.values() for sample in values]
    if not samples:
        return {LEARNED_LOWER: None, LEARNED_UPPER: None}
    times, values = [s.at for s in samples], [s.value for s in samples]
    tuning = Tuning(time_zone=check.subject.time_zone, expected=tuple(past.expected(check.id)))
    if times[-1] >= past.now:
        times, values = times[:-1], values[:-1]
    bounds = band(times, values, past.now, tuning)
    if bounds.state is State.LEARNING:
        return {LEARNED_LOWER: None, LEARNED_UPPER: None}
    return {LEARNED_LOWER: bounds.lower, LEARNED_UPPER: bounds.upper}
