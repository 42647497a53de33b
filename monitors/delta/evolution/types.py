"""Columns as trees, their types as text, and which type may hold all values of another."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from monitors.core import Column

Relation = Literal["widened", "narrowed", "changed"]

_WHOLE = ("byte", "short", "integer", "long")
_DIGITS = {"byte": 3, "short": 5, "integer": 10, "long": 19}
_ALIASES = {"int": "integer", "tinyint": "byte", "smallint": "short", "bigint": "long"}
_WIDER = frozenset(
    {
        ("float", "double"),
        ("byte", "double"),
        ("short", "double"),
        ("integer", "double"),
        ("date", "timestamp_ntz"),
    }
)
_DECIMAL = re.compile(r"decimal\(\s*(\d+)\s*,\s*(-?\d+)\s*\)")
_PARTS = {"array": ("element",), "map": ("key", "value")}


@dataclass(slots=True)
class Node:
    """A column with its fields (or its element, or its key and value), in their order."""

    column: Column
    fields: list["Node"] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.column.path[-1]

    @property
    def type(self) -> str:
        """The whole type: `struct<city: string>`, `array<long>`."""
        if self.column.type == "struct":
            return f"struct<{', '.join(f'{f.name}: {f.type}' for f in self.fields)}>"
        if self.column.type in _PARTS:
            return f"{self.column.type}<{', '.join(part.type for part in self.fields)}>"
        return self.column.type


def trees(columns: Iterable[Column]) -> list[Node]:
    """The columns of a table, those within others below them."""
    top: list[Node] = []
    above: list[Node] = []
    for column in columns:
        del above[len(column.path) - 1 :]
        node = Node(column)
        (above[-1].fields if above else top).append(node)
        above.append(node)
    return top


def dotted(path: Sequence[str]) -> str:
    """A path as text; a name that would be misread stands in backticks.

    >>> dotted(("home", "zip")), dotted(("a.b",))
    ('home.zip', '`a.b`')
    """
    return ".".join(f"`{name}`" if "." in name or "`" in name else name for name in path)


def relation(before: str, after: str) -> Relation:
    """How a primitive type became another one: widened if every value still fits.

    >>> relation("integer", "long"), relation("long", "integer"), relation("long", "string")
    ('widened', 'narrowed', 'changed')
    """
    if _fits(before, after):
        return "widened"
    return "narrowed" if _fits(after, before) else "changed"


def _fits(small: str, large: str) -> bool:
    small, large = _ALIASES.get(small, small), _ALIASES.get(large, large)
    if (small, large) in _WIDER:
        return True
    if small in _WHOLE and large in _WHOLE:
        return _WHOLE.index(small) < _WHOLE.index(large)
    decimal = _decimal(large)
    if decimal is None:
        return False
    precision, scale = decimal
    if small in _DIGITS:
        return scale >= 0 and precision - scale >= _DIGITS[small]
    before = _decimal(small)
    return before is not None and precision - scale >= before[0] - before[1] and scale >= before[1]


def _decimal(name: str) -> tuple[int, int] | None:
    match = _DECIMAL.fullmatch(name)
    if match:
        return int(match[1]), int(match[2])
    return (10, 0) if name == "decimal" else None
