"""The SQL functions that mean the same on Databricks and on the embedded lake, and how.

sqlglot passes on functions that it does not know and changes what some mean: its DuckDB text for
`percentile` does not interpolate, a cast from 1.7 to an integer rounds there and truncates on
Databricks. So only functions are let through that were held against Spark, over the same rows
(tests/spark/test_check_sql.py); for some of them the embedded lake has macros.
"""

from collections.abc import Callable
from typing import Any

import sqlglot.expressions as e

_INTEGERS = frozenset(("TINYINT", "SMALLINT", "INT", "BIGINT"))
_CHARACTERS = frozenset(("TEXT", "VARCHAR", "CHAR"))
_NUMBERS = frozenset(("FLOAT", "DOUBLE", "DECIMAL", "BOOLEAN"))
_TIMES = frozenset(("DATE", "TIMESTAMP", "TIMESTAMPTZ", "TIMESTAMPLTZ", "TIMESTAMPNTZ"))
_CASTABLE = _INTEGERS | _CHARACTERS | _NUMBERS | _TIMES

SAME: frozenset[type[Any]] = frozenset(
    {
        # Logic and nulls.
        e.And,
        e.Or,
        e.Case,
        e.If,
        e.Coalesce,
        e.Nullif,
        e.Nvl2,
        e.Exists,
        # Aggregates.
        e.Count,
        e.Sum,
        e.Min,
        e.Max,
        e.Stddev,
        e.StddevPop,
        e.StddevSamp,
        e.Variance,
        e.VariancePop,
        e.Corr,
        e.CovarPop,
        e.CovarSamp,
        e.LogicalAnd,
        e.LogicalOr,
        e.Median,
        # Windows.
        e.RowNumber,
        e.Rank,
        e.DenseRank,
        e.Lag,
        e.Lead,
        # Numbers.
        e.Abs,
        e.Pow,
        e.Round,
        e.Greatest,
        e.Least,
        # Text.
        e.Length,
        e.Lower,
        e.Upper,
        e.Trim,
        e.StartsWith,
        e.EndsWith,
        e.Contains,
        e.RegexpLike,
        e.StrPosition,
        e.MD5,
        # Times.
        e.CurrentTimestamp,
        e.CurrentDate,
        e.DateDiff,
        e.TsOrDsToDate,
        e.TimestampTrunc,
        e.Year,
        e.Month,
        e.Day,
        e.Hour,
        e.Minute,
        e.Second,
        e.Quarter,
        # Lists.
        e.ArraySize,
    }
)

NAMED = {
    # Functions for which sqlglot has no class, and their names in DuckDB if they are functions.
    "EVERY": "bool_and",
    "SOME": "bool_or",
    "STD": "stddev_samp",
    "PMOD": "_pmod",
    "ISNULL": "",
    "ISNOTNULL": "",
}

MENDS = {
    "QUANTILE": "use percentile_cont(p) within group (order by x)",
    "APPROXQUANTILE": "it is approximate: use percentile_cont(p) within group (order by x)",
    "APPROXDISTINCT": "it is approximate: use count(distinct x)",
    "FIRST": "its result depends on the order of rows: use min or max",
    "LAST": "its result depends on the order of rows: use min or max",
    "ANYVALUE": "its result depends on the order of rows: use min or max",
    "RAND": "a check must give the same answer for the same rows",
    "UUID": "a check must give the same answer for the same rows",
    "JSONEXTRACT": "parse JSON where the table is written, and check the columns",
}


def problem_of(node: Any) -> str | None:
    """What is wrong with a function of a statement; None when it means the same everywhere."""
    kind = type(node)
    if kind is e.Exists and not isinstance(node.this, e.Query):
        return "lambdas are not supported"
    if kind is e.Anonymous and str(node.this).upper() in NAMED:
        return None
    if kind is not e.Anonymous and (kind in SAME or kind in _REWRITTEN):
        return _REFUSED[kind](node) if kind in _REFUSED else None
    name = str(node.this) if kind is e.Anonymous else _spelled(node)
    mend = MENDS.get(kind.__name__.upper()) or MENDS.get(name.upper())
    return f"the function {name.lower()} is not among those that mean the same on every lake" + (
        f"; {mend}" if mend else "; write it with other functions"
    )


