"""A rule in SQL: a condition that bad rows meet, or a query that returns them."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from checks.core import Check, Kind, Verdict
from checks.forms import RowForm
from checks.rows.core import Aggregate
from checks.rows.counted import of_rows
from checks.rows.statements import demand, relation, table
from checks.wording import verb
from monitors.lakes.rows.sql import (
    NEW_ROWS,
    WHOLE,
    check_predicate,
    check_statement,
    tables_named,
)

Sql = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]


class Form(RowForm):
    """A condition that bad rows meet, or a query that returns them, in the Databricks dialect."""

    type: Literal["sql_rule"] = Field(default="sql_rule", description="The kind of check.")
    bad_rows: Sql | None = Field(
        default=None,
        description="Condition that a bad row meets, such as `score < 0 or label is null`; where"
        " it is null the row is not bad.",
    )
    query: Sql | None = Field(
        default=None,
        description="SELECT that returns the bad rows; it may read new_rows, whole and other"
        " declared tables.",
    )
    max_bad: int = Field(default=0, ge=0, description="Bad rows that may be there.")
    mostly: float | None = Field(
        default=None, ge=0, le=1, description="Share of good rows that is enough, instead."
    )

    @field_validator("bad_rows")
    @classmethod
    def _is_a_condition(cls, text: str | None) -> str | None:
        demand(check_predicate(text) if text else (), text or "")
        return text

    @field_validator("query")
    @classmethod
    def _is_a_query(cls, text: str | None) -> str | None:
        demand(check_statement(text) if text else (), text or "")
        return text

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.bad_rows is None) == (self.query is None):
            raise ValueError("write either bad_rows (a condition) or query (a SELECT)")
        if self.mostly is not None and "max_bad" in self.model_fields_set:
            raise ValueError("write either max_bad (a number of rows) or mostly (a share)")
        return self


def form_of(check: Check) -> Form:
    """The form of a check of this kind."""
    assert isinstance(check.form, Form)
    return check.form


def aggregate(check: Check) -> Aggregate:
    """The counts that a condition asks for; they are computed with those of other checks."""
    form = form_of(check)
    return Aggregate(
        check,
        {"rows": "count(*)", "bad": f"count_if(\n{form.bad_rows}\n)"},
        lambda counts: judged(check, counts["rows"], counts["bad"]),
    )


def judged(check: Check, rows: int, bad: int) -> Verdict:
    """The verdict on a number of bad rows."""
    form = form_of(check)
    met = f"{verb(bad, 'is', 'are')} bad"
    if form.bad_rows is not None:
        met += f": {' '.join(form.bad_rows.split())}"
    return of_rows(rows, bad, bad_are=met[:300], max_bad=form.max_bad, mostly=form.mostly)


def judged_relation(form: Form) -> str:
    """The relation whose rows are counted against the bad ones."""
    if form.query is None:
        return relation(form.rows)
    named = {name.lower() for name in tables_named(form.query)}
    return WHOLE if WHOLE in named and NEW_ROWS not in named else relation(form.rows)


def counting(form: Form) -> str:
    """Counts of the rows that were judged and of the bad ones, as `rows` and `bad`."""
    judged = judged_relation(form)
    if form.query is None:
        return f"select count(*) as rows, count_if(\n{form.bad_rows}\n) as bad from {judged}"
    return (
        f"select (select count(*) from {judged}) as rows,"
        f" (select count(*) from (\n{form.query}\n)) as bad"
    )


def bad_rows(form: Form, columns: str) -> str:
    """The bad rows; of a condition, these columns (a list in SQL) of them."""
    if form.query is not None:
        return form.query
    return f"select {columns} from {relation(form.rows)} where (\n{form.bad_rows}\n)"


def look(check: Check) -> str:
    """A statement that shows the bad rows in a warehouse; empty where they come from a query."""
    condition = form_of(check).bad_rows
    if condition is None:
        return ""
    return f"select * from {table(check.subject.name)} where {' '.join(condition.split())}"


KIND = Kind("sql_rule", "No rows that meet a condition, or that a query returns.", Form)
