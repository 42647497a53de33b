"""Reads a series from the store: the rows of a table by hour or day, or one of its gauges."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

from checks.core import Count
from checks.metrics import STORED
from limnograph.backtesting.series import Series
from limnograph.past import StoredPast
from limnograph.settings.problems import did_you_mean
from limnograph.settings.resolved import Settings
from monitors.core import Metric
from monitors.errors import ConfigError, UnreadableError

Grain = Literal["hour", "day"]

COUNTS: Mapping[str, Count] = {f"rows_{count}": count for count in get_args(Count)}
"""Names of the rows that commits changed, which are sums and therefore no gauges."""

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_STEPS = {"hour": 3600.0, "day": 86400.0}
_LISTED = 12


def metrics_of(settings: Settings) -> dict[str, Metric]:
    """Every metric of which the store may keep a history, by its name."""
    declared = [metric for one in settings.monitors.values() for metric in one.metrics]
    return {metric.name: metric for metric in (*declared, *STORED)}


def stored(
    past: StoredPast, metric: str, grain: Grain, labels: Mapping[str, str] | None = None
) -> Series:
    """The history of a metric of a table, whose name may go without `lakehouse_`.

    Raises ConfigError where there is no such metric, or several series of it, and UnreadableError
    where nothing is stored of it.
    """
    if metric in COUNTS:
        return volume(past, COUNTS[metric], grain)
    found = past.metrics.get(metric) or past.metrics.get(f"lakehouse_{metric}")
    if found is None or found.kind != "gauge":
        raise ConfigError(_unknown(past, metric))
    return gauge(past, found, grain, labels or {})


def volume(past: StoredPast, count: Count, grain: Grain) -> Series:
    """The rows that the commits of each complete hour or day changed.

    Days are those of the table's time zone. A span without commits has the value 0, one with a
    hole in the log or with a commit that could not be counted is unknown.
    """
    slots = past.hours(count, _EVER) if grain == "hour" else past.days(count, _EVER)
    complete = slots[:-1]  # the last one was under way at the last reading
    if not complete:
        raise UnreadableError(
            f"{past.table.name}: no complete {grain} of commits is stored",
            "let `limnograph run` read the table, and the time pass",
        )
    return Series(
        f"{past.table.name} rows_{count} by {grain}",
        [slot.start for slot in complete],
        [slot.value for slot in complete],
        past.table.time_zone,
        _STEPS[grain],
    )


def gauge(past: StoredPast, metric: Metric, grain: Grain, labels: Mapping[str, str]) -> Series:
    """A gauge by complete hours, or days in UTC, by its roll-up; what held on is repeated."""
    table, step = past.table, timedelta(seconds=_STEPS[grain])
    kept = past.store.history(table.subject.id, metric, grain)
    # Where hours are no longer kept there are days, which would not fit in between.
    rows = [row for row in kept if row.grain == grain and row.start + step <= past.now]
    if not rows:
        raise UnreadableError(
            f"{table.name}: no complete {grain} of {metric.name} is stored",
            "let `limnograph run` read the table with the monitor on that measures it",
        )
    own = len(table.subject.labels)
    names = metric.labels[own:]
    if strange := [name for name in labels if name not in names]:
        advice = did_you_mean(strange[0], names, f"it has {', '.join(names) or 'none'}")
        raise ConfigError(f"{metric.name} has no label {strange[0]!r}", advice)
    of = sorted({row.labels[own:] for row in rows})
    fitting = [one for one in of if _fits(dict(zip(names, one, strict=True)), labels)]
    if len(fitting) != 1:
        raise ConfigError(_which(metric, names, fitting or of, found=bool(fitting)))
    (chosen,) = fitting
    rows = [row for row in rows if row.labels[own:] == chosen]
    shown = _shown(names, chosen)
    return Series(
        f"{table.name} {metric.name}{shown} by {grain}",
        [row.start for row in rows],
        [row.value for row in rows],
        step=step.total_seconds(),
    )


def _fits(of: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(of[name] == value for name, value in wanted.items())


def _shown(names: tuple[str, ...], values: tuple[str, ...]) -> str:
    pairs = [f"{name}={value}" for name, value in zip(names, values, strict=True)]
    return f"{{{', '.join(pairs)}}}" if pairs else ""


def _which(
    metric: Metric, names: tuple[str, ...], of: list[tuple[str, ...]], *, found: bool
) -> str:
    listed = "; ".join(
        " ".join(f"--label {name}={value}" for name, value in zip(names, one, strict=True))
        for one in of[:_LISTED]
    )
    more = f"; and {len(of) - _LISTED} more" if len(of) > _LISTED else ""
    what = f"has {len(of)} series" if found else "has no such series"
    return f"{metric.name} {what}; say which: {listed}{more}"


def _unknown(past: StoredPast, metric: str) -> str:
    kept = {row.metric for row in past.store.latest([past.table.subject.id])}
    known = [*COUNTS, *sorted(name for name in kept if name in past.metrics)]
    what = f"{past.table.name}: there is no metric {metric!r} with a history"
    everything = (*known, *past.metrics, *(n.removeprefix("lakehouse_") for n in past.metrics))
    return f"{what}; {did_you_mean(metric, everything, '')} there is {', '.join(known)}"
