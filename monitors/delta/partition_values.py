"""Partition values: the log keeps them as text, whatever the column's type."""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Context, Decimal, Inexact, InvalidOperation, localcontext
from typing import TypeAlias

from monitors.delta.schema import DeltaType, Primitive, unknown_type
from monitors.errors import UnreadableError

PartitionValue: TypeAlias = str | int | float | bool | bytes | date | datetime | Decimal | None

_BITS = {"byte": 8, "short": 16, "integer": 32, "long": 64}
_STRINGS = {"string", "varchar", "char"}
_DATE = re.compile(r"(\d{1,4})-(\d{1,2})-(\d{1,2})(?:[ T].*)?")
_TIMESTAMP = re.compile(
    r"(\d{1,4})-(\d{1,2})-(\d{1,2})"
    r"(?:[ T](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?)?"
    r"\s*(Z|UTC|[+-]\d{2}:?\d{2})?"
)
_ESCAPED_BYTES = re.compile(r"(?:\\u00[0-9A-Fa-f]{2})+")


def partition_value(text: str | None, kind: DeltaType) -> PartitionValue:
    """The typed value of a partition column; None and the empty text are null.

    Timestamps come back aware in UTC (a text without offset is taken as UTC), timestamps without
    time zone naive. UnreadableError when the text does not fit the type.
    """
    if text is None or text == "":
        return None
    if not isinstance(kind, Primitive):
        raise UnreadableError(f"a partition column cannot be a {kind}", "repair the Delta log")
    try:
        if "_" in text and kind.kind in (*_BITS, "float", "double", "decimal"):
            # A separator for Python, for nobody else.
            raise ValueError(text)
        return _value(text, kind)
    except (ValueError, OverflowError, InvalidOperation, Inexact) as problem:
        raise UnreadableError(
            f"partition value {text!r} is not a {kind}", "repair the Delta log"
        ) from problem


def _value(text: str, kind: Primitive) -> PartitionValue:
    name = kind.kind
    if name in _STRINGS:
        return text
    if name in _BITS:
        return _integer(text, _BITS[name])
    if name == "decimal":
        return _decimal(text, kind)
    if name == "boolean":
        return {"true": True, "false": False}.get(text.lower()) or _is_false(text)
    if name in ("float", "double"):
        return float(text)
    if name == "date":
        match = _matched(_DATE, text)
        return date(int(match[1]), int(match[2]), int(match[3]))
    if name == "timestamp":
        moment = _timestamp(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    if name == "timestamp_ntz":
        return _timestamp(text).replace(tzinfo=None)
    if name == "binary":
        return _binary(text)
    raise unknown_type(kind)


def _is_false(text: str) -> bool:
    if text.lower() != "false":
        raise ValueError(text)
    return False


def _matched(pattern: re.Pattern[str], text: str) -> re.Match[str]:
    match = pattern.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    return match


def _integer(text: str, bits: int) -> int:
    value = int(text)
    if not -(1 << bits - 1) <= value < 1 << bits - 1:
        raise OverflowError(text)
    return value


def _decimal(text: str, kind: Primitive) -> Decimal:
    precision, scale = kind.decimal or (10, 0)
    value = Decimal(text)
    if not value.is_finite():
        raise ValueError(text)
    # Written with another scale the value is still exact; digits that do not fit are an error.
    with localcontext(
        Context(prec=precision, Emax=100, Emin=-100, traps=[InvalidOperation, Inexact])
    ):
        return value.quantize(Decimal(1).scaleb(-scale))


def _timestamp(text: str) -> datetime:
    match = _matched(_TIMESTAMP, text)
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    fraction = int((match[7] or "").ljust(6, "0")[:6])
    return datetime(year, month, day, hour, minute, second, fraction, _offset(match[8]))


def _offset(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text in ("Z", "UTC"):
        return UTC
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=int(text[1:3]), minutes=int(text[-2:])))


def _binary(text: str) -> bytes:
    # delta-rs writes each byte as the six characters \u00XX; Spark the bytes as UTF-8 text.
    if _ESCAPED_BYTES.fullmatch(text):
        return bytes(int(part, 16) for part in text.split("\\u")[1:])
    return text.encode("utf-8")
