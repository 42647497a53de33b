"""Columns of data files, brought to the table's schema or refused."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from monitors.delta.feed.conform import column_names, conform, find
from monitors.delta.schema import Array, DeltaType, Field, MapOf, Primitive, Struct
from monitors.errors import UnreadableError

LONG = Primitive("long")


def of(name: str) -> Primitive:
    return Primitive(name)


@pytest.mark.parametrize(
    ("held", "kind", "values"),
    [
        (pa.array([1], pa.int8()), "short", [1]),
        (pa.array([1], pa.int8()), "integer", [1]),
        (pa.array([1], pa.int16()), "long", [1]),
        (pa.array([1, None], pa.int32()), "long", [1, None]),
        (pa.array([1], pa.int32()), "byte", [1]),
        (pa.array([1], pa.int32()), "double", [1.0]),
        (pa.array([1.5], pa.float32()), "double", [1.5]),
        (pa.array([1], pa.int8()), "decimal(10,0)", [Decimal(1)]),
        (pa.array([1], pa.int32()), "decimal(12,2)", [Decimal("1.00")]),
        (pa.array([-(2**63)], pa.int64()), "decimal(20,0)", [Decimal(-(2**63))]),
        (pa.array([Decimal("1.5")], pa.decimal128(4, 1)), "decimal(8,3)", [Decimal("1.500")]),
        (pa.array([dt.date(2024, 3, 1)]), "timestamp_ntz", [dt.datetime(2024, 3, 1)]),
        (pa.array(["x", None], pa.large_string()), "string", ["x", None]),
        (pa.array(["x"], pa.string_view()), "string", ["x"]),
        (pa.array([b"x"], pa.binary()), "string", ["x"]),
        (pa.array([b"xy"], pa.binary(2)), "binary", [b"xy"]),
        (pa.array(["x", "x"]).dictionary_encode(), "string", ["x", "x"]),
        (pa.nulls(2), "date", [None, None]),
        (
            pa.array([-1500], pa.timestamp("ns", "Europe/Berlin")),
            "timestamp",
            [dt.datetime(1969, 12, 31, 23, 59, 59, 999998, dt.UTC)],
        ),
        (
            pa.array([1], pa.timestamp("ms")),
            "timestamp_ntz",
            [dt.datetime(1970, 1, 1, 0, 0, 0, 1000)],
        ),
    ],
)
def test_narrower_and_differently_stored_types_become_the_wanted_one(
    held: Any, kind: str, values: list[Any]
) -> None:
    assert conform(held, of(kind), "none").to_pylist() == values


@pytest.mark.parametrize(
    ("held", "kind"),
    [
        (pa.array([300], pa.int32()), "byte"),
        (pa.array([1.5]), "float"),
        (pa.array([1.5]), "long"),
        (pa.array([2**53 + 1]), "double"),
        (pa.array(["1"]), "long"),
        (pa.array([1]), "string"),
        (pa.array([b"\xff"]), "string"),
        (pa.array([Decimal("1.25")]), "decimal(4,1)"),
        (pa.array([1], pa.timestamp("us")), "date"),
        (pa.array([dt.date(2024, 3, 1)]), "timestamp"),
        (pa.array([1]), "boolean"),
        (pa.array([{"a": 1}]), "long"),
        (pa.array([[1]]), "variant"),
    ],
)
def test_what_would_lose_something_is_refused(held: Any, kind: str) -> None:
    with pytest.raises(UnreadableError, match=r"a data file holds .* schema says"):
        conform(held, of(kind), "none")


def test_nested_columns_are_renamed_reordered_widened_and_filled() -> None:
    inner = Struct(
        (
            Field("added", of("string"), "col-3"),
            Field("b", LONG, "col-2"),
            Field("a", of("string"), "col-1"),
        )
    )
    kind = Struct((Field("list", Array(inner), "l"), Field("map", MapOf(of("string"), inner), "m")))
    narrow = pa.struct([("col-1", pa.string()), ("col-2", pa.int8())])
    held = pa.array(
        [
            {"l": None, "m": None},
            None,
            {"l": [{"col-1": "x", "col-2": 1}, None], "m": [("k", {"col-1": "y", "col-2": 2})]},
            {"l": [], "m": []},
        ],
        pa.struct(
            [
                ("l", pa.list_(pa.struct([("col-1", pa.string()), ("col-2", pa.int32())]))),
                ("m", pa.map_(pa.string(), narrow)),
            ]
        ),
    )
    expected: list[Any] = [
        {"list": None, "map": None},
        None,
        {
            "list": [{"added": None, "b": 1, "a": "x"}, None],
            "map": [("k", {"added": None, "b": 2, "a": "y"})],
        },
        {"list": [], "map": []},
    ]
    assert conform(held, kind, "name").to_pylist() == expected
    # A batch may be a slice of a larger one.
    assert conform(held.slice(2, 2), kind, "name").to_pylist() == expected[2:]
    assert conform(held.slice(1, 2), kind, "name").to_pylist() == expected[1:3]


def test_large_lists_are_lists() -> None:
    held = pa.array([[1], None], pa.large_list(pa.int32()))
    assert conform(held, Array(LONG), "none").to_pylist() == [[1], None]


def test_a_variant_is_its_two_parts_unless_it_is_shredded() -> None:
    held = pa.array([{"value": b"v", "metadata": b"m"}, None])
    assert conform(held, of("variant"), "none").to_pylist() == [
        {"metadata": b"m", "value": b"v"},
        None,
    ]
    shredded = pa.array([{"value": b"v", "metadata": b"m", "typed_value": 1}])
    with pytest.raises(UnreadableError, match="schema says variant"):
        conform(shredded, of("variant"), "none")


def test_a_struct_without_fields_keeps_its_nulls() -> None:
    held = pa.array([{"gone": 1}, None])
    assert conform(held, Struct(()), "none").to_pylist() == [{}, None]


def numbered(name: str, number: int) -> "pa.Field[Any]":
    return pa.field(name, pa.int64(), metadata={"PARQUET:field_id": str(number)})


def test_columns_are_found_by_name_or_by_id() -> None:
    fields = [numbered("one", 1), numbered("Two", 2)]
    column = Field("logical", LONG, "one", 2)
    assert find(fields, column, "name") == 0
    assert find(fields, column, "id") == 1
    assert find(fields, Field("two", LONG, "two"), "none") == 1
    assert find(fields, Field("two", LONG, "two"), "name") is None
    with pytest.raises(UnreadableError, match="a data file has 'one' twice"):
        find([*fields, numbered("one", 3)], Field("one", LONG, "one"), "none")


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (Struct((Field("x", LONG, "b"),)), ["s.b"]),
        (Struct((Field("x", LONG, "new"),)), ["s"]),
        (Struct((Field("y", Struct((Field("z", LONG, "d"),)), "c"),)), ["s.c.d"]),
        (LONG, ["s"]),
    ],
)
def test_of_a_struct_only_the_wanted_parts_are_read(kind: DeltaType, names: list[str]) -> None:
    held = pa.field(
        "s", pa.struct([("b", pa.int64()), ("c", pa.struct([("d", pa.int64()), ("e", pa.int8())]))])
    )
    assert column_names(held, Field("s", kind, "s"), "name") == names
