"""What a column holds, in the few kinds between which expectations make a difference."""

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


class ColumnKind(StrEnum):
    """Kinds of values."""

    INTEGER = "integer"
    FLOAT = "float"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    TEXT = "text"
    DATE = "date"
    TIMESTAMP = "timestamp"
    TIMESTAMP_NTZ = "timestamp without zone"
    BINARY = "binary"
    NESTED = "nested"
    OTHER = "other"


K = ColumnKind
NUMBERS = frozenset((K.INTEGER, K.FLOAT, K.DECIMAL))
TIMES = frozenset((K.TIMESTAMP, K.TIMESTAMP_NTZ))
ORDERED = NUMBERS | TIMES | {K.TEXT, K.DATE, K.BOOLEAN}
SCALARS = ORDERED | {K.BINARY}
ANY = frozenset(ColumnKind)
# As text, a timestamp looks different with the other values of its batch, bytes have quotes.
PRINTED = NUMBERS | {K.TEXT, K.DATE, K.BOOLEAN}
TEXT = frozenset((K.TEXT,))


def kind_of(column: "pa.DataType") -> ColumnKind:
    """The kind of an Arrow type."""
    import pyarrow.types as t

    if t.is_dictionary(column):
        return kind_of(column.value_type)
    if t.is_timestamp(column):
        return K.TIMESTAMP_NTZ if column.tz is None else K.TIMESTAMP
    tests = (
        (t.is_integer, K.INTEGER),
        (t.is_floating, K.FLOAT),
        (t.is_decimal, K.DECIMAL),
        (t.is_boolean, K.BOOLEAN),
        (t.is_string, K.TEXT),
        (t.is_large_string, K.TEXT),
        (t.is_string_view, K.TEXT),
        (t.is_date, K.DATE),
        (t.is_binary, K.BINARY),
        (t.is_large_binary, K.BINARY),
        (t.is_binary_view, K.BINARY),
        (t.is_fixed_size_binary, K.BINARY),
        (t.is_nested, K.NESTED),
    )
    return next((kind for test, kind in tests if test(column)), K.OTHER)


def type_name(column: "pa.DataType") -> str:
    """The name of an Arrow type in a table's schema, such as `bigint` or `array<string>`."""
    import pyarrow.types as t

    if t.is_dictionary(column):
        return type_name(column.value_type)
    if t.is_decimal(column):
        return f"decimal({column.precision},{column.scale})"
    if t.is_list(column) or t.is_large_list(column) or t.is_fixed_size_list(column):
        return f"array<{type_name(column.value_type)}>"
    if t.is_map(column):
        return f"map<{type_name(column.key_type)},{type_name(column.item_type)}>"
    if t.is_struct(column):
        fields = (column.field(index) for index in range(column.num_fields))
        return f"struct<{','.join(f'{field.name}:{type_name(field.type)}' for field in fields)}>"
    named = {
        K.TEXT: "string",
        K.BINARY: "binary",
        K.BOOLEAN: "boolean",
        K.DATE: "date",
        K.TIMESTAMP: "timestamp",
        K.TIMESTAMP_NTZ: "timestamp_ntz",
    }
    plain = {
        "int8": "tinyint",
        "int16": "smallint",
        "int32": "int",
        "int64": "bigint",
        "float": "float",
        "double": "double",
    }
    return named.get(kind_of(column)) or plain.get(str(column), str(column))
