from datetime import UTC, datetime

import pyarrow as pa
import pytest

from checks.core import Status, Verdict
from checks.expectations import evaluate, rowwise
from checks.expectations.problem import safe
from checks.expectations.verdicts import percent, shown, span
from tests.checks.expectations.cases import CASES, ROWS, check, pieces, verdict

slow = pytest.mark.slow


@slow
def test_a_row_wise_verdict_has_its_numbers_and_a_statement_that_shows_more() -> None:
    arguments = {"column": "n", "min_value": 15, "max_value": 45}
    assert verdict(check("expect_column_values_to_be_between", arguments), ROWS) == Verdict(
        Status.FAIL,
        "2 of 6 rows (33.3 %) are outside 15 to 45 in n; at most 0 % may be",
        observed=2 / 6,
        expected="at most 0 % of rows are outside 15 to 45 in n",
        upper=0.0,
        look="SELECT * FROM `main`.`bronze`.`posts` WHERE `n` < 15 OR `n` > 45 LIMIT 100",
        rows=6,
        bad=2,
    )


@slow
def test_an_aggregate_s_verdict_has_its_value_and_its_bounds() -> None:
    arguments = {"column": "n", "min_value": 30, "strict_min": True}
    assert verdict(check("expect_column_mean_to_be_between", arguments), ROWS) == Verdict(
        Status.FAIL,
        "the mean of n is 28.3333; expected more than 30",
        observed=28.3333333333,
        expected="the mean of n more than 30",
        lower=30.0,
        rows=6,
    )


@slow
def test_a_time_that_was_observed_is_a_time_in_utc() -> None:
    rows = pa.table({"at": pa.array([datetime(2024, 1, 1, tzinfo=UTC)], pa.timestamp("us", "UTC"))})
    asked = check("expect_column_max_to_be_between", {"column": "at", "min_value": "2024-01-01"})
    assert verdict(asked, rows).observed == datetime(2024, 1, 1, tzinfo=UTC)


@slow
def test_one_check_that_errs_does_not_touch_the_others() -> None:
    asked = [
        check("expect_column_values_to_not_be_null", {"column": "n"}),
        check("expect_column_values_to_be_dateutil_parseable", {"column": "id"}),
        check("expect_column_values_to_not_be_null", {"column": "gone"}),
        check(
            "expect_column_pair_values_a_to_be_greater_than_b", {"column_A": "s", "column_B": "day"}
        ),
        check("expect_column_values_to_be_null", {"column": "n"}),
    ]
    examiner = evaluate.RowWise(asked, ROWS.schema)
    for batch in pieces(ROWS, (2,)):
        examiner.feed(batch)
    assert examiner.columns == ("n", "s", "day")
    statuses = [finding.verdict.status for finding in examiner.findings()]
    assert statuses == ["pass", "error", "error", "fail", "fail"]


@slow
def test_large_batches_are_looked_at_in_pieces() -> None:
    count = 2 * rowwise.CHUNK_ROWS + 5
    rows = pa.table({"n": pa.array([*range(count - 1), None], pa.int64())})
    examiner = evaluate.RowWise(
        [check("expect_column_values_to_not_be_null", {"column": "n"})], rows.schema
    )
    for batch in rows.to_batches():
        examiner.feed(batch)
    found = examiner.findings()[0].verdict
    assert (found.rows, found.bad) == (count, 1)


@slow
def test_a_mask_marks_the_rows_that_were_counted() -> None:
    batch = ROWS.to_batches()[0]
    for type, many in CASES.items():
        for arguments in many:
            asked = check(type, arguments)
            if evaluate.classified([asked])[0]:
                found, mask = verdict(asked, ROWS), evaluate.bad_rows(asked, batch)
                assert len(mask) == 6
                assert found.bad is None or mask.sum() == found.bad, (type, arguments)
    asked = check("expect_column_distinct_values_to_be_in_set", {"column": "n", "value_set": [10]})
    assert evaluate.bad_rows(asked, batch).tolist() == [False, True, True, True, True, True]
    asked = check("expect_column_values_to_not_be_null", {"column": "gone"})
    assert not evaluate.bad_rows(asked, batch).any()


def test_too_many_rows_are_not_assessed_and_say_what_to_do() -> None:
    found = evaluate.too_large(
        check("expect_column_values_to_be_unique", {"column": "id"}), 3_000_000
    )
    assert found.status is Status.NOT_ASSESSED
    assert "3,000,000 are more than its 1,000,000" in found.reason
    assert "max_rows" in found.mend
    assert "type: unique" in found.mend


def test_a_message_of_the_library_never_repeats_a_value() -> None:
    message = "could not convert 'hunter2' of 'text' to 'float'\nand more"
    assert safe(message, ["text"]) == "could not convert '...' of 'text' to 'float'"


def test_numbers_read_well() -> None:
    assert [percent(x) for x in (0, 0.0025, 1 / 3, 1, 1 - 0.99)] == [
        "0 %",
        "0.25 %",
        "33.3 %",
        "100 %",
        "1 %",
    ]
    assert [shown(x) for x in (1234, 0.5, 1e9, "2024-01-01", True)] == [
        "1,234",
        "0.5",
        "1,000,000,000",
        "2024-01-01",
        "True",
    ]
    assert span({"min_value": 3, "max_value": 3}) == "3"
    assert span({"max_value": 3, "strict_max": True}) == "less than 3"
