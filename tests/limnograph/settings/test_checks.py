"""The checks of tables: what a good list means, and where and how a bad one is told."""

from datetime import timedelta
from pathlib import Path
from textwrap import dedent, indent

import jsonschema
import pytest
import yaml

from checks.core import Patience, Severity
from checks.expectations.form import ExpectationForm
from checks.forms import RowForm
from limnograph.settings import Cron, TableSettings, check, json_schema, load, show
from limnograph.settings.checks import default_id
from monitors.secrets import Secret


def written(folder: Path, checks: str, head: str = "", tail: str = "") -> Path:
    """A file with one table that has these checks."""
    file = folder / "c.yaml"
    table = "tables:\n  - name: main.bronze.posts\n    uri: ./posts\n    owner: ingest\n"
    body = indent(dedent(checks).strip("\n"), "      ")
    file.write_text(f"{dedent(head)}{table}    checks:\n{body}\n{dedent(tail)}")
    return file


def only_table(folder: Path, checks: str, head: str = "") -> TableSettings:
    return load(written(folder, checks, head)).tables[0]


def problems(folder: Path, checks: str, head: str = "", tail: str = "") -> list[str]:
    file = written(folder, checks, head, tail)
    return [str(problem).removeprefix(f"{file}:") for problem in check(file)]


def test_a_check_has_what_was_written_and_else_what_its_table_has(tmp_path: Path) -> None:
    table = only_table(
        tmp_path,
        """
        - id: posts-a-day
          type: volume
          grain: day
          severity: critical
          tags: [gold]
          description: Nobody posts.
          for: 30m
          flapping: {fails: 2, of: 3}
          schedule: 0 8 * * *
        """,
    )
    (declared,) = table.checks
    made = table.check(declared)
    assert (made.id, made.type, made.kind) == ("posts-a-day", "volume", "volume")
    assert (made.severity, made.owner, made.tags) == (Severity.CRITICAL, "ingest", ("gold",))
    assert made.description == "Nobody posts."
    assert made.patience == Patience(timedelta(minutes=30), 2, 3)
    assert made.full_id == "main.bronze.posts/posts-a-day"
    assert declared.schedule == Cron("0 8 * * *")


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("volume", {}, "volume"),
        ("volume", {"grain": "day"}, "volume-day"),
        ("unique", {"columns": ["a", "b c"]}, "unique-a-b_c"),
        ("threshold", {"metric": "lakehouse_table_rows"}, "threshold-lakehouse_table_rows"),
        ("expect_column_values_to_be_between", {"column": "x" * 99}, None),
    ],
)
def test_an_id_is_made_of_the_type_and_what_it_is_about(
    kind: str, fields: dict[str, object], expected: str | None
) -> None:
    made = default_id(kind, fields)
    assert made == expected or (expected is None and len(made) == 80)


def test_the_arguments_of_an_expectation_stand_beside_the_common_fields(tmp_path: Path) -> None:
    table = only_table(
        tmp_path,
        """
        - type: expect_column_mean_to_be_between
          column: score
          min_value: 0
          max_value: {$PARAMETER: learned_upper}
          rows: all
          samples: 5
        """,
    )
    (declared,) = table.checks
    assert isinstance(declared.form, ExpectationForm)
    assert declared.kind == "expectation"
    assert declared.form.arguments == {
        "column": "score",
        "min_value": 0,
        "max_value": {"$PARAMETER": "learned_upper"},
    }
    assert (declared.form.rows, declared.form.samples) == ("all", 5)


def test_checks_of_the_defaults_hold_for_every_table_unless_replaced_or_switched_off(
    tmp_path: Path,
) -> None:
    head = """
        defaults:
          checks:
            - {id: fresh, type: freshness, max_age: 26h}
            - {id: day, type: volume, grain: day}
            - {id: key, type: unique, columns: [id]}
    """
    table = only_table(
        tmp_path,
        """
        - {id: fresh, type: freshness, max_age: 2h}
        - {id: day, type: off}
        - {id: own, type: sql_rule, bad_rows: score < 0}
        """,
        head,
    )
    assert [one.id for one in table.checks] == ["key", "fresh", "own"]


