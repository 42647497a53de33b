"""Bounds that a check over rows asks for by name, learned from what it observed before."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from checks.core import Check, Past, Sample
from checks.expectations.form import ExpectationForm
from checks.expectations.parameters import named
from checks.metrics import OBSERVED
from checks.rows.core import LEARNED_LOWER, LEARNED_UPPER
from limnograph.due import next_time
from limnograph.settings.schedules import Every, Schedule

HISTORY = timedelta(days=90)
FINEST = Every(3600)  # what is judged more often is learned from by the hour


def asked(check: Check) -> bool:
    """Whether the arguments of an expectation name a learned bound."""
    form = check.form
    return isinstance(form, ExpectationForm) and bool(named(form.arguments))


def learned(check: Check, past: Past, schedule: Schedule) -> Mapping[str, float | None]:
    """The bounds of the next observation; None while there is too little to learn from.

    `schedule` is by which the check is judged.
    """
    from checks.volume.backtest import State, Tuning
    from checks.volume.learned import band

    zone = check.subject.time_zone
    series = past.samples(OBSERVED.name, {"check": check.id}, past.now - HISTORY)
    samples = [sample for values in series.values() for sample in values]
    seen = list(_observed(samples, _judged_at(check, samples, schedule, past.now)))
    if not seen:
        return {LEARNED_LOWER: None, LEARNED_UPPER: None}
    tuning = Tuning(time_zone=zone, expected=tuple(past.expected(check.id)))
    bounds = band([one.at for one in seen], [one.value for one in seen], past.now, tuning)
    if bounds.state is State.LEARNING:
        return {LEARNED_LOWER: None, LEARNED_UPPER: None}
    return {LEARNED_LOWER: bounds.lower, LEARNED_UPPER: bounds.upper}


def _observed(samples: Sequence[Sample], times: Sequence[datetime]) -> Iterator[Sample]:
    """What was seen at each time but the last, at the latest shortly before the next one.

    The store keeps a value only where it changed: without this a steady series has no history.
    """
    place = 0
    for at, until in pairwise(times):
        while place + 1 < len(samples) and samples[place + 1].at < until:
            place += 1
        yield Sample(at, samples[place].value)


def _judged_at(
    check: Check, samples: Sequence[Sample], schedule: Schedule, now: datetime
) -> Sequence[datetime]:
    """When the check was due, from its first observation on until now."""
    if not samples:
        return ()
    name, zone = check.subject.name, check.subject.time_zone
    first = next_time(schedule, zone, name, now)
    fine = next_time(schedule, zone, name, first) - first < timedelta(seconds=FINEST.seconds)
    used, at = FINEST if fine else schedule, max(samples[0].at, now - HISTORY)
    times = []
    while at <= now:
        times.append(at)
        at = next_time(used, zone, name, at)
    return times
