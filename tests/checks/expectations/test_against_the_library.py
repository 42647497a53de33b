"""Every expectation that runs, in batches and by SQL, against great-expectations on one frame."""

from typing import Any

import pyarrow as pa
import pytest

from checks.core import Status, Verdict
from checks.expectations import catalogue
from checks.expectations.wording import SHAPE
from tests.checks.expectations.cases import CASES, ROWS, check, plain, verdict

pytestmark = pytest.mark.slow

_CASES = [(type, arguments) for type, many in CASES.items() for arguments in many]
_OF_ROWS = [case for case in _CASES if catalogue.evaluation(case[0]) != SHAPE]
_NULLS = pa.table({name: pa.nulls(3, ROWS.schema.field(name).type) for name in ROWS.column_names})


def test_every_expectation_that_runs_has_a_passing_and_a_failing_case() -> None:
    assert set(CASES) == set(catalogue.names())
    for type, many in CASES.items():
        statuses = {verdict(check(type, arguments), ROWS).status for arguments in many}
        assert {Status.PASS, Status.FAIL} <= statuses, type


@pytest.mark.parametrize(("type", "arguments"), _CASES)
def test_rows_in_batches_are_judged_as_great_expectations_judges_them_at_once(
    type: str, arguments: dict[str, Any]
) -> None:
    expected = plain(type, arguments, ROWS.to_pandas())
    assert not expected["raised"]

    for cuts in ((), (2, 3), (1, 2, 3, 4, 5)):
        found = verdict(check(type, arguments), ROWS, cuts)
        assert found.status is _status(expected), found.reason
        _compare(found, expected["result"])


@pytest.mark.parametrize(("type", "arguments"), _OF_ROWS)
def test_no_rows_and_only_nulls_are_judged_as_great_expectations_judges_them(
    type: str, arguments: dict[str, Any]
) -> None:
    for rows in (ROWS.slice(0, 0), _NULLS):
        anywhere = {key: value for key, value in arguments.items() if key != "row_condition"}
        expected = plain(type, anywhere, rows.to_pandas())
        assert not expected["raised"]
        assert verdict(check(type, anywhere), rows).status is _status(expected)


def _status(expected: dict[str, Any]) -> Status:
    return Status.PASS if expected["success"] else Status.FAIL


def _compare(found: Verdict, result: dict[str, Any]) -> None:
    """The numbers of a verdict with those of a result, where both have some."""
    if found.bad is not None:
        assert found.bad == result["unexpected_count"]
        percent = result["unexpected_percent"]
        assert found.observed == (None if percent is None else pytest.approx(percent / 100))
    elif isinstance(found.observed, float) and _is_number(result.get("observed_value")):
        assert found.observed == pytest.approx(float(result["observed_value"]), rel=1e-11)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
