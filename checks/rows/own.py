"""Our own kinds of checks over rows, as statements: what to ask, and what the answer means."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from checks.core import Check, Rows, Verdict
from checks.rows import references, sql, sql_rule, unique
from checks.rows.core import RowCheck
from checks.rows.statements import VERSION, form_of
from monitors.lakes.rows.sql import NEW_ROWS, parameters_named, quoted, tables_named


@dataclass(frozen=True, slots=True)
class Asked:
    """How a kind is asked: the statement that decides, and those that show what was bad.

    `judged` gets the statement's result, an Arrow table. `samples` has the parameter `most`.
    """

    statement: Callable[[Any], str]
    judged: Callable[[Check, Any], Verdict]
    samples: Callable[[Any, list[str]], str] | None = None
    bad_rows: Callable[[Any, list[str]], str] | None = None
    look: Callable[[Check], str] | None = None


def _first_row(
    judged: Callable[[Check, dict[str, Any]], Verdict],
) -> Callable[[Check, Any], Verdict]:
    return lambda check, table: judged(check, table.to_pylist()[0])


def _rule_rows(form: sql_rule.Form, columns: list[str]) -> str:
    return sql_rule.bad_rows(form, ", ".join(map(quoted, columns)))


ASKED = {
    "sql_rule": Asked(
        sql_rule.counting,
        _first_row(lambda check, found: sql_rule.judged(check, found["rows"], found["bad"])),
        lambda form, columns: f"select * from (\n{_rule_rows(form, columns)}\n) limit :most",
        _rule_rows,
        sql_rule.look,
    ),
    "unique": Asked(
        unique.counting,
        _first_row(unique.judged),
        lambda form, _: unique.samples(form),
        unique.bad_rows,
        unique.look,
    ),
    "references": Asked(
        references.counting,
        _first_row(references.judged),
        lambda form, _: references.samples(form),
        references.bad_rows,
        references.look,
    ),
    "sql": Asked(sql.asking, sql.judged),
}


def statement(check: Check) -> str:
    """The statement that decides a check."""
    return ASKED[check.kind].statement(check.form)


def asks_new_rows(check: Check) -> bool:
    """Whether a check depends on the new rows."""
    return NEW_ROWS in {name.lower() for name in tables_named(statement(check))}


def unlearned(asked: RowCheck) -> Verdict | None:
    """The verdict where a statement needs a bound that has not been learned yet."""
    named = parameters_named(statement(asked.check))
    missing = sorted(n for n in named if n in asked.parameters and asked.parameters[n] is None)
    if not missing:
        return None
    return Verdict.not_assessed(f"the bound :{missing[0]} has not been learned yet")


def judged(asked: RowCheck, rows: Rows) -> Verdict:
    """The verdict of a check by its own statement; raises what the rows raise."""
    waiting = unlearned(asked)
    if waiting is not None:
        return waiting
    found = rows.query(statement(asked.check), values(asked.parameters))
    return ASKED[asked.check.kind].judged(asked.check, found)


def values(parameters: Mapping[str, float | None]) -> dict[str, float]:
    """The parameters that have a value."""
    return {name: value for name, value in parameters.items() if value is not None}


def sampled(asked: RowCheck, rows: Rows) -> Sequence[Mapping[str, Any]]:
    """Some of what was bad: rows, or the keys that are repeated or missing."""
    form, samples = form_of(asked.check), ASKED[asked.check.kind].samples
    if samples is None:
        return ()
    sql = samples(form, list(rows.schema().names))
    found = rows.query(sql, {**values(asked.parameters), "most": form.samples})
    return found.to_pylist()


def bad_rows(check: Check, columns: list[str]) -> str | None:
    """A statement for the bad rows; None for a kind that has none.

    `columns` are those of the table that are wanted; of new rows the version comes with them.
    """
    ask = ASKED[check.kind].bad_rows
    if ask is None:
        return None
    form = form_of(check)
    return ask(form, [*columns, VERSION] if form.rows == "new" else columns)


def look(check: Check) -> str:
    """A statement that shows more of what was bad, for a warehouse."""
    ask = ASKED[check.kind].look
    return ask(check) if ask else ""


def parameters(check: Check) -> frozenset[str]:
    """The parameters that the statement of a check names."""
    return parameters_named(statement(check))
