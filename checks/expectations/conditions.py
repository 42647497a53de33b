"""`row_condition`: the columns that it names, and its meaning in SQL.

A condition of pandas has two values only: a comparison with a missing value is false, and `!=` is
true. SQL has three, so each comparison says what a null means.
"""

import ast
import io
import math
import re
import tokenize
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from checks.expectations.kinds import NUMBERS, ColumnKind, kind_of
from checks.expectations.problem import Unfit
from monitors.lakes.rows.sql import quoted

if TYPE_CHECKING:
    import pyarrow as pa

Condition = str | Mapping[str, Any] | None
_OPERATORS = {
    ast.Eq: "=",
    ast.NotEq: "<>",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_WORDS = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_MEND = "write the check as 'type: sql_rule', or leave out the row_condition"


def columns_of(condition: Condition, schema: "pa.Schema") -> list[str]:
    """The columns of the table whose names occur in a condition."""
    text = condition if isinstance(condition, str) else repr(condition or "")
    return [
        name
        for name in schema.names
        if re.search(rf"(?<![A-Za-z0-9_]){re.escape(name)}(?![A-Za-z0-9_])", text)
    ]


def translatable(condition: Condition, parser: str | None = None) -> bool:
    """Whether a condition can be told to SQL, as far as it can be known without the table."""
    if condition is None:
        return True
    try:
        _told(condition, parser, None)
    except Unfit:
        return False
    return True


def predicate(condition: Condition, parser: str | None, schema: "pa.Schema") -> str:
    """A condition in the Databricks dialect, true or false for every row; Unfit."""
    return "" if condition is None else _told(condition, parser, schema)


def _told(condition: Any, parser: str | None, schema: "pa.Schema | None") -> str:
    if isinstance(condition, Mapping):
        return _of_object(condition, schema)
    if parser == "great_expectations":
        return _of_object(_parsed(condition), schema)
    names: dict[str, str] = {}

    def backticked(match: re.Match[str]) -> str:
        names[f"_column_{len(names)}"] = match[1]
        return f"_column_{len(names) - 1}"

    text = re.sub(r"`([^`]+)`", backticked, condition).strip()
    try:
        tree = ast.parse(_ranked(text), mode="eval").body
    except (SyntaxError, tokenize.TokenError, ValueError):
        raise Unfit("the row_condition is no expression of pandas", _MEND) from None
    return _Reader(names, schema).told(tree)


def _ranked(text: str) -> str:
    """A condition with `and` and `or` for & and |: pandas gives them these ranks too."""
    words = {"&": "and", "|": "or"}
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return tokenize.untokenize(
        (tokenize.NAME, words[token.string]) if token.string in words else token[:2]
        for token in tokens
    )


def _parsed(text: str) -> Mapping[str, Any]:
    match = re.fullmatch(
        r"\s*col\(\s*[\"']([^\"']+)[\"']\s*\)\s*(?:\.notnull\(\)|(==|!=|<=|>=|<|>)\s*(.+?))\s*",
        text,
    )
    if match is None:
        raise Unfit("the row_condition cannot be told to SQL", _MEND)
    if match[2] is None:
        return {"type": "nullity", "column": {"name": match[1]}, "is_null": False}
    try:
        value = ast.literal_eval(match[3])
    except (ValueError, SyntaxError):
        raise Unfit("the row_condition cannot be told to SQL", _MEND) from None
    return {
        "type": "comparison",
        "column": {"name": match[1]},
        "operator": match[2],
        "parameter": value,
    }


def _of_object(condition: Mapping[str, Any], schema: "pa.Schema | None") -> str:
    reader = _Reader({}, schema)
    kind = condition.get("type")
    if kind in ("and", "or"):
        parts = [_told(part, None, schema) for part in condition.get("conditions", ())]
        return f"({f' {kind.upper()} '.join(parts)})" if parts else "TRUE"
    if kind == "pass_through":
        return _told(str(condition.get("pass_through_filter", "")), None, schema)
    column = condition.get("column")
    name = column.get("name") if isinstance(column, Mapping) else column
    if not isinstance(name, str):
        raise Unfit("the row_condition names no column", _MEND)
    if kind == "nullity":
        return reader.null(name, bool(condition.get("is_null")))
    operator, value = str(condition.get("operator")), condition.get("parameter")
    if operator in _WORDS:
        return reader.compared(name, _WORDS[operator], value)
    if operator in ("IN", "NOT_IN") and isinstance(value, list | tuple):
        return reader.member(name, list(value), operator == "NOT_IN")
    raise Unfit("the row_condition cannot be told to SQL", _MEND)


class _Reader:
    """Tells the tree of a condition to SQL."""

    def __init__(self, names: Mapping[str, str], schema: "pa.Schema | None") -> None:
        self.names, self.schema = names, schema

    def told(self, tree: ast.expr) -> str:
        if isinstance(tree, ast.BoolOp):
            word = " AND " if isinstance(tree.op, ast.And) else " OR "
            return f"({word.join(self.told(part) for part in tree.values)})"
        if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not | ast.Invert):
            return f"(NOT {self.told(tree.operand)})"
        if isinstance(tree, ast.Compare) and len(tree.ops) == 1:
            return self._comparison(tree.left, tree.ops[0], tree.comparators[0])
        if (
            isinstance(tree, ast.Call)
            and not tree.args
            and not tree.keywords
            and isinstance(tree.func, ast.Attribute)
            and tree.func.attr in _NULLITY
        ):
            return self.null(self._name(tree.func.value), _NULLITY[tree.func.attr])
        raise Unfit("the row_condition cannot be told to SQL", _MEND)

    def _comparison(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> str:
        name = self._name(left)
        value = _literal(right)
        if isinstance(operator, ast.In | ast.NotIn) and isinstance(value, list | tuple):
            return self.member(name, list(value), isinstance(operator, ast.NotIn))
        if type(operator) in _OPERATORS:
            return self.compared(name, _OPERATORS[type(operator)], value)
        raise Unfit("the row_condition cannot be told to SQL", _MEND)

    def _name(self, tree: ast.expr) -> str:
        if isinstance(tree, ast.Name):
            return self.names.get(tree.id, tree.id)
        raise Unfit("the row_condition compares more than columns with values", _MEND)

    def null(self, name: str, is_null: bool) -> str:
        return f"({self._value(name)} IS {'' if is_null else 'NOT '}NULL)"

    def compared(self, name: str, operator: str, value: object) -> str:
        default = "TRUE" if operator == "<>" else "FALSE"
        text = f"{self._value(name, value)} {operator} {_constant(value)}"
        return f"COALESCE({text}, {default})"

    def member(self, name: str, values: list[Any], outside: bool) -> str:
        if not values:
            return "TRUE" if outside else "FALSE"
        listed = ", ".join(_constant(value) for value in values)
        columns = {self._value(name, value) for value in values}
        inside = f"COALESCE({columns.pop()} IN ({listed}), FALSE)"
        return f"(NOT {inside})" if outside else inside

    def _value(self, name: str, value: object = None) -> str:
        """A column without its NaN, which is a missing value; Unfit for a value of another kind."""
        if self.schema is None:
            return quoted(name)
        if name not in self.schema.names:
            from checks.expectations.problem import missing

            raise missing(name, self.schema.names)
        kind = kind_of(self.schema.field(name).type)
        if value is not None and not _fits(value, kind):
            raise Unfit(
                f"the row_condition compares {name!r}, of the kind {kind}, with {_called(value)}",
                _MEND,
            )
        if kind is ColumnKind.FLOAT:
            return f"(CASE WHEN NOT ISNAN({quoted(name)}) THEN {quoted(name)} END)"
        return quoted(name)


_NULLITY = {"isnull": True, "isna": True, "notnull": False, "notna": False}


def _literal(tree: ast.expr) -> Any:
    try:
        return ast.literal_eval(tree)
    except ValueError:
        raise Unfit("the row_condition compares a column with more than a value", _MEND) from None


def _fits(value: object, kind: ColumnKind) -> bool:
    if isinstance(value, bool):
        return kind is ColumnKind.BOOLEAN
    if isinstance(value, str):
        return kind is ColumnKind.TEXT
    if kind is ColumnKind.DECIMAL:
        # A decimal is compared with what is written, and pandas with its binary neighbour.
        return isinstance(value, int)
    return kind in NUMBERS


def _called(value: object) -> str:
    return (
        "text"
        if isinstance(value, str)
        else "true or false"
        if value in (True, False)
        else ("a number")
    )


def _constant(value: object) -> str:
    from sqlglot import expressions

    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int) and abs(value) < 2**63:
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return f"CAST({value!r} AS DOUBLE)"
    if isinstance(value, str):
        return str(expressions.Literal.string(value).sql(dialect="databricks"))
    raise Unfit("the row_condition compares a column with more than a value", _MEND)