def test_a_quarantine_lies_beside_the_file_and_its_secrets_are_references(tmp_path: Path) -> None:
    table = only_table(
        tmp_path,
        """
        - type: unique
          columns: [id]
          quarantine:
            uri: ./bad
            drop: [text]
            storage_options: {aws_secret_access_key: env:KEY}
        """,
    )
    form = table.checks[0].form
    assert isinstance(form, RowForm)
    assert form.quarantine is not None
    assert form.quarantine.uri == f"{tmp_path}/bad"
    assert form.quarantine.storage_options == {"aws_secret_access_key": Secret("env:KEY")}


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        ("- type: volum", "6:9: tables[0].checks[0].type: 'volum' is no check; did you mean 'vol"),
        ("- grain: day", "6:9: tables[0].checks[0].type: is missing; write one of threshold, fre"),
        ("- volume", "6:9: tables[0].checks[0]: expected a check, got text; write 'type: volume'"),
        ("-", "6:8: tables[0].checks[0]: expected a check, got nothing; write 'type: volume'"),
        ("- {type: volume, grain: week}", "6:24: tables[0].checks[0].grain: expected 'hour' or"),
        ("- {type: volume, graim: day}", "6:24: tables[0].checks[0].graim: unknown field; did you"),
        ("- {type: volume, severity: bad}", "6:24: tables[0].checks[0].severity: expected 'info'"),
        ("- {type: volume, schedule: now}", "6:24: tables[0].checks[0].schedule: 'now' is neither"),
        ("- {type: volume, for: long}", "6:24: tables[0].checks[0].for: "),
        ("- {type: off, id: x}", "6:21: tables[0].checks[0].id: there is no check 'x' in the def"),
        ("- {type: expectation}", "6:10: tables[0].checks[0].type: 'expectation' is no check; "),
        (
            "- {type: volume, flapping: {fails: 3, of: 2}}",
            "6:24: tables[0].checks[0].flapping: 3 of 2 verdicts can never fail; write fails: 2",
        ),
        (
            "- {type: expect_column_values_to_be_nul, column: id}",
            "6:10: tables[0].checks[0].type: 'expect_column_values_to_be_nul' is no expectation; "
            "did you mean 'expect_column_values_to_be_null'?",
        ),
        (
            "- {type: expect_column_values_to_be_null, colum: id}",
            "6:49: tables[0].checks[0].colum: unknown argument; did you mean 'column'?",
        ),
        (
            "- {type: expect_column_values_to_be_null, column: id, mostly: 2}",
            "6:61: tables[0].checks[0].mostly: expected a number from 0 to 1",
        ),
        (
            "- {type: unexpected_rows_expectation}",
            "6:10: tables[0].checks[0].type: unexpected_rows_expectation does not run on pandas; "
            "write 'type: sql_rule'",
        ),
        (
            "- {type: threshold, metric: lakehouse_table_row, comparison: below, fail: 1}",
            "6:9: tables[0].checks[0].metric: 'lakehouse_table_row' is no metric; did you mean "
            "'lakehouse_table_rows'?",
        ),
        (
            "- {type: references, columns: [a], table: nowhere, to: [b]}",
            "6:9: tables[0].checks[0].table: there is no table 'nowhere'; add it to the tables",
        ),
        (
            "- {type: sql, query: drop table x, comparison: above, fail: 1}",
            "6:21: tables[0].checks[0].query: column 1: this must be a SELECT, not DROP",
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place_and_the_mend(
    tmp_path: Path, checks: str, expected: str
) -> None:
    found = problems(tmp_path, checks)
    assert any(problem.startswith(expected) for problem in found), found


def test_two_checks_of_one_id_are_told_with_the_line_of_the_first(tmp_path: Path) -> None:
    found = problems(tmp_path, "- {id: a, type: volume}\n- {id: a, type: freshness, max_age: 1h}")
    assert found == [
        "7:10: tables[0].checks[1].id: 'a' is also the id of the check in line 6; give one of "
        "them another id"
    ]


def test_a_secret_that_is_written_out_is_refused_and_not_repeated(tmp_path: Path) -> None:
    checks = """
        - type: unique
          columns: id
          quarantine: {uri: ./bad, storage_options: {aws_secret_access_key: hunter2}}
    """
    found = "\n".join(problems(tmp_path, checks))
    assert "quarantine.storage_options.aws_secret_access_key" in found
    assert "checks[0].columns" in found
    assert "hunter2" not in found


def test_every_problem_of_every_check_is_told_at_once(tmp_path: Path) -> None:
    checks = """
        - type: nothing
        - {type: volume, grain: week, severity: none}
        - {type: expect_column_values_to_be_null, colum: id}
    """
    places = [problem.split(":")[2].strip() for problem in problems(tmp_path, checks)]
    assert places == [
        "tables[0].checks[0].type",
        "tables[0].checks[1].grain",
        "tables[0].checks[1].severity",
        "tables[0].checks[2].column",
        "tables[0].checks[2].colum",
    ]


EVERYTHING = """
    - {id: volume, type: volume, grain: day, side: low, min: 5}
    - {id: fresh, type: freshness, by: "08:00", days: weekdays, time_zone: Europe/Berlin}
    - {id: rows, type: threshold, metric: lakehouse_table_rows, comparison: "<", fail: 5, for: 1h}
    - {id: contract, type: schema, columns: {id: long}}
    - {id: nulls, type: expect_column_values_to_not_be_null, column: id, mostly: 0.9, samples: 3}
    - {id: rule, type: sql_rule, bad_rows: score < 0, quarantine: {uri: ./bad, mask: [text]}}
    - {id: key, type: unique, columns: [id], severity: critical}
    - {id: count, type: sql, query: select count(*) from new_rows, comparison: below, fail: 1}
"""


def test_settings_shown_mean_the_same_again(tmp_path: Path) -> None:
    file = written(tmp_path, EVERYTHING)
    loaded = load(file)
    again = tmp_path / "again.yaml"
    again.write_text(show(loaded))
    assert load(again).tables == loaded.tables


def test_the_json_schema_takes_what_is_right_and_refuses_what_is_wrong(tmp_path: Path) -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    good = yaml.safe_load(written(tmp_path, EVERYTHING).read_text())
    assert [error.message for error in validator.iter_errors(good)] == []
    for wrong in (
        {"type": "volume", "grain": "week"},
        {"type": "nothing"},
        {"type": "expect_column_values_to_be_null", "colum": "id"},
        {"type": "unique"},
    ):
        bad = {"tables": [{"name": "a", "uri": "./a", "checks": [wrong]}]}
        assert not validator.is_valid(bad), wrong
