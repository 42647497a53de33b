"""A statement that shows the unexpected rows of a table, where SQL can say what is unexpected."""

from typing import Any

from checks.expectations.prepare import Prepared
from monitors.lakes.rows.sql import quoted


def look(prepared: Prepared) -> str:
    """A statement in the Databricks dialect over the table; empty where there is none.

    A row_condition is left out of it: the statement may show rows that were not judged.
    """
    condition = _unexpected(prepared)
    if not condition:
        return ""
    name = prepared.row_check.check.subject.name
    table = ".".join(quoted(part) for part in name.split("."))
    return f"SELECT * FROM {table} WHERE {condition} LIMIT 100"


def _unexpected(prepared: Prepared) -> str:
    arguments, kind = prepared.written, prepared.type
    column = quoted(str(arguments.get("column", "")))
    pair = [quoted(str(arguments.get(name, ""))) for name in ("column_A", "column_B")]
    listed = [quoted(name) for name in arguments.get("column_list") or ()]
    if kind == "expect_column_values_to_not_be_null":
        return f"{column} IS NULL"
    if kind == "expect_column_values_to_be_null":
        return f"{column} IS NOT NULL"
    if kind == "expect_column_values_to_be_between":
        return _outside(column, arguments)
    if kind == "expect_column_value_lengths_to_be_between":
        return _outside(f"length({column})", arguments)
    if kind == "expect_column_value_lengths_to_equal":
        return f"length({column}) <> {constant(arguments['value'])}"
    if kind in _SETS and len(arguments["value_set"]) <= _LISTED:
        word = "IN" if "not" in kind.split("_") else "NOT IN"
        return f"{column} {word} ({', '.join(constant(one) for one in arguments['value_set'])})"
    if kind == "expect_column_pair_values_to_be_equal":
        return f"NOT {pair[0]} <=> {pair[1]}"
    if kind == "expect_column_pair_values_a_to_be_greater_than_b":
        word = "<" if arguments.get("or_equal") else "<="
        return f"{pair[0]} {word} {pair[1]}"
    if kind == "expect_multicolumn_sum_to_equal":
        return f"{' + '.join(listed)} <> {constant(arguments['sum_total'])}"
    return _repeated(listed or [column]) if kind in _UNIQUE else ""


_LISTED = 20  # values that a statement for people to read may list
_SETS = ("expect_column_values_to_be_in_set", "expect_column_values_to_not_be_in_set")
_UNIQUE = ("expect_column_values_to_be_unique", "expect_compound_columns_to_be_unique")


def _repeated(columns: list[str]) -> str:
    names = ", ".join(columns)
    return f"TRUE QUALIFY count(*) OVER (PARTITION BY {names}) > 1"


def _outside(value: str, arguments: Any) -> str:
    parts = []
    if (least := arguments.get("min_value")) is not None:
        word = "<=" if arguments.get("strict_min") else "<"
        parts.append(f"{value} {word} {constant(least)}")
    if (most := arguments.get("max_value")) is not None:
        word = ">=" if arguments.get("strict_max") else ">"
        parts.append(f"{value} {word} {constant(most)}")
    return " OR ".join(parts)


def constant(value: object) -> str:
    """A value in a statement that people read and copy; none is ever run by the program."""
    from sqlglot import expressions

    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return str(value)
    return str(expressions.Literal.string(str(value)).sql(dialect="databricks"))
