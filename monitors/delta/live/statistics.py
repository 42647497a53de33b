"""What the statistics of a file say: its physical rows, and a bound on an event-time column.

Format: https://github.com/delta-io/delta/blob/master/PROTOCOL.md, "Per-file Statistics". Writers
cut timestamps to milliseconds, the maximum too: a bound may lie up to 1 ms below the true one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from typing import Any

import orjson

from monitors.delta.log.actions import whole

_FIRST_ROWS = re.compile(r'\{"numRecords":(\d{1,15})[,}]')
# No file holds more rows; a greater number is a writer's error, and the file's footer knows better.
_MOST_ROWS = 2**53
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Bound(IntEnum):
    """What a maximum is worth: nothing known, no value at all, an upper bound, the maximum."""

    UNKNOWN = 0
    EMPTY = 1
    LOOSE = 2
    TIGHT = 3


@dataclass(frozen=True, slots=True)
class EventColumn:
    """Where files keep the declared event-time column: its physical path, and its Delta type.

    `partition` says that it is a partition column, so that its value is in the log.
    """

    name: str
    path: tuple[str, ...]
    kind: str
    partition: bool = False


def parse(stats: str | None) -> Mapping[str, Any]:
    """The statistics as a mapping; empty when absent or broken (both mean unknown)."""
    if not stats:
        return {}
    try:
        parsed = orjson.loads(stats)
    except orjson.JSONDecodeError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def row_count(stats: str | None) -> int | None:
    """Physical rows of a file; None when its statistics do not say."""
    if not stats:
        return None
    # Every writer seen puts numRecords first; an anchored match saves parsing wide statistics.
    match = _FIRST_ROWS.match(stats)
    return int(match[1]) if match else plausible(parse(stats).get("numRecords"))


def plausible(number: Any) -> int | None:
    """A row count of the statistics; None when it is none, or more than a file can hold."""
    rows = whole(number)
    return rows if rows is not None and rows <= _MOST_ROWS else None


def newest(
    stats: Mapping[str, Any], column: EventColumn, rows: int | None, *, whole: bool
) -> tuple[int | None, Bound]:
    """The maximum of a column in a file, microseconds since 1970, and what it is worth.

    `rows` are the file's physical rows; `whole` says that none of them is deleted.
    """
    text = _at(stats.get("maxValues"), column.path)
    if text is None:
        nulls = plausible(_at(stats.get("nullCount"), column.path))
        known_empty = rows == 0 or (nulls is not None and rows is not None and nulls == rows)
        return None, Bound.EMPTY if known_empty else Bound.UNKNOWN
    value = microseconds(text)
    if value is None:
        return None, Bound.UNKNOWN
    tight = stats.get("tightBounds")
    exact = tight is True or (tight is None and whole)
    return value, Bound.TIGHT if exact else Bound.LOOSE


def microseconds(value: Any) -> int | None:
    """A date or timestamp of the statistics as microseconds since 1970; None when it is neither."""
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    elif isinstance(value, date):
        moment = datetime(value.year, value.month, value.day, tzinfo=UTC)
    elif isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    else:
        return None
    at = (moment - _EPOCH) // _MICROSECOND
    # An offset may push the last hours of the year 9999 out of what a time can be.
    return at if time_at(at) else None


def time_at(value: int) -> datetime | None:
    """Microseconds since 1970 as a time; None when it is beyond the years 1 to 9999."""
    try:
        return _EPOCH + timedelta(microseconds=value)
    except OverflowError:
        return None


def _at(tree: Any, path: tuple[str, ...]) -> Any:
    for part in path:
        tree = tree.get(part) if isinstance(tree, Mapping) else None
    return tree
