"""A backtest for a terminal: the flagged points, what they come to, and the sweep.

Takes the same JSON document that `--output json` prints, so both say the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.text import Text

from checks.volume.wording import between, number
from exporters.columns import Column, fitted
from exporters.wording import UNKNOWN, count, plural, span

LISTED = 100  # flagged points; of more the newest are told

COLUMNS = (
    Column("Value", right=True),
    Column("Expected", right=True, rank=2),
    Column("Range", right=True),
    Column("Score", right=True, rank=1),
    Column("State", rank=3),
    Column("Why", rank=4, folds=True),
)
SWEEP = (
    Column("False alarms expected", right=True),
    Column("Flagged points", right=True),
    Column("Alarms", right=True),
    Column("Alarms a month", right=True),
)


def to_text(document: Mapping[str, Any], console: Console) -> None:
    """Print a backtest document, times in its zone."""
    console.print(Text(str(document["source"]), style="bold"), soft_wrap=True)
    flagged = sorted((p for p in document["points"] if p["flag"]), key=_timestamp)
    if flagged:
        _print_flagged(flagged, str(document["time_zone"]), console)
    for line in summary_lines(document):
        console.print(line, soft_wrap=True, highlight=False)
    if "sweep" in document:
        rows = [list(_swept(one)) for one in document["sweep"]]
        console.print()
        console.print(fitted(SWEEP, rows, console.width, "Sensitivity"), crop=False)


def summary_lines(document: Mapping[str, Any]) -> Iterator[str]:
    """What a backtest comes to, in sentences."""
    summary = document["summary"]
    unknown = f", {count(summary['unknown'])} unknown" if summary["unknown"] else ""
    points = f"{plural(summary['points'], 'point')}{unknown}"
    if not summary["points"]:
        yield "no point lies in the window"
        return
    yield f"{points}, {_every(document['cadence_seconds'])}"
    if not summary["judged"]:
        yield f"nothing was judged: {_missing(document['points'])}"
        return
    if summary["learning"]:
        first = next(p for p in _in_time(document["points"]) if p["state"] != "learning")
        at = shown(first["timestamp"], str(document["time_zone"]))
        yield f"learned from {plural(summary['learning'], 'point')}, judged from {at}"
    allowed = f"--false-alarms {document['false_alarms']:g}"
    if not summary["flagged"]:
        yield f"nothing was flagged in {plural(summary['judged'], 'judged point')} ({allowed})"
        return
    yield (
        f"{plural(summary['flagged'], 'point')} flagged, in {plural(summary['alarms'], 'alarm')}: "
        f"{_rate(summary['alarms_per_month'])} a month ({allowed})"
    )


def shown(timestamp: str, time_zone: str) -> str:
    """A time of a document, in a zone, to the minute (to the second where there are some)."""
    at = datetime.fromisoformat(timestamp).astimezone(ZoneInfo(time_zone))
    return at.strftime("%Y-%m-%d %H:%M:%S" if at.second else "%Y-%m-%d %H:%M")


def _print_flagged(flagged: Sequence[Mapping[str, Any]], zone: str, console: Console) -> None:
    told = flagged[-LISTED:]
    columns = (Column(f"Time ({zone})"), *COLUMNS)
    rows = [list(_flagged(point, zone)) for point in told]
    console.print()
    console.print(fitted(columns, rows, console.width), crop=False)
    if len(told) < len(flagged):
        earlier = plural(len(flagged) - len(told), "earlier flagged point")
        console.print(f"and {earlier}; --output json has them all", soft_wrap=True, style="dim")
    console.print()


def _flagged(point: Mapping[str, Any], zone: str) -> Iterator[str]:
    yield shown(point["timestamp"], zone)
    yield UNKNOWN if point["value"] is None else number(point["value"])
    yield UNKNOWN if point["expected"] is None else number(point["expected"])
    yield between(point["lower"], point["upper"]) or UNKNOWN
    yield f"{point['score']:.2f}"
    yield str(point["state"])
    yield str(point["reason"])


def _swept(one: Mapping[str, Any]) -> Iterator[str]:
    yield f"{one['false_alarms']:g}"
    yield count(one["flagged"])
    yield count(one["alarms"])
    yield _rate(one["alarms_per_month"])


def _rate(alarms: float | None) -> str:
    return UNKNOWN if alarms is None else f"{alarms:.2f}"


def _every(cadence: float | None) -> str:
    if cadence is None:
        return "no two of different times"
    return f"one every {span(timedelta(seconds=cadence))}" if cadence >= 1 else f"every {cadence} s"


def _missing(points: Sequence[Mapping[str, Any]]) -> str:
    """How much history the detector said it lacks at the end."""
    last = _in_time(points)[-1]
    if last["state"] == "learning":
        return str(last["reason"])
    return "no point has a known value"


def _in_time(points: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(points, key=_timestamp)


def _timestamp(point: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(point["timestamp"])
