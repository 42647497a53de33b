"""The expectations of a file, held against the library's own classes where there are any."""

import sys
from pathlib import Path

import pytest

from limnograph.expectations import demand_sound, expectation_problems
from limnograph.settings import Settings, load
from monitors.errors import ConfigError

NULLS = "{type: expect_column_values_to_not_be_null, column: id}"
# What only the class itself knows: `%Q` is no part of a time's format.
FORMAT = "{type: expect_column_values_to_match_strftime_format, column: at, strftime_format: '%Q'}"
CONDITION = "{type: expect_column_values_to_be_null, column: at, row_condition: {type: maybe}}"


def declared(folder: Path, text: str) -> Settings:
    file = folder / "c.yaml"
    file.write_text(text)
    return load(file)


def of_posts(*checks: str, head: str = "") -> str:
    items = "".join(f"  - {check}\n" for check in checks)
    return f"{head}tables:\n- name: posts\n  uri: ./posts\n  checks:\n{items}"


def test_a_file_without_expectations_needs_no_library(tmp_path: Path) -> None:
    settings = declared(tmp_path, of_posts("{type: unique, columns: [id]}"))
    before = set(sys.modules)
    assert expectation_problems(settings) == []
    demand_sound(settings)
    assert not {name for name in set(sys.modules) - before if "great_expectations" in name}


@pytest.mark.slow
def test_sound_expectations_are_no_problem(tmp_path: Path) -> None:
    bound = "max_value: {$PARAMETER: learned_upper}"
    mean = f"{{type: expect_column_mean_to_be_between, column: a, {bound}}}"
    assert expectation_problems(declared(tmp_path, of_posts(NULLS, mean))) == []


@pytest.mark.slow
def test_what_a_class_refuses_is_told_at_its_check_with_the_argument(tmp_path: Path) -> None:
    settings = declared(tmp_path, of_posts(NULLS, FORMAT, CONDITION))
    first, second = map(str, expectation_problems(settings))
    assert first.startswith(f"{tmp_path}/c.yaml:6:5: tables[0].checks[1].strftime_format: ")
    assert second.startswith(f"{tmp_path}/c.yaml:7:5: tables[0].checks[2].row_condition: ")
    with pytest.raises(ConfigError) as error:
        demand_sound(settings)
    assert error.value.reason.splitlines() == [first, second]
    demand_sound(settings, lambda check: "not_be_null" in check.id)


@pytest.mark.slow
def test_an_expectation_of_the_defaults_or_of_a_glob_is_told_once(tmp_path: Path) -> None:
    defaults = f"defaults:\n  checks:\n  - {FORMAT}\n"
    more = "- {name: authors, uri: ./authors}\n- glob: ./dim/*\n  checks:\n"
    settings = declared(tmp_path, f"{of_posts(NULLS, head=defaults)}{more}  - {CONDITION}\n")
    assert [problem.field for problem in expectation_problems(settings)] == [
        "defaults.checks[0].strftime_format",
        "tables[2].checks[0].row_condition",
    ]


@pytest.mark.slow
def test_a_wrong_value_is_not_repeated(tmp_path: Path) -> None:
    secret = FORMAT.replace("%Q", "%Q-hunter2")
    (problem,) = expectation_problems(declared(tmp_path, of_posts(secret)))
    assert "hunter2" not in str(problem)
