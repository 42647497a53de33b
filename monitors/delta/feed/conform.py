"""Columns of a data file, brought to the schema of the table.

Files keep physical names or field ids, lack the columns added after they were written, and keep
the narrower types that a column had. Here each column becomes what the schema says, or is refused:
never converted with loss.
"""

from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from monitors.delta.schema import (
    Array,
    DeltaType,
    Field,
    MapOf,
    Mapping,
    Primitive,
    Struct,
    arrow_type,
)
from monitors.errors import UnreadableError

Column: TypeAlias = Any
"""A pyarrow Array of any type."""

_ID = b"PARQUET:field_id"
_INTEGERS = ("int8", "int16", "int32", "int64")
_WIDENED = {
    # Arrow prints its float32 and float64 so.
    "double": ("int8", "int16", "int32", "float"),
    **dict.fromkeys(_INTEGERS, _INTEGERS),
}


def find(fields: list["pa.Field[Any]"], wanted: Field, mapping: Mapping) -> int | None:
    """The index of a column among those of a file (or of a struct in it); None when it lacks it.

    UnreadableError when more than one answers.
    """
    by_id = mapping == "id" and wanted.field_id is not None
    if by_id:
        found = [i for i, field in enumerate(fields) if field_id(field) == wanted.field_id]
    else:
        found = [i for i, field in enumerate(fields) if field.name == wanted.physical_name]
    if not found and mapping == "none":
        name = wanted.physical_name.casefold()
        found = [i for i, field in enumerate(fields) if field.name.casefold() == name]
    if len(found) > 1:
        raise UnreadableError(f"a data file has {wanted.name!r} twice", "rewrite the file")
    return found[0] if found else None


def field_id(field: "pa.Field[Any]") -> int | None:
    """The Parquet field id of a file's column, or None."""
    text = (field.metadata or {}).get(_ID)
    return None if text is None else int(text)


def column_names(field: "pa.Field[Any]", wanted: Field, mapping: Mapping) -> list[str]:
    """The dotted names of what must be read of a file's column to get the wanted one."""
    if not isinstance(wanted.type, Struct) or not pa.types.is_struct(field.type):
        return [field.name]
    children = list(field.type)
    names = [
        f"{field.name}.{name}"
        for child in wanted.type.fields
        if (index := find(children, child, mapping)) is not None
        for name in column_names(children[index], child, mapping)
    ]
    # Without any child the column is still read, to know where the struct itself is null.
    return names or [field.name]


def conform(array: Column, kind: DeltaType, mapping: Mapping) -> Column:
    """An array of a file as the type of the schema; UnreadableError when it cannot be that."""
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if isinstance(array, pa.DictionaryArray):
        array = array.dictionary_decode()
    if pa.types.is_null(array.type):
        return pa.nulls(len(array), arrow_type(kind))
    match kind:
        case Struct():
            return _struct(array, kind, mapping)
        case Array():
            return _list(array, kind, mapping)
        case MapOf():
            return _map(array, kind, mapping)
        case Primitive("variant"):
            return _variant(array, kind)
        case Primitive():
            return _primitive(array, kind)


def _struct(array: Column, kind: Struct, mapping: Mapping) -> Column:
    if not isinstance(array, pa.StructArray):
        raise _refused(array.type, kind)
    inside = list(array.type)
    children = []
    for field in kind.fields:
        index = find(inside, field, mapping)
        if index is None:
            children.append(pa.nulls(len(array), arrow_type(field.type)))
        else:
            children.append(conform(array.field(index), field.type, mapping))
    fields = [
        pa.field(field.name, child.type) for field, child in zip(kind.fields, children, strict=True)
    ]
    if not fields:
        return pa.array([None if null else {} for null in array.is_null()], pa.struct([]))
    return pa.StructArray.from_arrays(children, fields=fields, mask=array.is_null())


def _list(array: Column, kind: Array, mapping: Mapping) -> Column:
    if pa.types.is_large_list(array.type) or pa.types.is_fixed_size_list(array.type):
        array = array.cast(pa.list_(array.type.value_field))
    if not isinstance(array, pa.ListArray):
        raise _refused(array.type, kind)
    offsets, start, count = _offsets(array)
    values = conform(array.values.slice(start, count), kind.element, mapping)
    return pa.ListArray.from_arrays(offsets, values, type=arrow_type(kind), mask=array.is_null())


def _map(array: Column, kind: MapOf, mapping: Mapping) -> Column:
    if not isinstance(array, pa.MapArray):
        raise _refused(array.type, kind)
    offsets, start, count = _offsets(array)
    keys = conform(array.keys.slice(start, count), kind.key, mapping)
    items = conform(array.items.slice(start, count), kind.value, mapping)
    return pa.MapArray.from_arrays(
        offsets, keys, items, type=arrow_type(kind), mask=array.is_null()
    )


def _offsets(array: Column) -> tuple[Column, int, int]:
    """Offsets from 0, and which part of the values they cut: a batch may be a slice."""
    offsets = array.offsets
    start, end = offsets[0].as_py(), offsets[-1].as_py()
    return pc.subtract(offsets, pa.scalar(start, pa.int32())), start, end - start


def _variant(array: Column, kind: Primitive) -> Column:
    target = arrow_type(kind)
    names = [field.name for field in array.type] if pa.types.is_struct(array.type) else []
    if sorted(names) != ["metadata", "value"]:
        # Shredded values are spread over more columns than we put together.
        raise _refused(array.type, kind)
    parts = [pc.struct_field(array, name).cast(pa.binary()) for name in ("metadata", "value")]
    return pa.StructArray.from_arrays(parts, fields=list(target), mask=array.is_null())


def _primitive(array: Column, kind: Primitive) -> Column:
    target = arrow_type(kind)
    if array.type == target:
        return array
    if not _fits(array.type, target):
        raise _refused(array.type, kind)
    if pa.types.is_timestamp(array.type) and array.type.unit == "ns":
        array = pc.floor_temporal(array, unit="microsecond")
    try:
        return array.cast(target)
    except pa.ArrowException as problem:
        raise _refused(array.type, kind) from problem


def _fits(source: Any, target: Any) -> bool:
    """Whether a file's type is another form of the wanted one, or was widened to it."""
    if str(source) in _WIDENED.get(str(target), ()):
        return True
    kinds = pa.types
    if kinds.is_decimal(target):
        return kinds.is_decimal(source) or str(source) in _INTEGERS
    if kinds.is_timestamp(target):
        return kinds.is_timestamp(source) or (kinds.is_date(source) and target.tz is None)
    if kinds.is_string(target) or kinds.is_binary(target):
        return _is_text(source)
    return kinds.is_date(target) and kinds.is_date(source)


def _is_text(source: Any) -> bool:
    return any(
        is_one(source)
        for is_one in (
            pa.types.is_string,
            pa.types.is_large_string,
            pa.types.is_string_view,
            pa.types.is_binary,
            pa.types.is_large_binary,
            pa.types.is_binary_view,
            pa.types.is_fixed_size_binary,
        )
    )


def _refused(source: Any, kind: DeltaType) -> UnreadableError:
    return UnreadableError(
        f"a data file holds {source} where the table's schema says {kind}",
        "read this version with the schema it was written under",
    )
