"""Rows as great-expectations takes them. The engine of pandas has frames; another would bring its
own function of the same shape, and nothing else would change.

A value looks the same whatever batch it is in: pandas would make an integer column with a null a
float, and a text of `1` then reads `1.0`. So integers stay integers (as Python's, where one is
null, or too large for a float to hold), and every null is the one `nan`.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from checks.expectations.kinds import NUMBERS, ColumnKind, kind_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_EXACT = 2**53  # every integer up to it is a float too
_NAN = float("nan")


def frame(
    rows: "pa.RecordBatch | pa.Table",
    columns: Iterable[str],
    *,
    floats: bool = False,
    dates_as_times: bool = False,
) -> "pd.DataFrame":
    """Some columns of some rows, numbered from 0.

    `floats` makes all numbers floats, for expectations that compute with distributions;
    `dates_as_times` makes dates times at midnight, which can be subtracted.
    """
    import pandas as pd

    index = pd.RangeIndex(rows.num_rows)
    found: dict[str, Any] = {}
    for name in columns:
        values = _plain(rows.column(name))
        kind = kind_of(values.type)
        if floats and kind in NUMBERS:
            found[name] = _float(values)
        elif dates_as_times and kind is ColumnKind.DATE:
            found[name] = _times(values)
        else:
            found[name] = _series(values, kind)
    return pd.DataFrame(found, index=index)


def _plain(column: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        return column.cast(column.type.value_type)
    return column


def _series(values: Any, kind: ColumnKind) -> Any:
    if kind is ColumnKind.INTEGER:
        return _integers(values)
    if kind is ColumnKind.FLOAT:
        return _float(values)
    if kind in (ColumnKind.TIMESTAMP, ColumnKind.TIMESTAMP_NTZ):
        return _times(values)
    if kind is ColumnKind.BOOLEAN and not values.null_count:
        return values.to_numpy(zero_copy_only=False) if _single(values) else values.to_numpy()
    return _objects(values)


def _single(values: Any) -> bool:
    import pyarrow as pa

    return isinstance(values, pa.Array)


def _float(values: Any) -> Any:
    import pyarrow as pa

    wide = values.cast(pa.float64(), safe=False)
    return wide.to_pandas().to_numpy(dtype="float64")


def _integers(values: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(values) and values.null_count < len(values):
        bounds: Any = pc.min_max(values).as_py()
        small = bounds["min"] > -_EXACT and bounds["max"] < _EXACT
    else:
        small = True
    if small and not values.null_count:
        return values.cast(pa.int64()).to_pandas().to_numpy(dtype="int64")
    return _objects(values, integers=True)


def _times(values: Any) -> Any:
    """In nanoseconds, as great-expectations treats only these alike; else in microseconds."""
    import pyarrow as pa

    zone = getattr(values.type, "tz", None)
    for unit in ("ns", "us", "ms", "s"):
        try:
            return values.cast(pa.timestamp(unit, zone)).to_pandas().array
        except pa.ArrowInvalid:
            continue
    raise ValueError(f"times of the type {values.type} cannot be read")


def _objects(values: Any, *, integers: bool = False) -> Any:
    import numpy as np

    if integers:
        made = np.empty(len(values), dtype=object)
        made[:] = values.to_pylist()
    else:
        made = values.to_pandas(date_as_object=True).to_numpy(dtype=object)
        made = made if made.flags.writeable else made.copy()
    if values.null_count:
        made[values.is_null().to_pandas().to_numpy(dtype=bool)] = _NAN
    return made
