"""Numbers as files hold them: missing ones, thousands separators, decimal commas."""

import math
import re

from limnograph.backtesting.texts import shown

LARGEST = 1e100  # squares and sums of such numbers are numbers still

_MISSING = frozenset({"", "nan", "null", "none", "na", "n/a", "#n/a", "nil", "-", "\\n", "?"})
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:([,.' \u00a0\u202f])\d{3})(?:\1\d{3})*(?:([.,])\d*)?")
_COMMA = re.compile(r"[+-]?\d+,\d*")
_MARKS = str.maketrans("", "", "' \u00a0\u202f")


def number(text: str, separator: str = ",") -> float | None:
    """A number, None for one that is missing; ValueError for what is none or has no end.

    `separator` is what parts the columns: where that is a comma, one within a number marks
    thousands; elsewhere it marks the fraction, unless another mark or a second comma tells.

    >>> number("1,234.5"), number("1.234,5", ";"), number("0,25", ";"), number("NaN")
    (1234.5, 1234.5, 0.25, None)
    """
    text = text.strip()
    try:
        value = float(text)
    except ValueError:
        if text.lower() in _MISSING:
            return None
        value = float(_plain(text, separator))
    if math.isnan(value):
        return None
    if math.isinf(value):
        raise ValueError(f"{shown(text)} has no end; leave it blank where the value is unknown")
    if abs(value) > LARGEST:
        raise ValueError(
            f"{shown(text)} is too large to be judged; leave out what is no measurement"
        )
    return value


def _plain(text: str, separator: str) -> str:
    """The number as Python writes it."""
    found = _GROUPED.fullmatch(text)
    if found is None:
        if separator != "," and _COMMA.fullmatch(text):
            return text.replace(",", ".")
        raise ValueError(f"{shown(text)} is no number; leave it blank where the value is unknown")
    mark, point = found.groups()
    if mark == point or (mark == "." and point is None):
        raise ValueError(f"{shown(text)} is no number; write it without thousands separators")
    if mark == "," and point is None and separator != "," and text.count(",") == 1:
        raise ValueError(
            f"{shown(text)} may be {text.replace(',', '')} or {text.replace(',', '.')}; write it "
            "without a comma"
        )
    text = text.translate(_MARKS)
    if mark in ",.":
        text = text.replace(mark, "")
    return text.replace(",", ".")
