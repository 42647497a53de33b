"""Expectations about the table's columns: the schema answers them, without a row."""

import re
from typing import TYPE_CHECKING, Any

from checks.core import Verdict
from checks.expectations import library
from checks.expectations.kinds import type_name
from checks.expectations.prepare import Prepared, prepare
from checks.expectations.problem import Unfit, missing, safe
from checks.expectations.verdicts import of_fact, of_value
from checks.rows.core import Aggregate, RowCheck

if TYPE_CHECKING:
    import pyarrow as pa

_TYPED = (
    "expect_column_type_to_be",
    "expect_column_values_to_be_of_type",
    "expect_column_values_to_be_in_type_list",
)
_COUNTED = ("expect_table_column_count_to_be_between", "expect_table_column_count_to_equal")
# The names of Spark's types, and others that people use for those of a table.
_ALIASES = {
    "byte": "tinyint",
    "bytetype": "tinyint",
    "short": "smallint",
    "shorttype": "smallint",
    "integer": "int",
    "integertype": "int",
    "long": "bigint",
    "longtype": "bigint",
    "real": "float",
    "floattype": "float",
    "doubletype": "double",
    "stringtype": "string",
    "binarytype": "binary",
    "booleantype": "boolean",
    "datetype": "date",
    "timestamptype": "timestamp",
    "timestampntztype": "timestamp_ntz",
    "decimaltype": "decimal",
    "dec": "decimal",
    "numeric": "decimal",
    "arraytype": "array",
    "list": "array",
    "maptype": "map",
    "dict": "map",
    "structtype": "struct",
}


def shape(check: RowCheck, schema: "pa.Schema") -> Aggregate:
    """A check of the schema, which is settled already: it has no expressions."""
    try:
        verdict = judged(prepare(check, schema), schema)
    except Unfit as unfit:
        verdict = unfit.verdict()
    except Exception as error:  # whatever the library raises for these arguments
        told = safe(str(error), schema.names)
        verdict = Verdict.error(f"great-expectations could not judge the schema: {told}")
    return Aggregate(check.check, {}, lambda values: verdict)


def judged(prepared: Prepared, schema: "pa.Schema") -> Verdict:
    """The verdict of an expectation about the schema; Unfit."""
    if prepared.type in _TYPED:
        return _typed(prepared, schema)
    if prepared.type == "expect_column_to_exist":
        return _existing(prepared, schema)
    metrics = {"table.columns": schema.names, "table.column_count": len(schema.names)}
    passed = library.passes(prepared.expectation, metrics)
    if prepared.type in _COUNTED:
        return _number(prepared, len(schema.names), passed)
    return _columns(prepared, schema, passed)


def _number(prepared: Prepared, count: int, passed: bool) -> Verdict:
    from dataclasses import replace

    value = prepared.written.get("value")
    if value is not None:
        prepared = replace(prepared, written={"min_value": value, "max_value": value})
    return of_value(prepared, "the number of columns", float(count), passed)


def _existing(prepared: Prepared, schema: "pa.Schema") -> Verdict:
    """The library takes the index 0 for none, so this is judged here."""
    name, index = str(prepared.written["column"]), prepared.written.get("column_index")
    there = name in schema.names
    place = schema.names.index(name) if there else None
    passed = there and index in (None, place)
    expected = f"a column {name}" + ("" if index is None else f" at the index {index}")
    if passed:
        reason = f"the table has {expected}"
    elif there:
        reason = f"the column {name} is at the index {place}, not {index}"
    else:
        unknown = missing(name, schema.names)
        return of_fact(prepared, unknown.reason, expected, False, mend=unknown.mend)
    return of_fact(prepared, reason, expected, passed)


def _columns(prepared: Prepared, schema: "pa.Schema", passed: bool) -> Verdict:
    arguments = prepared.written
    wanted = list(arguments.get("column_list") or arguments.get("column_set") or ())
    lacks = [name for name in wanted if name not in schema.names]
    extra = [name for name in schema.names if name not in wanted]
    parts = []
    if lacks:
        parts.append(f"lacks {', '.join(lacks)}")
    if extra and arguments.get("exact_match", True):
        parts.append(f"also has {', '.join(extra)}")
    if not parts:
        parts.append("has these columns" if passed else "has them in another order")
    expected = f"the columns {', '.join(wanted)}"
    return of_fact(prepared, f"the table {' and '.join(parts)}", expected, passed)


