"""A check made ready for a table: names of columns, values of arguments and its expectation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from checks.expectations import catalogue
from checks.expectations.conditions import columns_of
from checks.expectations.conversion import converted
from checks.expectations.fits import check_kinds, column_names
from checks.expectations.form import ExpectationForm
from checks.expectations.parameters import filled
from checks.expectations.problem import Unfit, missing, safe
from checks.expectations.wording import SHAPE
from checks.rows.core import RowCheck

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Prepared:
    """An expectation that fits a table.

    `arguments` have the table's spelling of columns and values of their kinds; `written` have the
    values as they were declared, parameters filled in. `learned` is false while a parameter has no
    value yet. `columns` are those that it reads.
    """

    row_check: RowCheck
    arguments: Mapping[str, Any]
    written: Mapping[str, Any]
    learned: bool
    columns: tuple[str, ...]
    expectation: Any

    @property
    def type(self) -> str:
        """The expectation's type."""
        return self.row_check.check.type

    @property
    def mostly(self) -> float:
        """The share of rows that must be as expected."""
        return float(self.written.get("mostly", 1.0))


def form_of(row_check: RowCheck) -> ExpectationForm:
    """The form of a check that is an expectation; TypeError for another."""
    form = row_check.check.form
    if not isinstance(form, ExpectationForm):
        raise TypeError(f"{row_check.check.full_id} is no expectation")
    return form


def prepare(row_check: RowCheck, schema: "pa.Schema") -> Prepared:
    """Make a check ready for a table; Unfit where it does not fit."""
    from checks.expectations.library import built

    kind = row_check.check.type
    written, learned = filled(form_of(row_check).arguments, row_check.parameters)
    if catalogue.evaluation(kind) != SHAPE:
        written = _spelled(written, schema)
        check_kinds(kind, written, schema)
    arguments = converted(kind, written, schema)
    try:
        expectation = built(kind, arguments)
    except Exception as error:  # the configuration was not checked, or another version judges
        raise Unfit(f"great-expectations refuses the arguments: {safe(str(error), ())}") from error
    columns = column_names(written) if catalogue.evaluation(kind) != SHAPE else []
    columns += columns_of(written.get("row_condition"), schema)
    known = tuple(name for name in dict.fromkeys(columns) if name in schema.names)
    return Prepared(row_check, arguments, written, learned, known, expectation)


def _spelled(arguments: Mapping[str, Any], schema: "pa.Schema") -> dict[str, Any]:
    """The arguments with the table's spelling of its columns, whose case does not matter."""
    found = dict(arguments)
    for key in catalogue.COLUMN_ARGUMENTS:
        value = arguments.get(key)
        if isinstance(value, str):
            found[key] = _column(value, schema.names)
        elif isinstance(value, list | tuple):
            found[key] = [_column(name, schema.names) for name in value]
    return found


def _column(name: str, known: Sequence[str]) -> str:
    if name in known:
        return name
    same = [column for column in known if column.casefold() == name.casefold()]
    if len(same) == 1:
        return same[0]
    raise missing(name, known)
