"""Expectations about which values occur: what occurs in batches is joined.

Of the values that should not occur only so many are kept: one is enough to fail.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from checks.core import Verdict
from checks.expectations import library
from checks.expectations.prepare import Prepared
from checks.expectations.verdicts import of_fact

if TYPE_CHECKING:
    import pandas as pd

_KEPT = 1_000
_IN, _CONTAIN, _EQUAL = (
    "expect_column_distinct_values_to_be_in_set",
    "expect_column_distinct_values_to_contain_set",
    "expect_column_distinct_values_to_equal_set",
)


def is_distinct(type: str) -> bool:
    """Whether an expectation is about which values occur."""
    return type in (_IN, _CONTAIN, _EQUAL)


class Occurring:
    """The values that occurred, as far as they are needed."""

    def __init__(self, prepared: Prepared) -> None:
        arguments = prepared.arguments
        self._column = str(arguments["column"])
        self._domain = {
            "column": self._column,
            "row_condition": prepared.expectation.row_condition,
            "condition_parser": prepared.expectation.condition_parser,
        }
        self._type = prepared.type
        self._allowed = set(arguments["value_set"])
        self._absent = set(self._allowed)
        self._others: set[Any] = set()
        self._rows = 0

    def add(self, engine: Any) -> None:
        """Take in the rows of an engine."""
        values = self._values(engine)
        self._rows += len(values)
        found = _distinct(values)
        self._absent -= found
        if len(self._others) <= _KEPT:
            self._others |= found - self._allowed

    def places(self, engine: Any) -> Any:
        """The places of rows whose values should not occur."""
        values = self._values(engine)
        if self._type == _CONTAIN:
            return []
        return values.index[~values.isin(list(self._allowed))].to_numpy()

    def verdict(self, prepared: Prepared) -> Verdict:
        """What the values that occurred say."""
        others = len(self._others) if self._type != _CONTAIN else 0
        absent = len(self._absent) if self._type != _IN else 0
        parts = []
        if self._type != _CONTAIN:
            more = "more than " if others > _KEPT else ""
            parts.append(f"{more}{min(others, _KEPT):,} values occur that are not in the set")
        if self._type != _IN:
            parts.append(f"{absent:,} of {len(self._allowed):,} values of the set do not occur")
        expected = {
            _IN: "only values of the set",
            _CONTAIN: "all values of the set",
            _EQUAL: "all values of the set and no others",
        }[self._type]
        return of_fact(
            prepared,
            f"in {self._column} {' and '.join(parts)}",
            f"{expected} in {self._column}",
            not others and not absent,
            observed=float(others + absent),
            upper=0.0,
            rows=self._rows,
        )

    def _values(self, engine: Any) -> "pd.Series":
        with library.quiet():
            return engine.get_domain_records(domain_kwargs=self._domain)[self._column].dropna()


def _distinct(values: "pd.Series") -> set[Any]:
    import pandas as pd

    found: Iterable[Any] = pd.Index(values.unique())
    return set(found)
