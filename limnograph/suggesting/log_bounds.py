"""What the statistics of some files say of their columns together: nulls, least and greatest value.

Only what holds for all of them: one file that does not tell makes it unknown. Text is left out, as
writers cut its bounds. Deleted rows may be counted too, so that bounds are never too narrow and a
count of nulls is never too small.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from limnograph.suggesting.halves import Halves
from limnograph.suggesting.live import LiveFile
from monitors.delta.feed.commits import Table
from monitors.delta.live.statistics import parse, plausible, row_count
from monitors.delta.partition_values import partition_value
from monitors.delta.schema import Field, Primitive
from monitors.errors import UnreadableError

_WHOLE = ("byte", "short", "integer", "long")
_REAL = ("float", "double", "decimal")
_TIMES = ("date", "timestamp", "timestamp_ntz")
# Writers cut timestamps to milliseconds, the greatest too.
_CUT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class ColumnLog:
    """A column in some files; None is unknown. `rows` are physical rows."""

    rows: int | None = None
    nulls: int | None = None
    least: Any = None
    greatest: Any = None


@dataclass(frozen=True, slots=True)
class Logs:
    """The columns in all files, in those of the older part, and in each newer commit's."""

    all: Mapping[str, ColumnLog] = field(default_factory=dict)
    older: Mapping[str, ColumnLog] = field(default_factory=dict)
    newer: Mapping[int, Mapping[str, ColumnLog]] = field(default_factory=dict)


def logs_of(table: Table, files: Sequence[LiveFile], cut: Halves) -> Logs:
    """What the log says of both parts of a table's history."""
    newer: dict[int, list[LiveFile]] = {}
    older = []
    for file in files:
        if file.origin is not None and cut.is_newer(file.origin.version):
            newer.setdefault(file.origin.version, []).append(file)
        else:
            older.append(file)
    return Logs(
        column_logs(table, files),
        column_logs(table, older),
        {version: column_logs(table, some) for version, some in newer.items()},
    )


def column_logs(table: Table, files: Sequence[LiveFile]) -> Mapping[str, ColumnLog]:
    """The top-level columns of some files, by their names."""
    told = [(file, parse(file.stats)) for file in files]
    return {field.name: _column(table, field, told) for field in table.schema.fields}


def _column(
    table: Table, field: Field, told: Sequence[tuple[LiveFile, Mapping[str, Any]]]
) -> ColumnLog:
    in_log = field.name in table.partition_columns
    rows, nulls, least, greatest = 0, 0, [], []
    known_rows = known_nulls = known_bounds = True
    for file, stats in told:
        count = row_count(file.stats)
        if count is None:
            known_rows = known_nulls = False
        found = _partition(field, file, count) if in_log else _of_file(field, stats)
        if found.nulls is None:
            known_nulls = False
        if found.least is not None and found.greatest is not None:
            least.append(found.least)
            greatest.append(found.greatest)
        elif count != 0 and (found.nulls is None or found.nulls != count):
            known_bounds = False
        rows += count or 0
        nulls += found.nulls or 0
    bounded = known_bounds and bool(least)
    return ColumnLog(
        rows if known_rows else None,
        nulls if known_nulls else None,
        min(least) if bounded else None,
        max(greatest) if bounded else None,
    )


def _of_file(field: Field, stats: Mapping[str, Any]) -> ColumnLog:
    nulls = plausible(_of(stats, "nullCount", field))
    if not isinstance(field.type, Primitive):
        return ColumnLog(nulls=nulls)
    kind = field.type.kind
    low, high = (_value(_of(stats, name, field), kind) for name in ("minValues", "maxValues"))
    if kind in _TIMES and kind != "date" and high is not None:
        high += _CUT
    return ColumnLog(nulls=nulls, least=low, greatest=high)


def _of(stats: Mapping[str, Any], part: str, field: Field) -> Any:
    inner = stats.get(part)
    return inner.get(field.physical_name) if isinstance(inner, Mapping) else None


def _partition(field: Field, file: LiveFile, rows: int | None) -> ColumnLog:
    if file.file.partition is None:
        return ColumnLog()
    try:
        value = partition_value(file.file.partition.get(field.physical_name), field.type)
    except (ValueError, UnreadableError):
        return ColumnLog()
    if value is None:
        return ColumnLog(nulls=rows)
    kind = field.type.kind if isinstance(field.type, Primitive) else ""
    bound = _value(value, kind)
    return ColumnLog(nulls=0, least=bound, greatest=bound)


def _value(value: Any, kind: str) -> Any:
    """A bound as the sample has it; None when it is none."""
    if value is None or isinstance(value, bool):
        return None
    try:
        if kind in _WHOLE:
            return int(value)
        if kind in _REAL:
            found = Decimal(str(value)) if kind == "decimal" else float(value)
            return found if found == found else None
        if kind == "date":
            return value if type(value) is date else date.fromisoformat(str(value)[:10])
        if kind in _TIMES:
            at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
            return at if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, TypeError, OverflowError, InvalidOperation):
        return None
    return None
