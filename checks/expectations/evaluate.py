"""Evaluating expectations: what the pass over a table's rows calls, in a worker process.

Row-wise ones examine batches (`RowWise`), aggregable ones are told to SQL (`aggregates`, which
also has those that the schema settles), and the others see all rows at once (`whole_set`), unless
there are too many (`too_large`).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from checks.expectations import catalogue
from checks.expectations.aggregates import aggregates
from checks.expectations.conditions import columns_of, translatable
from checks.expectations.fits import column_names
from checks.expectations.prepare import form_of
from checks.expectations.rowwise import RowWise, bad_rows
from checks.expectations.whole import too_large, whole_set
from checks.expectations.wording import AGGREGABLE, ROW_WISE, SHAPE
from checks.rows.core import RowCheck

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "RowWise",
    "aggregates",
    "bad_rows",
    "classified",
    "columns",
    "too_large",
    "whole_set",
]


def classified(
    checks: Sequence[RowCheck],
) -> tuple[list[RowCheck], list[RowCheck], list[RowCheck]]:
    """The row-wise, the aggregable and the whole-set ones, each in order.

    An aggregable one whose row_condition cannot be told to SQL needs all rows at once.
    """
    found: tuple[list[RowCheck], list[RowCheck], list[RowCheck]] = ([], [], [])
    for check in checks:
        found[_place(check)].append(check)
    return found


def _place(check: RowCheck) -> int:
    kind = catalogue.evaluation(check.check.type)
    if kind == ROW_WISE:
        return 0
    arguments = form_of(check).arguments
    condition, parser = arguments.get("row_condition"), arguments.get("condition_parser")
    if kind == SHAPE or (kind == AGGREGABLE and translatable(condition, parser)):
        return 1
    return 2


def columns(check: RowCheck, schema: "pa.Schema") -> tuple[str, ...]:
    """The columns of the table that an expectation reads, those of its row_condition included.

    One that the table does not have is left out; the evaluation says so.
    """
    arguments = form_of(check).arguments
    folded = {name.casefold(): name for name in schema.names}
    named = [
        folded[name.casefold()] for name in column_names(arguments) if name.casefold() in folded
    ]
    return tuple(dict.fromkeys([*named, *columns_of(arguments.get("row_condition"), schema)]))
