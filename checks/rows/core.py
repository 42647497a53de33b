"""What the one pass over a table's rows needs of the checks that it feeds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from checks.core import Check, Finding, Verdict
from checks.forms import RowForm

if TYPE_CHECKING:
    import pyarrow as pa

LEARNED_LOWER, LEARNED_UPPER = "learned_lower", "learned_upper"
"""Parameters that every check may use: bounds learned from what it observed before."""


@dataclass(frozen=True, slots=True)
class RowCheck:
    """A check over rows, and what is known only when it runs.

    `parameters` are the values of `$PARAMETER`; a value of None has not been learned yet: the check
    then says what it observed, and is not assessed.
    """

    check: Check
    parameters: Mapping[str, float | None] = field(default_factory=dict)


def of_new_rows(check: Check) -> bool:
    """Whether a check looks for bad rows among new ones, so that it has nothing to do without any.

    A query may read the whole table.
    """
    form = check.form
    asks = getattr(form, "query", None) is not None
    return isinstance(form, RowForm) and form.rows == "new" and not asks


class Examiner(Protocol):
    """Checks that look at each batch of rows by itself; what they find is added up."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it needs of every batch."""
        ...

    def feed(self, batch: "pa.RecordBatch") -> None:
        """Look at some rows; never raises for what is wrong with them."""
        ...

    def findings(self) -> Sequence[Finding]:
        """What was found in all the rows so far, one per check."""
        ...


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A check that follows from aggregates over all rows, computed in one pass with the others.

    `expressions` are aggregates in the Databricks dialect by a name that is unique within the
    check; `judge` gets their values by name. `condition` filters the rows, in the same dialect.
    """

    check: Check
    expressions: Mapping[str, str]
    judge: Callable[[Mapping[str, Any]], Verdict]
    condition: str = ""
