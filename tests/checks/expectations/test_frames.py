"""A value looks the same whatever batch it is in."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from checks.expectations.frames import frame
from checks.expectations.kinds import ColumnKind, kind_of, type_name


def _values(values: list[Any], type: pa.DataType, **options: bool) -> "pd.Series":
    return frame(pa.table({"a": pa.array(values, type)}), ["a"], **options)["a"]


def test_integers_stay_integers_where_one_is_null() -> None:
    found = _values([1, None, 3], pa.int32())
    assert [repr(value) for value in found] == ["1", "nan", "3"]
    assert _values([1, 2], pa.int8()).dtype == "int64"


def test_integers_that_no_float_can_hold_stay_exact() -> None:
    assert list(_values([2**60 + 1, 2], pa.int64())) == [2**60 + 1, 2]
    assert _values([-(2**60), 2], pa.int64()).dtype == object


def test_every_null_is_missing() -> None:
    types: list[pa.DataType] = [pa.int64(), pa.float32(), pa.string(), pa.bool_(), pa.date32()]
    types += [pa.binary(), pa.decimal128(5, 2), pa.timestamp("us", "UTC"), pa.list_(pa.int64())]
    for type in types:
        assert _values([None, None], type).isna().all()


def test_single_precision_numbers_are_the_doubles_that_they_are() -> None:
    assert list(_values([0.5, 0.1], pa.float32())) == [0.5, 0.10000000149011612]


def test_times_keep_their_zone_and_years_that_nanoseconds_cannot_hold() -> None:
    noon = datetime(2024, 1, 1, 12, tzinfo=UTC)
    far = datetime(9999, 1, 1)
    assert _values([noon, None], pa.timestamp("us", "UTC"))[0] == pd.Timestamp(noon)
    assert str(_values([noon], pa.timestamp("us", "UTC")).dtype) == "datetime64[ns, UTC]"
    assert _values([far], pa.timestamp("us"))[0] == far


def test_decimals_dates_and_bytes_are_themselves() -> None:
    assert list(_values([Decimal("0.10")], pa.decimal128(5, 2))) == [Decimal("0.10")]
    assert list(_values([date(2024, 1, 1)], pa.date32())) == [date(2024, 1, 1)]
    assert list(_values([b"a"], pa.binary())) == [b"a"]


def test_numbers_become_floats_and_dates_times_where_it_is_asked_for() -> None:
    decimals = _values([Decimal("0.1"), None], pa.decimal128(5, 2), floats=True)
    assert decimals.dtype == "float64"
    dates = _values([date(2024, 1, 1)], pa.date32(), dates_as_times=True)
    assert list(dates) == [pd.Timestamp("2024-01-01")]


def test_a_dictionary_is_the_values_in_it() -> None:
    column = pa.array(["a", "b", "a"]).dictionary_encode()
    assert list(frame(pa.table({"a": column}), ["a"])["a"]) == ["a", "b", "a"]
    assert kind_of(column.type) is ColumnKind.TEXT


@pytest.mark.parametrize(
    ("type", "name"),
    [
        (pa.int64(), "bigint"),
        (pa.int8(), "tinyint"),
        (pa.float32(), "float"),
        (pa.decimal128(10, 2), "decimal(10,2)"),
        (pa.timestamp("us", "UTC"), "timestamp"),
        (pa.timestamp("us"), "timestamp_ntz"),
        (pa.list_(pa.struct([pa.field("a", pa.int32())])), "array<struct<a:int>>"),
        (pa.map_(pa.string(), pa.date32()), "map<string,date>"),
        (pa.large_string(), "string"),
    ],
)
def test_types_have_the_names_of_a_table_s_schema(type: pa.DataType, name: str) -> None:
    assert type_name(type) == name
