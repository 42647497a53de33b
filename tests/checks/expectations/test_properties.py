"""Verdicts do not depend on how rows are cut into batches, nor on the order of commits; and they
are those of great-expectations over all rows at once."""

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checks.core import Status
from checks.expectations import catalogue, evaluate
from checks.expectations.wording import AGGREGABLE, ROW_WISE
from tests.checks.expectations.cases import CASES, check, computed, pieces, plain, verdict

pytestmark = pytest.mark.slow

_NUMBERS = st.integers(-50, 50)
_TEXTS = st.sampled_from(["a", "bb", "ccc", "2024-01-01", '{"a": 1}', "{", ""])
_ROW = st.fixed_dictionaries(
    {
        "id": _NUMBERS,
        "n": _NUMBERS,
        "m": _NUMBERS,
        "w": _NUMBERS,
        # Sums of these are exact in any order, so that verdicts are compared and not rounding.
        "f": st.one_of(st.none(), st.sampled_from([-2.0, 0.0, -0.0, 0.5, 1.5, 4.0, 1e6])),
        "s": st.one_of(st.none(), _TEXTS),
        "day": st.one_of(st.none(), _TEXTS),
        "doc": st.one_of(st.none(), _TEXTS),
        "ok": st.one_of(st.none(), st.booleans()),
    }
)
_FIELDS: "list[pa.Field[Any]]" = [
    pa.field("id", pa.int64()),
    pa.field("n", pa.int64()),
    pa.field("m", pa.int64()),
    pa.field("w", pa.int64()),
    pa.field("f", pa.float64()),
    pa.field("s", pa.string()),
    pa.field("day", pa.string()),
    pa.field("doc", pa.string()),
    pa.field("ok", pa.bool_()),
]
_TYPES = pa.schema(_FIELDS)
_ROWS = st.lists(_ROW, min_size=1, max_size=12).map(
    lambda rows: pa.Table.from_pylist(rows, schema=_TYPES)
)


def _cases(evaluation: str) -> Any:
    found = [
        (type, arguments)
        for type, many in CASES.items()
        if catalogue.evaluation(type) == evaluation
        for arguments in many
    ]
    return st.sampled_from(found)


@settings(max_examples=80, deadline=None)
@given(rows=_ROWS, case=_cases(ROW_WISE), cuts=st.sets(st.integers(1, 11)), data=st.data())
def test_row_wise_verdicts_are_those_of_the_whole_in_any_cut_and_order(
    rows: pa.Table, case: tuple[str, dict[str, Any]], cuts: set[int], data: st.DataObject
) -> None:
    type, arguments = case
    expected = plain(type, arguments, rows.to_pandas())
    batches = data.draw(st.permutations(pieces(rows, cuts)))

    examiner = evaluate.RowWise([check(type, arguments)], rows.schema)
    for batch in batches:
        examiner.feed(batch)
        examiner.findings()  # what is waiting is counted by itself
    found = examiner.findings()[0].verdict

    if expected["raised"]:
        assert found.status is Status.ERROR
    else:
        assert found.status is (Status.PASS if expected["success"] else Status.FAIL), found.reason
        if found.bad is not None:
            assert found.bad == expected["result"]["unexpected_count"]


@settings(max_examples=60, deadline=None)
@given(rows=_ROWS, case=_cases(AGGREGABLE), data=st.data())
def test_aggregates_are_those_of_the_whole_in_any_order(
    rows: pa.Table, case: tuple[str, dict[str, Any]], data: st.DataObject
) -> None:
    type, arguments = case
    order = data.draw(st.permutations(range(rows.num_rows)))
    expected = plain(type, arguments, rows.to_pandas())

    found = computed(check(type, arguments), rows.take(pa.array(order, pa.int64())))

    assert found.status is (Status.PASS if expected["success"] else Status.FAIL), found.reason


@settings(max_examples=60, deadline=None)
@given(rows=_ROWS, cuts=st.sets(st.integers(1, 11)), data=st.data())
def test_rows_in_order_do_not_depend_on_the_order_in_which_commits_are_read(
    rows: pa.Table, cuts: set[int], data: st.DataObject
) -> None:
    commits = [
        pa.Table.from_batches([batch]).append_column(
            "_commit_version", pa.array([version] * batch.num_rows, pa.int64())
        )
        for version, batch in enumerate(pieces(rows, cuts))
    ]
    read = pa.concat_tables(data.draw(st.permutations(commits)))
    for type in ("expect_column_values_to_be_increasing", "expect_column_values_to_be_decreasing"):
        one = check(type, {"column": "n", "mostly": 0.5})
        assert evaluate.whole_set(one, read) == evaluate.whole_set(one, pa.concat_tables(commits))


@settings(max_examples=60, deadline=None)
@given(good=st.integers(0, 40), bad=st.integers(0, 40), cut=st.integers(1, 80), at=st.data())
def test_mostly_is_judged_on_the_sums_at_its_very_boundary(
    good: int, bad: int, cut: int, at: st.DataObject
) -> None:
    rows = pa.table({"n": pa.array([1] * good + [9] * bad, pa.int64())})
    exact = good / (good + bad) if good + bad else 1.0
    mostly = at.draw(st.sampled_from([exact, min(exact + 1e-9, 1.0), max(exact - 1e-9, 0.0)]))
    arguments = {"column": "n", "max_value": 5, "mostly": mostly}
    expected = plain("expect_column_values_to_be_between", arguments, rows.to_pandas())

    found = verdict(check("expect_column_values_to_be_between", arguments), rows, (cut,))

    assert found.status is (Status.PASS if expected["success"] else Status.FAIL)
    assert found.bad == (bad if good + bad else 0)
