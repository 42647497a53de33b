"""Children have parents: every key of the new rows is in another declared table."""

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from checks.core import Check, Kind, Verdict
from checks.forms import RowForm
from checks.rows.counted import ignoring_nulls, of_rows
from checks.rows.statements import all_set, relation, same, some_null, table
from checks.rows.unique import Columns
from checks.wording import verb
from monitors.lakes.rows.sql import quoted


class Form(RowForm):
    """Every key of the new rows is in another table, as that is now."""

    type: Literal["references"] = Field(default="references", description="The kind of check.")
    columns: Columns = Field(description="The key of the parent: one column or several.")
    table: str = Field(min_length=1, description="The other table, by its declared name.")
    to: Columns = Field(description="The columns of the other table, in the same order.")

    @model_validator(mode="after")
    def _is_paired(self) -> Self:
        if len(self.columns) != len(self.to):
            raise ValueError(
                f"columns names {len(self.columns)} columns and to {len(self.to)}: pair them"
            )
        return self


def form_of(check: Check) -> Form:
    """The form of a check of this kind."""
    assert isinstance(check.form, Form)
    return check.form


def _orphans(form: Form) -> str:
    """The part of a statement after its columns: children `c` without a parent."""
    match = same([f"p.{quoted(c)}" for c in form.to], [f"c.{quoted(c)}" for c in form.columns])
    return (
        f"from {relation(form.rows)} as c where {all_set(form.columns, 'c.')}"
        f" and not exists (select 1 from {quoted(form.table)} as p where {match})"
    )


def counting(form: Form) -> str:
    """Counts as `rows`, `nulls` (rows without a whole key) and `orphans`."""
    return (
        f"select r.rows, r.nulls, o.orphans from (select count(*) as rows,"
        f" count_if({some_null(form.columns)}) as nulls from {relation(form.rows)}) as r"
        f" cross join (select count(*) as orphans {_orphans(form)}) as o"
    )


def judged(check: Check, counts: dict[str, Any]) -> Verdict:
    """The verdict on what `counting` found."""
    form = form_of(check)
    keys, parents = ", ".join(form.columns), f"{form.table} ({', '.join(form.to)})"
    orphans = int(counts["orphans"])
    have = verb(orphans, "has", "have")
    verdict = of_rows(
        int(counts["rows"]),
        orphans,
        bad_are=f"{have} a key ({keys}) that is not in {parents}",
        detail={"null_keys": int(counts["nulls"])},
    )
    return ignoring_nulls(verdict)


def samples(form: Form) -> str:
    """The missing keys that most children have; the parameter `most` says how many."""
    keys = ", ".join(f"c.{quoted(column)}" for column in form.columns)
    return (
        f"select {keys}, count(*) as occurrences {_orphans(form)} group by {keys}"
        f" order by occurrences desc, {keys} limit :most"
    )


def bad_rows(form: Form, columns: list[str]) -> str:
    """The children without a parent, with these columns of them."""
    return f"select {', '.join(f'c.{quoted(column)}' for column in columns)} {_orphans(form)}"


def look(check: Check) -> str:
    """A statement that shows the children without a parent in a warehouse."""
    form = form_of(check)
    match = same([f"p.{quoted(c)}" for c in form.to], [f"c.{quoted(c)}" for c in form.columns])
    return (
        f"select * from {table(check.subject.name)} as c left anti join"
        f" {table(form.table)} as p on {match} where {all_set(form.columns, 'c.')}"
    )


KIND = Kind("references", "Keys of the new rows exist in another table.", Form)
