"""What a cycle says about limnograph itself, as readings and counters: whether its monitors and
its sources work, for how many subjects, how late, how long it took, and at what cost."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from limnograph import self_metrics
from limnograph.cycle import CycleResult, Due, Result, Values
from limnograph.due import overdue_time
from monitors.core import Measurement, Outcome, Reading, Totals


def monitor_reading(
    monitor: str,
    results: Sequence[Result],
    due: Sequence[Due],
    subjects: Mapping[Outcome, int],
    now: datetime,
) -> Reading:
    """How one monitor fared in a cycle that ended at `now`.

    `results` are its own, at least one; `subjects` counts the last outcomes of all its subjects,
    those included that were not due.
    """
    took = max(result.ended for result in results) - min(result.started for result in results)
    measurements = [
        self_metrics.MONITOR_DURATION(took, monitor, at=now),
        *(
            self_metrics.MONITOR_SUBJECTS(subjects.get(outcome, 0), monitor, outcome, at=now)
            for outcome in Outcome
        ),
    ]
    if _failed(results):
        measurements.append(self_metrics.MONITOR_UP(0, monitor, at=now))
        return _failure(results, measurements)
    overdue = min(_overdue(item, now) for item in due if monitor in _names(item))
    measurements += [
        self_metrics.MONITOR_UP(1, monitor, at=now),
        self_metrics.MONITOR_LAST_SUCCESS(now.timestamp(), monitor, at=now),
        self_metrics.MONITOR_DUE(overdue.timestamp(), monitor, at=now),
    ]
    return Reading(measurements=tuple(measurements))


def source_reading(
    source: str, results: Sequence[Result], latest: Values, now: datetime
) -> Reading:
    """How one source fared; where no commit was new, its data lag in `latest` still holds."""
    lags = [result.lag.total_seconds() for result in results if result.lag is not None]
    known = latest.get((self_metrics.SOURCE_DATA_LAG.name, (source,)))
    lag = max(lags, default=known)
    measurements = []
    if lag is not None:
        measurements.append(self_metrics.SOURCE_DATA_LAG(lag, source, at=now))
    if _failed(results):
        measurements.append(self_metrics.SOURCE_UP(0, source, at=now))
        return _failure(results, measurements)
    measurements += [
        self_metrics.SOURCE_UP(1, source, at=now),
        self_metrics.SOURCE_LAST_SUCCESS(now.timestamp(), source, at=now),
    ]
    return Reading(measurements=tuple(measurements))


def monitor_increments(monitor: str, results: Sequence[Result]) -> Totals:
    """What one run of a monitor adds to its counters; both statuses, so that rates start at 0."""
    failed = _failed(results)
    runs = self_metrics.MONITOR_RUNS.name
    return {(runs, (monitor, "success")): not failed, (runs, (monitor, "error")): failed}


def source_increments(source: str, result: CycleResult) -> Totals:
    """What one cycle cost."""
    return {
        (self_metrics.MONITOR_REQUESTS.name, (source,)): result.cost.requests,
        (self_metrics.MONITOR_RECEIVED.name, (source,)): result.cost.bytes,
    }


def by_monitor(results: Sequence[Result]) -> Mapping[str, Sequence[Result]]:
    """The results of a cycle, grouped."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.monitor, []).append(result)
    return groups


def _failed(results: Sequence[Result]) -> bool:
    return all(result.outcome is Outcome.ERROR for result in results)


def _failure(results: Sequence[Result], measurements: Sequence[Measurement]) -> Reading:
    """An error, so that the store keeps what only a success says anew."""
    return Reading(
        outcome=Outcome.ERROR,
        measurements=tuple(measurements),
        reason=f"nothing could be read; the first of {len(results)}: {results[0].reason}",
        mend=results[0].mend,
    )


def _overdue(item: Due, now: datetime) -> datetime:
    return overdue_time(item.table.schedule, item.table.time_zone, now)


def _names(item: Due) -> set[str]:
    return {monitor.name for monitor in item.monitors}
