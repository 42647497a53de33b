"""What some rows hold, column by column, together with what the log says of all rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from checks.expectations.kinds import NUMBERS, TIMES, ColumnKind, kind_of
from limnograph.suggesting.log_bounds import ColumnLog
from monitors.lakes.rows.table import ADDED

MOST_VALUES = 20
"""Distinct values of a column up to which each is counted."""

_COUNTABLE = (ColumnKind.INTEGER, ColumnKind.TEXT, ColumnKind.DATE, *TIMES, ColumnKind.DECIMAL)


@dataclass(frozen=True, slots=True)
class Profile:
    """A column of the rows that were looked at.

    `rows`, `nulls`, `distinct` (None: not counted) and `counts` (rows by value, where few values
    occur) are of the rows; `log` is of all rows. `least` and `greatest` are those of the values and
    of the log together. `values` are those that are not null.
    """

    name: str
    kind: ColumnKind
    rows: int
    nulls: int
    log: ColumnLog
    distinct: int | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    least: Any = None
    greatest: Any = None
    shortest: int | None = None
    longest: int | None = None
    is_odd: bool = False
    values: Any = field(default=None, repr=False)

    @property
    def set(self) -> int:
        """Rows with a value."""
        return self.rows - self.nulls


def profiles(rows: pa.Table, logs: Mapping[str, ColumnLog]) -> list[Profile]:
    """A profile of each column that is the table's own."""
    names = [name for name in rows.column_names if name not in ADDED]
    return [profile(name, rows.column(name), logs.get(name, ColumnLog())) for name in names]


def profile(name: str, column: "pa.ChunkedArray[Any]", log: ColumnLog) -> Profile:
    """The profile of one column; of nested and binary ones only the nulls."""
    kind = kind_of(column.type)
    rows, nulls = len(column), column.null_count
    bare = Profile(name, kind, rows, nulls, log)
    if rows == nulls or kind in (ColumnKind.NESTED, ColumnKind.OTHER, ColumnKind.BINARY):
        return bare
    values = column.drop_null()
    odd = False
    if kind is ColumnKind.FLOAT:
        finite = pc.is_finite(values)
        odd = not pc.all(finite).as_py()
        values = values.filter(finite)
    if not len(values):
        return bare
    distinct = pc.count_distinct(values).as_py() if kind in _COUNTABLE else None
    least, greatest = _bounds(kind, values, log)
    shortest = longest = None
    if kind is ColumnKind.TEXT:
        lengths: Any = pc.min_max(pc.utf8_length(values)).as_py()
        shortest, longest = lengths["min"], lengths["max"]
    counts: dict[str, int] = {}
    if kind is ColumnKind.TEXT and distinct is not None and distinct <= MOST_VALUES:
        pairs: Any = values.value_counts()
        counts = {pair["values"]: pair["counts"] for pair in pairs.to_pylist()}
    return Profile(
        name, kind, rows, nulls, log, distinct, counts, least, greatest, shortest, longest,
        odd, values,
    )  # fmt: skip


def _bounds(kind: ColumnKind, values: "pa.ChunkedArray[Any]", log: ColumnLog) -> tuple[Any, Any]:
    """The least and the greatest value of the rows and of the log; None for other kinds."""
    if kind not in NUMBERS and kind not in TIMES and kind is not ColumnKind.DATE:
        return None, None
    try:
        found: Any = pc.min_max(values).as_py()
    except (ValueError, OverflowError):
        return None, None  # a time beyond the year 9999
    low, high = found["min"], found["max"]
    if kind is ColumnKind.TIMESTAMP_NTZ:
        return low, high  # the log has it with a zone
    if log.least is not None and log.greatest is not None:
        low, high = min(low, log.least), max(high, log.greatest)
    return low, high
