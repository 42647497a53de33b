import pytest

from checks.expectations.validation import validate
from tests.checks.expectations.cases import CASES

pytestmark = pytest.mark.slow


def test_every_case_is_valid_for_its_own_class() -> None:
    stanzas = [(type, arguments) for type, many in CASES.items() for arguments in many]
    assert validate(stanzas) == [[] for _ in stanzas]


def test_what_the_class_refuses_is_told_at_its_argument() -> None:
    column = {"column": "a"}
    found = validate(
        [
            ("expect_column_values_to_match_strftime_format", {**column, "strftime_format": "%Q"}),
            ("expect_column_values_to_be_null", {**column, "row_condition": {"type": "maybe"}}),
            ("expect_column_values_to_be_null", {"colum": "a"}),
            ("unexpected_rows_expectation", {}),
            ("expect_the_unexpected", {}),
        ]
    )
    assert [[path for path, _ in problems] for problems in found] == [
        [("strftime_format",)],
        [("row_condition",)],
        [("colum",), ("column",)],
        [()],
        [()],
    ]
    assert "type: comparison" in found[1][0][1]


def test_bounds_that_are_to_be_learned_are_valid() -> None:
    bound = {"$PARAMETER": "learned_lower"}
    arguments = {"column": "a", "min_value": bound}
    assert validate([("expect_column_mean_to_be_between", arguments)]) == [[]]
