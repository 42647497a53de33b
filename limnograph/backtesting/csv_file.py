"""Reads a series from a CSV; every row that cannot be read is a problem, all of them at once."""

import csv
import io
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any, TextIO, cast

from limnograph.backtesting.columns import SAMPLE, Columns, columns_of, separator_of
from limnograph.backtesting.numbers import number
from limnograph.backtesting.series import Series
from limnograph.backtesting.timestamps import moment
from monitors.errors import ConfigError

LISTED = 20  # problems; of more there is the number

_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}  # else UTF-8, with or without its mark

Row = tuple[int, list[str]]
"""The line a row begins on, from 1, and its cells."""


def read_csv(path: Path, time_zone: str = "UTC", column: str | None = None) -> Series:
    """The series of a file, `-` being stdin; ConfigError with a line for each problem.

    `column` is the name of the one with the values (its number from 1 where none has a name).
    """
    piped = str(path) == "-"
    with _stdin() if piped else _opened(path) as text:
        return read_text(text, "stdin" if piped else str(path), time_zone, column)


def read_text(text: TextIO, name: str, time_zone: str = "UTC", column: str | None = None) -> Series:
    """As `read_csv`, from text that is already open."""
    problems = _Problems(name)
    try:
        return _read(text, time_zone, column, problems)
    except csv.Error as error:
        problems.add(0, "", f"{error}; look for a quotation mark that is not closed")
    raise ConfigError(problems.text())


def _read(text: TextIO, time_zone: str, column: str | None, problems: "_Problems") -> Series:
    first = list(islice(text, SAMPLE))
    separator = _declared(first) or separator_of([line for line in first if line.strip()])
    rows = _rows(chain(first, text), separator)
    sample = list(islice(rows, SAMPLE))
    if not sample:
        raise ConfigError(
            f"{problems.name}: is empty; give it rows such as 2026-03-01T06:00:00Z,1234"
        )
    columns = columns_of([cells for _, cells in sample], separator, problems.name, column)
    times: list[datetime] = []
    values: list[float | None] = []
    for line, cells in chain(sample[1:] if columns.header else sample, rows):
        at, value = _point(line, cells, columns, problems)
        if at is not None:
            times.append(at)
            values.append(value)
    if problems.count:
        raise ConfigError(problems.text())
    return Series(problems.name, times, values, time_zone, note=_guessed(columns))


def _guessed(columns: Columns) -> str:
    if not columns.others:
        return ""
    others = ", ".join(columns.others[:LISTED])
    return f"the value is {columns.value_name}; --column NAME takes another, such as {others}"


def _rows(lines: Iterable[str], separator: str) -> Iterator[Row]:
    """Rows that are not empty; Excel's `sep=;` is none."""
    # Strict, because a quotation mark that is never closed would swallow what follows.
    reader = csv.reader(lines, delimiter=separator, skipinitialspace=True, strict=True)
    begins = 1
    for cells in reader:
        declares = begins == 1 and _declared([separator.join(cells)])
        if any(cell.strip() for cell in cells) and not declares:
            yield begins, cells
        begins = reader.line_num + 1


def _declared(lines: list[str]) -> str | None:
    line = lines[0].lstrip("\ufeff").rstrip("\r\n") if lines else ""
    return line[4] if len(line) == 5 and line.lower().startswith("sep=") else None


def _point(
    line: int, cells: list[str], columns: Columns, problems: "_Problems"
) -> tuple[datetime | None, float | None]:
    at = value = None
    if columns.time >= len(cells) or not cells[columns.time].strip():
        problems.add(line, columns.time_name, "is missing; every row needs a time")
    else:
        try:
            at = moment(cells[columns.time].strip())
        except ValueError as error:
            problems.add(line, columns.time_name, str(error))
    if columns.value >= len(cells):
        problems.add(
            line,
            columns.value_name,
            "is missing; end the row with a separator where the value is unknown",
        )
    else:
        try:
            value = number(cells[columns.value], columns.separator)
        except ValueError as error:
            problems.add(line, columns.value_name, str(error))
    return at, value


@dataclass(slots=True)
class _Problems:
    """The first problems of a file, and how many there are."""

    name: str
    count: int = 0
    _first: list[str] = field(default_factory=list)

    def add(self, line: int, column: str, what: str) -> None:
        self.count += 1
        if len(self._first) < LISTED:
            place = ":".join(
                filter(None, (self.name, str(line or ""), f" {column}" * bool(column)))
            )
            self._first.append(f"{place}: {what}")

    def text(self) -> str:
        more = self.count - len(self._first)
        rest = [f"{self.name}: {more:,} more problems like these"] if more else []
        return "\n".join([*self._first, *rest])


@contextmanager
def _stdin() -> Iterator[TextIO]:
    # What came by a pipe belongs to the caller, so it is let go and not closed.
    raw = io.BufferedReader(cast(io.RawIOBase, sys.stdin.buffer))
    text = _decoded(raw)
    try:
        yield text
    finally:
        text.detach()
        raw.detach()


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", "name a CSV, or - for stdin") from None
    with file, _decoded(file) as text:
        yield text


def _decoded(raw: "io.BufferedReader[Any]") -> io.TextIOWrapper:
    """Text by its byte order mark, or else in UTF-8.

    What is in another encoding becomes a replacement character, which only matters if it stands
    in a time or a value, and is a problem of that row then.
    """
    encoding = _MARKS.get(raw.peek(2)[:2], "utf-8-sig")
    return io.TextIOWrapper(raw, encoding=encoding, errors="replace", newline="")
