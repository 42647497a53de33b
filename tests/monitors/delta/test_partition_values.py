"""Partition values of every type, from the text that the log keeps."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from monitors.delta.partition_values import PartitionValue, partition_value
from monitors.delta.schema import Array, Primitive
from monitors.errors import UnreadableError

NOON = datetime(2024, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("string", "a b", "a b"),
        ("string", "50%", "50%"),
        ("string", "null", "null"),
        ("long", "-9223372036854775808", -(2**63)),
        ("integer", "42", 42),
        ("short", "-7", -7),
        ("byte", "127", 127),
        ("float", "1.5", 1.5),
        ("double", "1.0E10", 1e10),
        ("double", "-Infinity", float("-inf")),
        ("boolean", "true", True),
        ("boolean", "False", False),
        ("decimal(10,2)", "12.34", Decimal("12.34")),
        ("decimal(10,2)", "12.3", Decimal("12.30")),
        ("decimal(10,2)", "1E+2", Decimal("100.00")),
        ("decimal(38,0)", "9" * 38, Decimal("9" * 38)),
        ("date", "2024-03-01", date(2024, 3, 1)),
        ("date", "2024-3-1", date(2024, 3, 1)),
        ("date", "2024-03-01 00:00:00", date(2024, 3, 1)),
        ("timestamp", "2024-03-01 12:00:00", NOON),
        ("timestamp", "2024-03-01 12:00:00.000001", NOON.replace(microsecond=1)),
        ("timestamp", "2024-03-01 12:00:00.5", NOON.replace(microsecond=500000)),
        ("timestamp", "2024-03-01T12:00:00.123456Z", NOON.replace(microsecond=123456)),
        ("timestamp", "2024-03-01T14:00:00+02:00", NOON),
        ("timestamp", "2024-03-01", NOON.replace(hour=0)),
        ("timestamp_ntz", "2024-03-01 12:00:00", NOON.replace(tzinfo=None)),
        ("timestamp_ntz", "2024-03-01", NOON.replace(hour=0, tzinfo=None)),
        ("binary", "\x01\x02\x03", b"\x01\x02\x03"),
        ("binary", "ä", "ä".encode()),
        ("binary", "\\u0001\\u00FF", b"\x01\xff"),
    ],
)
def test_each_type_has_its_form(kind: str, text: str, value: PartitionValue) -> None:
    assert partition_value(text, Primitive(kind)) == value


@pytest.mark.parametrize("kind", ["string", "long", "date", "binary", "decimal(3,1)", "boolean"])
@pytest.mark.parametrize("text", [None, ""])
def test_none_and_the_empty_text_are_null(kind: str, text: str | None) -> None:
    assert partition_value(text, Primitive(kind)) is None


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("long", "one"),
        ("long", "1_000"),
        ("long", "9223372036854775808"),
        ("byte", "128"),
        ("boolean", "yes"),
        ("decimal(4,2)", "1.234"),
        ("decimal(4,2)", "123.45"),
        ("decimal(4,2)", "NaN"),
        ("date", "2024-13-01"),
        ("timestamp", "yesterday"),
    ],
)
def test_a_text_that_does_not_fit_is_refused(kind: str, text: str) -> None:
    with pytest.raises(UnreadableError, match=r"partition value .* is not a"):
        partition_value(text, Primitive(kind))


def test_unknown_and_nested_types_are_refused() -> None:
    with pytest.raises(UnreadableError, match="unknown Delta type 'interval'"):
        partition_value("1", Primitive("interval"))
    with pytest.raises(UnreadableError, match="a partition column cannot be a array<long>"):
        partition_value("1", Array(Primitive("long")))
