"""Keys that occur once: in the whole table, whichever loads they came with, or within a load."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from checks.core import Check, Kind, Verdict
from checks.forms import RowForm
from checks.rows.counted import ignoring_nulls, of_rows
from checks.rows.statements import VERSION, all_set, relation, same, some_null, table
from checks.wording import plural, verb
from monitors.lakes.rows.sql import NEW_ROWS, WHOLE, quoted

Columns = Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(min_length=1)]


class Form(RowForm):
    """No key of the new rows occurs more than once."""

    type: Literal["unique"] = Field(default="unique", description="The kind of check.")
    columns: Columns = Field(description="The key: one column or several.")
    within: Literal["table", "load"] = Field(
        default="table",
        description="Where a key may occur once: in the whole table, or in each commit.",
    )

    @model_validator(mode="after")
    def _has_loads(self) -> Self:
        if self.within == "load" and self.rows == "all":
            raise ValueError("within: load looks at new rows; leave rows: all out")
        if len(set(self.columns)) < len(self.columns):
            raise ValueError("columns names a column twice")
        return self


def form_of(check: Check) -> Form:
    """The form of a check of this kind."""
    assert isinstance(check.form, Form)
    return check.form


def _names(form: Form) -> list[str]:
    return [f"k{number}" for number in range(len(form.columns))]


def _aliased(form: Form, of: str = "") -> str:
    pairs = zip(form.columns, _names(form), strict=True)
    return ", ".join(f"{of}{quoted(column)} as {name}" for column, name in pairs)


def _repeated(form: Form) -> str:
    """The keys that occur more than once, with `n`, how often; of a load with its version."""
    keys = ", ".join(map(quoted, form.columns))
    if form.within == "load":
        return (
            f"select {_aliased(form)}, {VERSION} as load, count(*) as n from {NEW_ROWS}"
            f" where {all_set(form.columns)} group by {keys}, {VERSION} having count(*) > 1"
        )
    if form.rows == "all":
        return (
            f"select {_aliased(form)}, count(*) as n from {WHOLE}"
            f" where {all_set(form.columns)} group by {keys} having count(*) > 1"
        )
    arrived = f"select distinct {_aliased(form)} from {NEW_ROWS} where {all_set(form.columns)}"
    names = [f"a.{name}" for name in _names(form)]
    listed = ", ".join(names)
    # Few keys arrive: they are held, and the whole table streams past them.
    return (
        f"select {listed}, count(*) as n from {WHOLE} as w join ({arrived}) as a"
        f" on {same([f'w.{quoted(c)}' for c in form.columns], names)}"
        f" group by {listed} having count(*) > 1"
    )


def counting(form: Form) -> str:
    """Counts as `rows`, `nulls` (rows without a whole key), `repeated` (keys) and `surplus`."""
    judged = relation(form.rows)
    return (
        f"select r.rows, r.nulls, k.repeated, k.surplus from"
        f" (select count(*) as rows, count_if({some_null(form.columns)}) as nulls from {judged})"
        f" as r cross join (select count(*) as repeated, coalesce(sum(n - 1), 0) as surplus"
        f" from ({_repeated(form)})) as k"
    )


def judged(check: Check, counts: dict[str, Any]) -> Verdict:
    """The verdict on what `counting` found."""
    form = form_of(check)
    surplus, keys = int(counts["surplus"]), int(counts["repeated"])
    where = "in the same load" if form.within == "load" else "in the table"
    repeat = verb(surplus, "repeats", "repeat")
    what = f"{repeat} the key ({', '.join(form.columns)}) of another row {where}"
    detail = {"keys": keys, "null_keys": int(counts["nulls"])}
    rows, bad_are = int(counts["rows"]), f"{what}: {plural(keys, 'key')}"
    return ignoring_nulls(of_rows(rows, surplus, bad_are=bad_are, detail=detail))


def samples(form: Form) -> str:
    """The keys that occur most often, and how often; the parameter `most` says how many."""
    names = _names(form)
    aliased = ", ".join(f"{n} as {quoted(c)}" for n, c in zip(names, form.columns, strict=True))
    order = ", ".join(("n desc", *names))
    return (
        f"select {aliased}, n as occurrences from ({_repeated(form)}) order by {order} limit :most"
    )


def bad_rows(form: Form, columns: list[str]) -> str:
    """The rows beyond the first of their key, newest first, with these columns of them."""
    source = relation(form.rows)
    key = [f"r.{quoted(column)}" for column in form.columns]
    match = same(key, [f"k.{name}" for name in _names(form)])
    parts, order = list(key), f"r.{VERSION} desc" if form.rows == "new" else key[0]
    if form.within == "load":
        match, parts = f"{match} and r.{VERSION} = k.load", [*parts, f"r.{VERSION}"]
    shown = ", ".join(map(quoted, columns))
    inner = ", ".join(f"r.{quoted(column)}" for column in columns)
    return (
        f"select {shown} from (select {inner}, k.n as _n, row_number() over"
        f" (partition by {', '.join(parts)} order by {order}) as _place"
        f" from {source} as r join ({_repeated(form)}) as k on {match}) where _place < _n"
    )


def look(check: Check) -> str:
    """A statement that shows the repeated keys in a warehouse."""
    form = form_of(check)
    keys = ", ".join(map(quoted, form.columns))
    name = table(check.subject.name)
    return f"select {keys}, count(*) from {name} group by {keys} having count(*) > 1"


KIND = Kind("unique", "Keys occur once in the table, or once in a load.", Form)
