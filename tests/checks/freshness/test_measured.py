"""What the learned rules do on ten simulated weeks with an outage of four days in the eighth."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from statistics import median

import pytest

from checks.freshness.calendar import Calendar
from checks.freshness.learned import LEARN, usual

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)
DAYS, LEARNING, OUTAGE, SEEDS = 70, 21, 4, 3


def _commits(schedule: str, random: Random) -> Iterator[datetime]:
    for number in range(DAYS * 24):
        day, hour = divmod(number, 24)
        at = MONDAY + number * HOUR
        about = MONDAY + day * DAY + 6 * HOUR + random.gauss(0, 40) * timedelta(minutes=1)
        within = at + random.randrange(60) * timedelta(minutes=1)
        workday, luck = day % 7 < 5, random.random()
        if (
            (schedule == "hourly" and luck < 0.98)
            or (schedule == "office hours" and workday and 8 <= hour < 18 and luck < 0.95)
            or (schedule == "every 6 h" and hour % 6 == 0 and luck < 0.97)
            or (schedule == "sporadic" and luck < 0.15)
        ):
            yield within
        if hour == 6 and (schedule == "daily" or (schedule == "weekdays" and workday)):
            yield about


def _measured(schedule: str) -> tuple[float, float]:
    """False alarms in 30 days, and hours from the first missed commit to the alarm."""
    alarms, delays = 0, []
    for seed in range(SEEDS):
        random = Random(seed)
        every = sorted(_commits(schedule, random))
        begin = MONDAY + 50 * DAY + random.randrange(48) * HOUR
        kept = [at for at in every if not begin <= at < begin + OUTAGE * DAY]
        missed = next(at for at in every if at >= begin)
        for index, (last, following) in enumerate(pairwise(kept)):
            if last < MONDAY + LEARNING * DAY:
                continue
            seen = [at for at in kept[: index + 1] if at >= last - LEARN]
            due = usual(seen, Calendar(), 0.1).due
            assert due is not None
            if last < begin <= following:
                delays.append((due - missed) / HOUR)
                assert due < following
            else:
                alarms += due < following
    return alarms / (SEEDS * (DAYS - LEARNING - OUTAGE)) * 30, median(delays)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schedule", "hours"),
    [
        ("hourly", 3),
        ("office hours", 4),
        ("every 6 h", 12),
        ("daily", 12),
        ("weekdays", 36),
        ("sporadic", 48),
    ],
)
def test_an_outage_is_told_in_time_and_with_few_false_alarms(schedule: str, hours: int) -> None:
    alarms, delay = _measured(schedule)
    assert delay <= hours
    assert alarms <= 0.5