def _spelled(node: Any) -> str:
    """The name that Databricks has for a function."""
    head, bracket, _ = str(node.sql(dialect="databricks")).partition("(")
    return head if bracket and head.isidentifier() else str(node.sql_name())


def rewritten(node: Any) -> Any:
    """A node as DuckDB needs it, so that it means what Databricks means; nodes in it come first."""
    rewrite: Callable[[Any], Any] | None = _REWRITTEN.get(type(node))
    return node if rewrite is None else rewrite(node)


def _call(name: str, *arguments: Any) -> Any:
    return e.Anonymous(this=name, expressions=[argument for argument in arguments if argument])


def _named(node: Any) -> Any:
    """A function that sqlglot has no class for."""
    name = str(node.this).upper()
    if name in ("ISNULL", "ISNOTNULL") and len(node.expressions) == 1:
        null = e.Paren(this=e.Is(this=e.Paren(this=node.expressions[0]), expression=e.Null()))
        return null if name == "ISNULL" else e.Paren(this=e.Not(this=null))
    return _call(NAMED[name], *node.expressions) if name in NAMED else node


def _macro(name: str) -> Callable[[Any], Any]:
    """Calls a macro with the one argument of a function."""
    return lambda node: _call(name, node.this)


def _texts(node: Any) -> Any:
    """Numbers become text as they do there, or not at all."""
    for part in list(node.expressions):
        part.replace(_call("_text", part.copy()))
    return node


def _joined(node: Any) -> Any:
    return e.DPipe(this=_call("_text", node.this), expression=_call("_text", node.expression))


def _divided(node: Any) -> Any:
    return _call("_divide", node.this, node.expression)


def _average(node: Any) -> Any:
    """Where it stands by itself: DuckDB gives no macro a filter or a window."""
    alone = not isinstance(node.parent, e.Filter | e.Window) and not isinstance(
        node.this, e.Distinct
    )
    return _call("_average", node.this) if alone else node


def _date(node: Any) -> Any:
    return e.Cast(this=node.copy(), to=e.DataType.build("date"))


def _cast(node: Any) -> Any:
    kind = _type_name(node)
    macro = "_whole" if kind in _INTEGERS else "_text" if kind in _CHARACTERS else None
    if macro:
        node.set("this", _call(macro, node.this))
    return node


def _type_name(node: Any) -> str:
    this = node.args["to"].this
    return str(getattr(this, "name", this)).upper()


def _cast_problem(node: Any) -> str | None:
    kind = _type_name(node)
    if kind in _CASTABLE:
        return None
    return (
        f"a cast to {node.args['to'].sql(dialect='databricks')} may mean something else elsewhere"
    )


def _like(node: Any) -> Any:
    """Databricks escapes by a backslash unless told otherwise, DuckDB by nothing."""
    if isinstance(node.parent, e.Escape):
        return node
    return e.Escape(this=node.copy(), expression=e.Literal.string("\\"))


def _substring(node: Any) -> Any:
    return _call("_substring", node.this, node.args.get("start"), node.args.get("length"))


def _count_if(node: Any) -> Any:
    """Of no rows DuckDB's count_if is null."""
    return e.Count(this=e.Case(ifs=[e.If(this=node.this, true=e.Literal.number(1))]))


_REWRITTEN: dict[type[Any], Callable[[Any], Any]] = {
    e.Anonymous: _named,
    e.Cast: _cast,
    e.TryCast: _cast,
    e.Avg: _average,
    e.Ceil: _macro("_ceil"),
    e.Concat: _texts,
    e.ConcatWs: _texts,
    e.CountIf: _count_if,
    e.DPipe: _joined,
    e.DayOfWeek: _macro("_day_of_week"),
    e.Div: _divided,
    e.Floor: _macro("_floor"),
    e.ILike: _like,
    e.IsNan: _macro("_is_nan"),
    e.Like: _like,
    e.PercentileCont: lambda node: node,
    e.Sign: _macro("_sign"),
    e.Substring: _substring,
    e.TsOrDsAdd: _date,
}
_REFUSED: dict[type[Any], Callable[[Any], str | None]] = {
    e.Cast: _cast_problem,
    e.TryCast: _cast_problem,
}
