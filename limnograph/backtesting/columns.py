"""Which columns of a CSV hold the time and the value, and whether its first row names them."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from limnograph.backtesting.numbers import number
from limnograph.backtesting.texts import shown
from limnograph.backtesting.timestamps import is_written_out, moment
from monitors.errors import ConfigError

SEPARATORS = ",;\t|"
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


@dataclass(frozen=True, slots=True)
class Columns:
    """Places of the time and the value in a row, from 0, and what to call them in problems."""

    separator: str
    header: bool
    time: int
    value: int
    time_name: str
    value_name: str


def separator_of(lines: Sequence[str]) -> str:
    """The mark that parts the columns of these lines: the one that most of them have as often."""

    def likeness(mark: str) -> tuple[int, int]:
        rows = [len(row) for row in csv.reader(lines, delimiter=mark) if row]
        usual = max(rows, key=rows.count, default=0)
        return (rows.count(usual), -SEPARATORS.index(mark)) if usual > 1 else (0, 0)

    return max(SEPARATORS, key=likeness)


def columns_of(rows: Sequence[Sequence[str]], separator: str, where: str) -> Columns:
    """The columns of a file by its first rows that are not empty; ConfigError where none fit."""
    names = [cell.strip().lstrip("#").strip().lower() for cell in rows[0]]
    header = _is_header(names, separator)
    sample = rows[1:] if header else rows
    places = range(max(map(len, rows)))
    time = _named(names, _TIMES, places) if header else None
    # Numbers may be times as well, so columns that can be nothing else come first.
    for fits in (is_written_out, _is_time):
        time = _most(sample, places, fits) if time is None else time
    if time is None and not sample:
        time = 0
    others = [place for place in places if place != time]
    value = _named(names, _VALUES, others) if header else None
    for missing in (False, True):
        if value is None:
            value = _most(sample, others, partial(_is_number, separator=separator, missing=missing))
    if value is None and (len(others) == 1 or (others and not sample)):
        value = others[0]
    if time is None or value is None:
        raise ConfigError(_nothing(where, time, names if header else None))
    time_name, value_name = (
        shown(rows[0][place].strip())[1:-1]
        if header and place < len(rows[0])
        else f"column {place + 1}"
        for place in (time, value)
    )
    return Columns(separator, header, time, value, time_name, value_name)


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
    counts = {
        place: sum(fits(row[place].strip()) for row in rows if place < len(row)) for place in places
    }
    best = max(counts.values(), default=0)
    return next((place for place, count in counts.items() if count == best), None) if best else None


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
