"""The newest data of a table, as far as it is known."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isnan

from checks.core import Past, Verdict
from checks.freshness.learned import LEARN_RARE
from checks.wording import moment
from monitors.freshness import LAST_COMMIT, LAST_EVENT

_AHEAD = timedelta(days=1)
"""How far ahead an event may lie: a date is a midnight of UTC, and clocks are up to 14 h apart."""
_LAST_SECOND = 253402300799.0  # of the year 9999


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest data; `at` is None where there never was any that is known. `base` is from when
    on new data is waited for: of a table that was never written, when it was first defined."""

    at: datetime | None
    base: datetime


def newest_commit(past: Past) -> Newest | Verdict:
    changed = _time(past.latest(LAST_COMMIT.name))
    if changed is None:
        # Where the monitor freshness does not read the table, the commits themselves tell.
        changed = max(past.commit_times(past.now - LEARN_RARE), default=None)
    if changed is not None:
        # What a clock that is ahead wrote was there by now.
        at = min(changed, past.now)
        return Newest(at, at)
    first = past.definitions(None)[:1]
    if not first:
        return Verdict.not_assessed(
            "no commit that changed data is known, nor since when the table is there", "let it run"
        )
    return Newest(None, min(first[0].at, past.now))


def newest_event(past: Past) -> Newest | Verdict:
    newest = _time(past.latest(LAST_EVENT.name))
    if newest is None:
        return Verdict.not_assessed(
            "the newest event time is unknown",
            "name its column as `event_time` of the monitor freshness, and see with "
            "`limnograph report` what that lacks",
        )
    if newest > past.now + _AHEAD:
        return Verdict.error(
            f"the newest event time, {moment(newest)}, lies in the future, so it does not tell "
            "how new the data is",
            "mend the rows that have such a time",
            observed=newest,
        )
    at = min(newest, past.now)
    return Newest(at, at)


def _time(value: float | None) -> datetime | None:
    if value is None or isnan(value):
        return None
    return datetime.fromtimestamp(min(max(value, 0.0), _LAST_SECOND), UTC)
