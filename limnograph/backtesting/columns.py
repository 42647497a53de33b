"""Which columns of a CSV hold the time and the value, and whether its first row names them."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from limnograph.backtesting.numbers import number
from limnograph.backtesting.texts import shown
from limnograph.backtesting.timestamps import is_written_out, moment
from limnograph.settings.problems import did_you_mean
from monitors.errors import ConfigError

SEPARATORS = "\t;|,"
"""A comma may also part the thousands, so of marks that fit as well it comes last."""
SAMPLE = 100  # rows by which columns are told apart
_LISTED = 20  # columns

_TIMES = (
    *("timestamp", "time", "datetime", "date", "ds", "ts", "at", "day", "hour", "period", "month"),
    *("date_time", "event_time", "created_at", "start", "week"),
)
_VALUES = (
    *(
        "value",
        "y",
        "count",
        "rows",
        "row_count",
        "rows_written",
        "total",
        "values",
        "metric_value",
    ),
    *("amount", "metric", "n", "cnt"),
)
_KEYS = frozenset({"", "id", "index", "unnamed: 0", "row", "key"})
"""Columns of numbers that count nothing but the rows."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Places of the time and the value in a row, from 0, and what to call them in problems.

    `others` are columns that could have been the value, where nothing but its place told which.
    """

    separator: str
    header: bool
    time: int
    value: int
    time_name: str
    value_name: str
    others: tuple[str, ...] = ()


def separator_of(lines: Sequence[str]) -> str:
    """The mark that parts the columns of these lines: with it the most of them hold a time beside
    something else, and the most have as many columns as most have."""

    def likeness(mark: str) -> tuple[int, int, int]:
        rows = [row for row in csv.reader(lines, delimiter=mark) if len(row) > 1]
        timed = sum(any(_is_time(cell.strip()) for cell in row) for row in rows)
        widths = [len(row) for row in rows]
        return timed, max(map(widths.count, widths), default=0), -SEPARATORS.index(mark)

    return max(SEPARATORS, key=likeness)


def columns_of(
    rows: Sequence[Sequence[str]], separator: str, where: str, value_name: str | None = None
) -> Columns:
    """The columns of a file by its first rows that are not empty; ConfigError where none fit.

    The value is the column of that name, else one that is usually called so, else the first with
    numbers behind the time, else before it.
    """
    names = [cell.strip().lstrip("#").strip().lower() for cell in rows[0]]
    header = _is_header(names, separator)
    sample = rows[1:] if header else rows
    places = range(max(map(len, rows)))

    def called(place: int) -> str:
        named = header and place < len(rows[0]) and rows[0][place].strip()
        return shown(rows[0][place].strip())[1:-1] if named else f"column {place + 1}"

    if value_name is not None:
        value = _place_of(value_name, names if header else [], where)
        places_of_time = [place for place in places if place != value]
        time = _time(names if header else [], sample, places_of_time)
        candidates = [value]
    else:
        time = _time(names if header else [], sample, places)
        candidates = _values(names if header else [], sample, places, time, separator)
    if time is None or not candidates:
        raise ConfigError(_nothing(where, time, names if header else None))
    others = tuple(map(called, candidates[1:]))
    return Columns(
        separator, header, time, candidates[0], called(time), called(candidates[0]), others
    )


def _place_of(wanted: str, names: Sequence[str], where: str) -> int:
    """The place of a column by its name, or by its number from 1 where there is no header."""
    if wanted.strip().lower() in names:
        return names.index(wanted.strip().lower())
    if not names and wanted.isdecimal() and int(wanted) > 0:
        return int(wanted) - 1
    if not names:
        raise ConfigError(f"{where}: the columns have no names", "give the number of one, from 1")
    advice = did_you_mean(wanted, names, f"there is {', '.join(map(shown, names[:_LISTED]))}")
    raise ConfigError(f"{where}: no column is called {shown(wanted)}", advice)


def _time(
    names: Sequence[str], sample: Sequence[Sequence[str]], places: Sequence[int]
) -> int | None:
    time = _named(names, _TIMES, places)
    # Numbers may be times as well, so columns that can be nothing else come first.
    for fits in (is_written_out, _is_time):
        time = _most(sample, places, fits) if time is None else time
    return 0 if time is None and not sample else time


def _values(
    names: Sequence[str],
    sample: Sequence[Sequence[str]],
    places: Sequence[int],
    time: int | None,
    separator: str,
) -> list[int]:
    """Columns that may be the value, the best one first; one that is surely it stands alone."""
    others = [place for place in places if place != time]
    named = _named(names, _VALUES, others)
    if named is not None:
        return [named]
    behind = sorted(others, key=lambda place: (time is not None and place < time, place))
    telling = [p for p in behind if p >= len(names) or names[p] not in _KEYS] or behind
    for missing in (False, True):
        fits = partial(_is_number, separator=separator, missing=missing)
        if found := _all_most(sample, telling, fits):
            return found
    return telling[:1] if len(others) == 1 or not sample else []


def _is_header(names: Sequence[str], separator: str) -> bool:
    """Whether a first row names the columns.

    A row with a time holds data, and so does one with a number beside something that names no
    time: to take it for a header would hide a row that cannot be read. A number beside nothing is
    how pandas names a column without a name.
    """
    if any(map(_is_time, names)):
        return False
    numbers = [name for name in names if _is_number(name, separator)]
    return not numbers or bool(set(names) & set(_TIMES)) or set(names) - set(numbers) == {""}


def _named(names: Sequence[str], wanted: Sequence[str], places: Sequence[int]) -> int | None:
    among = [place for place in places if place < len(names)]
    return next((p for name in wanted for p in among if names[p] == name), None)


def _most(
    rows: Sequence[Sequence[str]], places: Sequence[int], fits: Callable[[str], bool]
) -> int | None:
    """The first place at which the most rows fit; None where no row does."""
    return next(iter(_all_most(rows, places, fits)), None)


def _all_most(
    rows: Sequence[Sequence[str]], places: Sequence[int], fits: Callable[[str], bool]
) -> list[int]:
    """The places at which the most rows fit; none where no row does."""
    counts = {
        place: sum(fits(row[place].strip()) for row in rows if place < len(row)) for place in places
    }
    best = max(counts.values(), default=0)
    return [place for place, count in counts.items() if best and count == best]


def _is_time(text: str) -> bool:
    try:
        moment(text)
    except ValueError:
        return False
    return True


def _is_number(text: str, separator: str, *, missing: bool = False) -> bool:
    """Whether a text is a number, or with `missing` one that is not there."""
    try:
        found = number(text, separator)
    except ValueError:
        return False
    return missing or found is not None


def _nothing(where: str, time: int | None, names: Sequence[str] | None) -> str:
    what = "times" if time is None else "numbers"
    listed = ", ".join(shown(name) for name in (names or ())[:_LISTED])
    held = f"the columns are {listed}" if names else "the first rows have no header"
    return (
        f"{where}: no column holds {what} ({held}); give it the columns timestamp and value, such "
        "as 2026-03-01T06:00:00Z,1234"
    )