def _typed(prepared: Prepared, schema: "pa.Schema") -> Verdict:
    name = _name(str(prepared.written["column"]), schema)
    column = schema.field(name).type
    wanted = prepared.written.get("type_list") or [prepared.written.get("type_")]
    found = type_name(column)
    matches = [_is_type(str(word), column) for word in wanted]
    if all(match is None for match in matches):
        raise Unfit(
            f"{' and '.join(map(str, wanted))} is no known type",
            f"the column {name} is {found}; write a type of the table, of Spark or of pandas",
        )
    told = " or ".join(map(str, wanted))
    reason = f"the column {name} is {found}; expected {told}"
    return of_fact(prepared, reason, f"{name} of the type {told}", any(matches), observed=found)


def _name(name: str, schema: "pa.Schema") -> str:
    for column in schema.names:
        if column.casefold() == name.casefold():
            return str(column)
    raise missing(name, schema.names)


def _is_type(word: str, column: "pa.DataType") -> bool | None:
    """Whether a type has a name, in any of three vocabularies; None where no one knows it."""
    own = _is_table_type(word, type_name(column))
    pandas = _is_pandas_type(word, column)
    return pandas if own is None else own or bool(pandas)


def _is_table_type(word: str, found: str) -> bool | None:
    plain = re.sub(r"\s+", "", word.lower()).removesuffix("()")
    head, _, rest = plain.partition("(")
    head = _ALIASES.get(head, head)
    plain = f"{head}({rest}" if rest else head
    if plain == found.lower():
        return True
    base = re.split(r"[(<]", found.lower())[0]
    if plain == base:
        return True
    known = {*_ALIASES.values(), "string", "binary", "boolean", "date", "timestamp"}
    return False if re.split(r"[(<]", plain)[0] in known else None


def _is_pandas_type(word: str, column: "pa.DataType") -> bool | None:
    """What the library says of one value of a type; None where it knows no type of this name."""
    if not _is_known_to_pandas(word):
        return None
    import pyarrow as pa

    made = pa.table({"value": pa.array([_example(column)], column)})
    expectation: Any = library.built(
        "expect_column_values_to_be_of_type", {"column": "value", "type_": word}
    )
    engine = library.engine(made.to_pandas(coerce_temporal_nanoseconds=True))
    metrics = library.dependencies(expectation, engine)
    values, reason = library.measured(engine, list(metrics.values()))
    if any(metric.id not in values for metric in metrics.values()):
        raise Unfit(f"great-expectations could not judge the type: {safe(reason, ())}")
    named = {name: values[metric.id] for name, metric in metrics.items()}
    return library.passes(expectation, named, engine)


def _is_known_to_pandas(word: str) -> bool:
    """Whether the library finds a type of this name in numpy, pandas or Python."""
    import numpy as np
    import pandas as pd

    try:
        np.dtype(word)
    except (TypeError, ValueError, SyntaxError):
        return isinstance(getattr(pd, word, None), type) or word.lower() in _OF_PYTHON
    return True


_OF_PYTHON = ("none", "bool", "int", "long", "float", "bytes", "complex", "str", "string_types")


def _example(column: "pa.DataType") -> Any:
    """A value of a type that is not null."""
    import datetime
    import decimal

    import pyarrow as pa

    t = pa.types
    examples: tuple[tuple[Any, Any], ...] = (
        (t.is_integer, 1),
        (t.is_floating, 1.0),
        (t.is_boolean, True),
        (t.is_decimal, decimal.Decimal(1)),
        (t.is_date, datetime.date(2000, 1, 1)),
        (t.is_time, datetime.time(1)),
        (t.is_duration, datetime.timedelta(1)),
        (t.is_timestamp, datetime.datetime(2000, 1, 1)),
    )
    for test, example in examples:
        if test(column):
            return example
    if t.is_struct(column):
        fields = (column.field(index) for index in range(column.num_fields))
        return {field.name: _example(field.type) for field in fields}
    if t.is_nested(column):
        return []
    return b"a" if "binary" in str(column) else "a"
