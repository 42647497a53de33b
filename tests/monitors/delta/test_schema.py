"""The schema of a table: names, types, column mapping, and looking columns up."""

import json

import pyarrow as pa
import pytest

from monitors.delta.schema import (
    Array,
    Field,
    Leaf,
    MapOf,
    Primitive,
    Schema,
    Struct,
    arrow_type,
    parse,
)
from monitors.errors import UnreadableError
from tests.monitors.delta.written import field, mapped, schema_string

LONG, TEXT = Primitive("long"), Primitive("string")


def test_the_example_of_the_protocol_is_read_whole() -> None:
    inner = {"type": "struct", "fields": [field("d", "integer")]}
    text = schema_string(
        ("a", "integer"),
        ("b", inner),
        ("c", {"type": "array", "elementType": "integer", "containsNull": False}),
        ("e", {"type": "array", "elementType": inner, "containsNull": True}),
        ("f", {"type": "map", "keyType": "string", "valueType": "string"}),
    )
    number = Primitive("integer")
    struct = Struct((Field("d", number, "d"),))
    assert parse(text) == Schema(
        (
            Field("a", number, "a"),
            Field("b", struct, "b"),
            Field("c", Array(number, contains_null=False), "c"),
            Field("e", Array(struct), "e"),
            Field("f", MapOf(TEXT, TEXT), "f"),
        )
    )


@pytest.mark.parametrize("mode", ["name", "id"])
def test_column_mapping_gives_physical_names_and_ids_at_every_depth(mode: str) -> None:
    inner = {"type": "struct", "fields": [field("y", "long", mapped("col-2", 2))]}
    schema = parse(schema_string(("x", inner, mapped("col-1", 1))), mode)
    nested = Struct((Field("y", LONG, "col-2", 2),))
    assert schema == Schema((Field("x", nested, "col-1", 1),), "name" if mode == "name" else "id")
    assert schema.leaf("x.y") == Leaf(("x", "y"), ("col-1", "col-2"), LONG)


def test_without_mapping_the_metadata_of_a_former_mapping_is_passed_over() -> None:
    assert parse(schema_string(("x", "long", mapped("col-1", 1))), "none").fields == (
        Field("x", LONG, "x"),
    )


def test_user_defined_types_are_the_sql_type_they_are_stored_as() -> None:
    spec = {"type": "udt", "class": "Vector", "sqlType": {"type": "struct", "fields": []}}
    assert parse(schema_string(("v", spec))).fields[0].type == Struct(())


@pytest.mark.parametrize(
    ("name", "arrow"),
    [
        ("string", pa.string()),
        ("varchar(20)", pa.string()),
        ("string collate UTF8_LCASE", pa.string()),
        ("long", pa.int64()),
        ("integer", pa.int32()),
        ("short", pa.int16()),
        ("byte", pa.int8()),
        ("float", pa.float32()),
        ("double", pa.float64()),
        ("boolean", pa.bool_()),
        ("binary", pa.binary()),
        ("date", pa.date32()),
        ("timestamp", pa.timestamp("us", "UTC")),
        ("timestamp_ntz", pa.timestamp("us")),
        ("decimal(12,3)", pa.decimal128(12, 3)),
        ("decimal(38, 18)", pa.decimal128(38, 18)),
        ("decimal", pa.decimal128(10, 0)),
        ("void", pa.null()),
        ("geometry(OGC:CRS84)", pa.binary()),
        ("variant", pa.struct([("metadata", pa.binary()), ("value", pa.binary())])),
    ],
)
def test_every_delta_type_has_its_arrow_type(name: str, arrow: pa.DataType) -> None:
    assert arrow_type(Primitive(name)) == arrow


def test_nested_arrow_types_carry_logical_names() -> None:
    nested = Struct((Field("logical", Array(LONG), "physical", 7),))
    assert arrow_type(MapOf(TEXT, nested)) == pa.map_(
        pa.string(), pa.struct([("logical", pa.list_(pa.field("element", pa.int64())))])
    )


def test_an_unknown_type_is_an_error_only_for_who_asks_for_it() -> None:
    schema = parse(schema_string(("odd", "interval year"), ("id", "long")))
    assert arrow_type(schema.field("id").type) == pa.int64()
    with pytest.raises(UnreadableError, match="unknown Delta type 'interval year'; leave the"):
        arrow_type(schema.field("odd").type)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"type":"long"}', '{"type":"struct"}', "null"])
def test_a_broken_schema_is_explained(text: str) -> None:
    with pytest.raises(UnreadableError, match="the table's schemaString is broken"):
        parse(text)


def test_an_unknown_mapping_mode_is_refused() -> None:
    with pytest.raises(UnreadableError, match="unknown column mapping mode 'colour'"):
        parse(schema_string(("x", "long")), "colour")


def test_a_column_whose_name_has_dots_wins_over_a_nested_one() -> None:
    inner = {"type": "struct", "fields": [field("b", "long"), field("c.d", "date")]}
    schema = parse(schema_string(("a.b", "string"), ("a", inner)))
    assert schema.leaf("a.b") == Leaf(("a.b",), ("a.b",), TEXT)
    assert schema.leaf("a.c.d") == Leaf(("a", "c.d"), ("a", "c.d"), Primitive("date"))


def test_columns_are_found_in_any_case() -> None:
    inner = {"type": "struct", "fields": [field("Seen", "date")]}
    schema = parse(schema_string(("Posts", inner)))
    assert schema.leaf("posts.seen").path == ("Posts", "Seen")
    assert schema.field("POSTS").name == "Posts"


def test_a_missing_column_is_answered_with_the_nearest() -> None:
    schema = parse(json.dumps({"type": "struct", "fields": [field("created_at", "timestamp")]}))
    with pytest.raises(UnreadableError, match="no column 'create_at'; did you mean 'created_at'"):
        schema.leaf("create_at")
    with pytest.raises(UnreadableError, match="no column 'zzz'; the columns are created_at"):
        schema.field("zzz")
