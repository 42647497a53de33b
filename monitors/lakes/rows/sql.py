"""Statements over rows: written once in the Databricks dialect, checked, and told to DuckDB.

Nothing runs here. A statement is one SELECT; what else it may hold is in `functions`.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from monitors.errors import UnreadableError

NEW_ROWS, WHOLE = "new_rows", "whole"
"""The relations that every statement may name."""

Problem = tuple[int, int, str]
"""Line and column, both from 1, and what is wrong there."""


def quoted(identifier: str) -> str:
    """An identifier in the Databricks dialect, whatever is in it."""
    return f"`{identifier.replace('`', '``')}`"


def check_statement(sql: str) -> list[Problem]:
    """What is wrong with a statement that is to be one SELECT; empty when nothing is."""
    return _problems(sql, predicate=False)


def check_predicate(sql: str) -> list[Problem]:
    """What is wrong with a predicate over the columns of one relation; empty when nothing is."""
    return _problems(sql, predicate=True)


def tables_named(sql: str) -> tuple[str, ...]:
    """The relations that a statement reads, each once, as they are spelled."""
    return _names(sql)[0]


def columns_named(sql: str) -> frozenset[str] | None:
    """The lower-case names that may be columns of what a statement reads; None for all of them."""
    return _names(sql)[1]


def parameters_named(sql: str) -> frozenset[str]:
    """The names of the parameters (`:name`) in a statement."""
    return _names(sql)[2]


def _problems(sql: str, *, predicate: bool) -> list[Problem]:
    import sqlglot.expressions as e
    from sqlglot.errors import ParseError, TokenError

    try:
        trees = _parsed(sql)
    except ParseError as error:
        return [_syntax(problem) for problem in error.errors]
    except TokenError as error:
        return [(1, 1, f"this is not SQL: {_first_line(error)}")]
    except RecursionError:
        return [(1, 1, "this is nested too deeply")]
    if len(trees) != 1:
        return [(1, 1, "this must be one statement" if trees else "this is empty")]
    tree = trees[0]
    is_query = isinstance(tree, e.Query) and not isinstance(tree, e.Subquery)
    if predicate and (is_query or not isinstance(tree, e.Expr) or _is_command(tree)):
        return [(1, 1, "this must be a condition over columns, not a statement")]
    if not predicate and not (is_query and tree.selects):
        return [(1, 1, f"this must be a SELECT, not {_kind(tree)}")]
    found = dict.fromkeys((*_found(tree), *(_in_predicate(tree) if predicate else ())))
    return sorted(found)


def _in_predicate(tree: Any) -> Iterator[Problem]:
    """What only a whole statement may hold."""
    import sqlglot.expressions as e

    for node in tree.find_all(e.Query, e.AggFunc, e.Window):
        yield (*_place(node), "a condition looks at one row at a time; write a query instead")
    if isinstance(tree, e.Alias | e.Star):
        yield (*_place(tree), "this must be a condition over columns")
    # `a < < 3` is read as a shift.
    numbers = (e.Add, e.Sub, e.Mul, e.Div, e.Mod, e.IntDiv, e.Neg, e.Literal)
    shifts = (e.BitwiseLeftShift, e.BitwiseRightShift)
    if isinstance(tree, numbers + shifts):
        yield (*_place(tree), "this is a value and no condition; compare it with another")


def _is_command(tree: Any) -> bool:
    import sqlglot.expressions as e

    return isinstance(tree, e.Command | e.DDL | e.DML | e.Set | e.Use | e.Drop | e.Alter)


def _kind(tree: Any) -> str:
    text = str(tree.sql(dialect="databricks")).strip()
    return text.split(maxsplit=1)[0].upper()[:20] if text else "nothing"


def _syntax(problem: Mapping[str, Any]) -> Problem:
    near = str(problem.get("highlight") or "")[:40]
    what = str(problem.get("description") or "syntax error").rstrip(".")
    what = what.partition(" but got <Token")[0]
    # sqlglot gives the column of a token's end.
    column = max((problem.get("col") or 1) - max(len(near) - 1, 0), 1)
    return problem.get("line") or 1, column, f"{what} near {near!r}"


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]


def _found(tree: Any) -> Iterator[Problem]:
    """The problems of a sound tree."""
    import sqlglot.expressions as e

    from monitors.lakes.rows.functions import problem_of

    unable = {
        e.TableSample: "a sample gives another answer each time",
        e.Version: "only the version that is being judged can be read",
        e.Lateral: "lateral views are not supported",
        e.Pivot: "pivots are not supported",
        e.Lambda: "lambdas are not supported",
        e.Into: "a check cannot write",
        e.Lock: "a check cannot lock rows",
        e.Hint: "hints are for one engine only",
        e.JSONExtract: "paths into JSON are not supported; check a column that holds the value",
    }
    for node in tree.walk():
        if (why := unable.get(type(node))) is not None:
            yield (*_place(node), why)
        elif isinstance(node, e.Table) and not isinstance(node.this, e.Identifier):
            yield (*_place(node), "only tables can be read here, by their declared names")
        elif isinstance(node, e.CTE) and node.alias.lower() in (NEW_ROWS, WHOLE):
            yield (*_place(node), f"{node.alias} is a relation already; name this one otherwise")
        elif isinstance(node, e.Any) and not isinstance(node.parent, e.Like | e.ILike):
            yield (*_place(node), "any is not supported; write bool_or")
        elif isinstance(node, e.Placeholder) and node.name in ("", "?"):
            yield (*_place(node), "parameters have names, as in :name")
        elif isinstance(node, e.Func) and (why := problem_of(node)) is not None:
            yield (*_place(node), why)


def _place(node: Any) -> tuple[int, int]:
    """Line and column of the first token that remembers them."""
    for inner in node.walk():
        if "line" in inner.meta:
            # sqlglot gives the column of a token's end.
            width = inner.meta["end"] - inner.meta["start"]
            return inner.meta["line"], max(inner.meta["col"] - width, 1)
    return 1, 1


@lru_cache(maxsize=256)
def translated(sql: str) -> str:
    """A statement for DuckDB; UnreadableError when it has problems.

    Each table is one quoted name there, in the spelling of the statement.
    """
    from sqlglot.errors import ErrorLevel, UnsupportedError

    from monitors.lakes.rows.functions import rewritten

    problems = check_statement(sql)
    if problems:
        line, column, what = problems[0]
        raise UnreadableError(f"line {line}, column {column} of the statement: {what}")
    tree = _parsed(sql)[0].copy()
    _flatten_names(tree)
    # From the inside out: what is rewritten may hold what was.
    for node in reversed(list(tree.dfs())):
        new = rewritten(node)
        if new is not node:
            node.replace(new)
    try:
        return str(tree.sql(dialect="duckdb", comments=False, unsupported_level=ErrorLevel.RAISE))
    except UnsupportedError as error:
        what = _first_line(error)
        raise UnreadableError(f"the embedded lake cannot run the statement: {what}") from None


def _flatten_names(tree: Any) -> None:
    """Give each table of several parts one quoted name, and its columns the last part for it."""
    import sqlglot.expressions as e

    dotted: dict[tuple[str, ...], str] = {}
    for table in list(tree.find_all(e.Table)):
        parts = tuple(part.name for part in table.parts)
        if len(parts) == 1:
            continue
        if not table.alias:
            table.set("alias", e.TableAlias(this=e.to_identifier(parts[-1], quoted=True)))
            dotted[tuple(part.lower() for part in parts)] = parts[-1]
        table.set("this", e.to_identifier(".".join(parts), quoted=True))
        table.set("db", None)
        table.set("catalog", None)
    for column in tree.find_all(e.Column):
        path = tuple(part.name.lower() for part in column.parts[:-1])
        if path in dotted:
            column.set("table", e.to_identifier(dotted[path], quoted=True))
            column.set("db", None)
            column.set("catalog", None)


@lru_cache(maxsize=256)
def _names(sql: str) -> tuple[tuple[str, ...], frozenset[str] | None, frozenset[str]]:
    """The tables, the possible columns and the parameters of a statement or a predicate."""
    import sqlglot.expressions as e

    problems = check_statement(sql)
    if problems and check_predicate(sql):
        line, column, what = problems[0]
        raise UnreadableError(f"line {line}, column {column} of the statement: {what}")
    tree = _parsed(sql)[0]
    ctes = {cte.alias.lower() for cte in tree.find_all(e.CTE)}
    tables: dict[str, None] = {}
    for table in tree.find_all(e.Table):
        name = ".".join(part.name for part in table.parts)
        if name.lower() not in ctes:
            tables[name] = None
    parameters = frozenset(node.name for node in tree.find_all(e.Placeholder) if node.name)
    return tuple(tables), _columns(tree, tables), parameters


def _columns(tree: Any, tables: Mapping[str, None]) -> frozenset[str] | None:
    """Every identifier in lower case; None where all columns are asked for."""
    import sqlglot.expressions as e

    if any(not isinstance(star.parent, e.Count) for star in tree.find_all(e.Star)):
        return None
    if any(join.args.get("method") == "NATURAL" for join in tree.find_all(e.Join)):
        return None
    aliases = {alias.name.lower() for alias in tree.find_all(e.TableAlias)}
    rows = aliases | {table.lower() for table in tables}
    if any(len(c.parts) == 1 and c.name.lower() in rows for c in tree.find_all(e.Column)):
        # The name of a relation as a value is its whole row.
        return None
    return frozenset(identifier.name.lower() for identifier in tree.find_all(e.Identifier))


@lru_cache(maxsize=256)
def _parsed(sql: str) -> list[Any]:
    """The statements of a text; raises sqlglot's ParseError and TokenError."""
    import sqlglot

    return [tree for tree in sqlglot.parse(sql, read="databricks") if tree is not None]
