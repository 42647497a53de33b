"""The catalogue and the reference page against the installed library."""

import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from checks.expectations import catalogue, library, registry
from checks.expectations.form import ExpectationForm
from docs.generate_expectations import PAGE, page

ROOT = Path(__file__).parents[3]


@pytest.mark.slow
def test_the_committed_catalogue_is_that_of_the_installed_library() -> None:
    assert catalogue.FILE.read_text(encoding="utf-8") == registry.text()
    known = {*catalogue.names(), *catalogue.refusals()}
    assert known == set(library.registered())
    assert len(known) == 59


def test_the_committed_page_lists_every_expectation_with_its_class() -> None:
    text = (ROOT / "docs" / PAGE).read_text(encoding="utf-8")
    assert text == page()
    for name in catalogue.names():
        assert f"| `{name}` | {catalogue.evaluation(name)} |" in text
    for name in catalogue.refusals():
        assert f"| `{name}` | refused |" in text


def test_those_that_do_not_run_on_pandas_name_our_sql_rule() -> None:
    assert len(catalogue.refusals()) == 7
    for name in catalogue.refusals():
        assert "type: sql_rule" in (catalogue.refused(name) or "")
        assert name not in catalogue.names()
    assert catalogue.refused("expect_column_values_to_be_null") is None


@pytest.mark.parametrize("name", catalogue.names())
def test_every_schema_is_sound_and_clashes_with_no_common_field(name: str) -> None:
    schema = catalogue.schema(name)
    Draft202012Validator.check_schema(schema)
    assert "$ref" not in str(schema)
    assert set(schema["required"]) <= set(schema["properties"])
    assert not set(catalogue.arguments(name)) & set(ExpectationForm.model_fields)
    assert all(own["description"].endswith(".") for own in schema["properties"].values())


@pytest.mark.parametrize(
    "name",
    [
        "expect_column_values_to_be_unique",
        "expect_column_values_to_be_increasing",
        "expect_column_values_to_be_decreasing",
        "expect_column_value_z_scores_to_be_less_than",
        "expect_column_values_to_not_be_outliers",
        "expect_compound_columns_to_be_unique",
    ],
)
def test_what_depends_on_other_rows_is_not_row_wise(name: str) -> None:
    assert catalogue.evaluation(name) == "whole-set"


@pytest.mark.slow
def test_reading_a_configuration_imports_no_heavy_library() -> None:
    code = (
        "import sys\n"
        "from checks.expectations import catalogue, kind\n"
        "catalogue.problems('expect_column_values_to_be_null', {'column': 'a'})\n"
        "print([m for m in ('great_expectations', 'pandas', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")
