"""The schema of a Delta table: logical names outside, physical names and field ids inside.

`parse` reads the log's `schemaString` into plain values; nothing here needs Arrow until
`arrow_type` is asked. A type this program does not know spoils only the columns that have it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal, TypeAlias

from monitors.errors import UnreadableError

Mapping = Literal["none", "name", "id"]
MAPPINGS: tuple[Mapping, ...] = ("none", "name", "id")

_DECIMAL = re.compile(r"decimal\(\s*(\d+)\s*,\s*(-?\d+)\s*\)")
_PARAMETER = re.compile(r"[\s(].*", re.DOTALL)
# Types are walked by recursion, whose depth is bounded; no table known comes near.
_DEEPEST = 100


@dataclass(frozen=True, slots=True)
class Primitive:
    """A type without parts, by its Delta name: `long`, `decimal(10,2)`, `variant`."""

    name: str

    @property
    def kind(self) -> str:
        """The name without parameters: `decimal`, `string`, `geometry`."""
        return _PARAMETER.sub("", self.name)

    @property
    def decimal(self) -> tuple[int, int] | None:
        """Precision and scale of a decimal, else None."""
        match = _DECIMAL.fullmatch(self.name)
        if match:
            return int(match[1]), int(match[2])
        return (10, 0) if self.name == "decimal" else None

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Struct:
    fields: tuple["Field", ...]

    def __str__(self) -> str:
        return f"struct<{', '.join(f'{f.name}: {f.type}' for f in self.fields)}>"


@dataclass(frozen=True, slots=True)
class Array:
    element: "DeltaType"
    contains_null: bool = True

    def __str__(self) -> str:
        return f"array<{self.element}>"


@dataclass(frozen=True, slots=True)
class MapOf:
    key: "DeltaType"
    value: "DeltaType"
    value_contains_null: bool = True

    def __str__(self) -> str:
        return f"map<{self.key}, {self.value}>"


DeltaType: TypeAlias = Primitive | Struct | Array | MapOf


@dataclass(frozen=True, slots=True)
class Field:
    """A column or a nested field.

    `physical_name` is its name in data files, statistics and partition values (the logical name
    where the table has no column mapping); `field_id` its id in Parquet files, or None.
    """

    name: str
    type: DeltaType
    physical_name: str
    field_id: int | None = None
    nullable: bool = True


@dataclass(frozen=True, slots=True)
class Leaf:
    """A possibly nested column: its logical path, its path in files and statistics, its type."""

    path: tuple[str, ...]
    physical_path: tuple[str, ...]
    type: DeltaType


@dataclass(frozen=True, slots=True)
class Schema:
    """The columns of a table, and how data files name them: `none`, by `name` or by `id`."""

    fields: tuple[Field, ...]
    mapping: Mapping = "none"

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for field in self.fields)

    def field(self, name: str) -> Field:
        """A column by logical name, in any case; UnreadableError when there is none."""
        found = _pick(self.fields, name)
        if found is None:
            raise _missing(name, self.names)
        return found

    def leaf(self, column: str) -> Leaf:
        """A column such as `a` or `a.b`; UnreadableError when there is none.

        A column whose own name has dots wins over a nested one.
        """
        found = _walk(self.fields, column)
        if found is None:
            raise _missing(column, tuple(_paths(self.fields)))
        return Leaf(
            tuple(field.name for field in found),
            tuple(field.physical_name for field in found),
            found[-1].type,
        )


def _pick(fields: tuple[Field, ...], name: str) -> Field | None:
    exact = next((field for field in fields if field.name == name), None)
    # Delta's names are unique whatever their case, so this cannot pick the wrong one.
    return exact or next((f for f in fields if f.name.casefold() == name.casefold()), None)


def _walk(fields: tuple[Field, ...], column: str) -> tuple[Field, ...] | None:
    whole = _pick(fields, column)
    if whole:
        return (whole,)
    for dot in (match.start() for match in re.finditer(r"\.", column)):
        parent = _pick(fields, column[:dot])
        if parent and isinstance(parent.type, Struct):
            below = _walk(parent.type.fields, column[dot + 1 :])
            if below:
                return (parent, *below)
    return None


def _paths(fields: tuple[Field, ...], prefix: str = "") -> Iterator[str]:
    for field in fields:
        yield prefix + field.name
        if isinstance(field.type, Struct):
            yield from _paths(field.type.fields, f"{prefix}{field.name}.")


def _missing(column: str, known: tuple[str, ...]) -> UnreadableError:
    close = get_close_matches(column, known, n=1)
    mend = f"did you mean {close[0]!r}?" if close else f"the columns are {', '.join(known)}"
    return UnreadableError(f"the table has no column {column!r}", mend)


def parse(schema_string: str, mapping: str | None = None) -> Schema:
    """The schema of a `metaData` action, given its `delta.columnMapping.mode` (None is `none`).

    UnreadableError when the text is not a Delta schema or the mode is unknown.
    """
    mode = (mapping or "none").lower()
    if mode not in MAPPINGS:
        raise UnreadableError(
            f"unknown column mapping mode {str(mapping)[:40]!r}", "a newer limnograph may know it"
        )
    try:
        document = json.loads(schema_string)
        if document["type"] != "struct":
            raise ValueError(f"its type is {document['type']!r}, not 'struct'")
        return Schema(_fields(document, 0, mapped=mode != "none"), mode)
    except (
        AttributeError,
        KeyError,
        OverflowError,
        RecursionError,
        TypeError,
        ValueError,
    ) as problem:
        raise UnreadableError(
            f"the table's schemaString is broken ({type(problem).__name__}: {str(problem)[:200]})",
            "repair the metaData action in the Delta log",
        ) from problem


def _fields(struct: dict[str, Any], above: int, *, mapped: bool) -> tuple[Field, ...]:
    """The fields of a struct, `above` levels down."""
    return tuple(_field(field, above, mapped=mapped) for field in struct["fields"])


def _field(field: dict[str, Any], above: int, *, mapped: bool) -> Field:
    name = field["name"]
    # Without column mapping the leftovers of a former mapping mean nothing.
    metadata = (field.get("metadata") or {}) if mapped else {}
    number = metadata.get("delta.columnMapping.id")
    physical_name = metadata.get("delta.columnMapping.physicalName", name)
    if not isinstance(name, str) or not isinstance(physical_name, str):
        raise TypeError(f"{name!r} is not a name")
    return Field(
        name=name,
        type=_type(field["type"], above + 1, mapped=mapped),
        physical_name=physical_name,
        field_id=None if number is None else int(number),
        nullable=field.get("nullable", True),
    )


def _type(spec: Any, above: int, *, mapped: bool) -> DeltaType:
    if isinstance(spec, str):
        return Primitive(spec)
    if above >= _DEEPEST:
        raise ValueError(f"it is nested deeper than {_DEEPEST} levels")
    match spec["type"]:
        case "struct":
            return Struct(_fields(spec, above, mapped=mapped))
        case "array":
            element = _type(spec["elementType"], above + 1, mapped=mapped)
            return Array(element, spec.get("containsNull", True))
        case "map":
            key, value = (
                _type(spec[part], above + 1, mapped=mapped) for part in ("keyType", "valueType")
            )
            return MapOf(key, value, spec.get("valueContainsNull", True))
        case "udt":
            # Spark's user-defined types are stored as the SQL type they are built on.
            return _type(spec["sqlType"], above + 1, mapped=mapped)
        case str(name):
            return Primitive(name)
        case other:
            raise ValueError(f"{other!r} is not a type")


_ARROW_NAMES = {
    "string": "string",
    "varchar": "string",
    "char": "string",
    "long": "int64",
    "integer": "int32",
    "short": "int16",
    "byte": "int8",
    "float": "float32",
    "double": "float64",
    "boolean": "bool_",
    "binary": "binary",
    # Well-known binary, as Delta stores both.
    "geometry": "binary",
    "geography": "binary",
    "date": "date32",
    "void": "null",
    "null": "null",
}


def arrow_type(kind: DeltaType) -> Any:
    """The Arrow type in which values are handed out, with logical names inside structs.

    Everything in it may be null, since files lack the columns added after them. UnreadableError
    for a type that this program does not know.
    """
    import pyarrow as pa

    match kind:
        case Struct(fields):
            return pa.struct([pa.field(f.name, arrow_type(f.type)) for f in fields])
        case Array(element):
            return pa.list_(pa.field("element", arrow_type(element)))
        case MapOf(key, value):
            return pa.map_(arrow_type(key), arrow_type(value))
        case Primitive():
            return _arrow_primitive(kind)


def _arrow_primitive(kind: Primitive) -> Any:
    import pyarrow as pa

    if kind.kind == "timestamp":
        return pa.timestamp("us", "UTC")
    if kind.kind == "timestamp_ntz":
        return pa.timestamp("us")
    if kind.kind == "variant":
        return pa.struct([pa.field("metadata", pa.binary()), pa.field("value", pa.binary())])
    if kind.decimal:
        try:
            return pa.decimal128(*kind.decimal)
        except (OverflowError, ValueError):
            raise unknown_type(kind) from None
    if kind.kind not in _ARROW_NAMES:
        raise unknown_type(kind)
    return getattr(pa, _ARROW_NAMES[kind.kind])()


def unknown_type(kind: DeltaType) -> UnreadableError:
    """The error for a column whose type this program does not know."""
    return UnreadableError(
        f"unknown Delta type {str(kind)!r}", "leave the column out, or use a newer limnograph"
    )
