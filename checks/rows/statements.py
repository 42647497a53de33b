"""SQL that checks write themselves, in the Databricks dialect; identifiers are always quoted."""

from collections.abc import Sequence
from typing import Literal

from checks.core import Check
from checks.forms import RowForm
from monitors.lakes.rows.sql import NEW_ROWS, WHOLE, Problem, quoted

VERSION = "_commit_version"
"""The column of new rows that says which commit wrote them."""


def relation(rows: Literal["new", "all"]) -> str:
    """The relation that a check over rows judges."""
    return NEW_ROWS if rows == "new" else WHOLE


def table(name: str) -> str:
    """A table by its declared name, as a person would ask a warehouse for it."""
    return ".".join(map(quoted, name.split(".")))


def some_null(columns: Sequence[str], of: str = "") -> str:
    """The condition that a part of a key is null."""
    return " or ".join(f"{of}{quoted(column)} is null" for column in columns)


def all_set(columns: Sequence[str], of: str = "") -> str:
    """The condition that no part of a key is null."""
    return " and ".join(f"{of}{quoted(column)} is not null" for column in columns)


def same(left: Sequence[str], right: Sequence[str]) -> str:
    """The condition that two keys are equal; the parts are expressions."""
    return " and ".join(f"{one} = {other}" for one, other in zip(left, right, strict=True))


def form_of(check: Check) -> RowForm:
    """The form of a check over rows; TypeError for another one, which is a defect."""
    if not isinstance(check.form, RowForm):
        raise TypeError(f"{check.full_id} is no check over rows")
    return check.form


def demand(problems: Sequence[Problem], text: str) -> None:
    """ValueError with every problem of a statement, each with its place in it."""
    if problems:
        found = "; ".join(_told(problem, text) for problem in problems)
        raise ValueError(found)


def _told(problem: Problem, text: str) -> str:
    line, column, what = problem
    place = f"line {line}, column {column}" if "\n" in text.strip() else f"column {column}"
    return f"{place}: {what}"
