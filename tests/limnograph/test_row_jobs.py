"""From declared checks to a job: the tables that statements name, and secrets resolved late."""

from pathlib import Path
from textwrap import indent

import pytest

from checks.forms import RowForm
from limnograph.row_checks import RowJob
from limnograph.row_jobs import named_tables, row_job
from limnograph.settings import Settings, TableSettings, load
from monitors.errors import SecretError
from monitors.secrets import Secret
from tests.limnograph.store.samples import NOW

TABLES = """\
tables:
- name: main.bronze.posts
  uri: s3://lake/posts
  time_zone: Europe/Berlin
  storage_options: {region: eu, token: env:POSTS_TOKEN}
  checks:
{checks}
- name: main.dim.Authors
  uri: s3://lake/authors
  storage_options: {token: env:AUTHORS_TOKEN}
- {name: main.dim.topics, uri: s3://lake/topics}
"""
PARENTS = "- {type: references, columns: [author], table: main.dim.Authors, to: [id]}\n"


@pytest.fixture(autouse=True)
def _tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTS_TOKEN", "swordfish")
    monkeypatch.setenv("AUTHORS_TOKEN", "xyzzy")


def declared(folder: Path, checks: str) -> Settings:
    file = folder / "limnograph.yaml"
    file.write_text(TABLES.replace("{checks}\n", indent(checks, "  ")))
    return load(file)


def posts(settings: Settings) -> TableSettings:
    return settings.tables[0]


def job(settings: Settings, **more: object) -> RowJob:
    table = posts(settings)
    checks = [table.check(check) for check in table.checks]
    known = {one.name: one for one in settings.tables}
    given = {"position": None, "run": "run-1", "now": NOW, **more}
    return row_job(table, checks, {}, known, **given)  # type: ignore[arg-type]


def names(settings: Settings) -> list[str]:
    table = posts(settings)
    return named_tables([table.check(check) for check in table.checks])


def test_a_job_is_of_its_table_and_goes_on_where_it_was(tmp_path: Path) -> None:
    settings = declared(tmp_path, "- {type: unique, columns: [id], id: key}\n")
    made = job(settings, position="7")
    assert (made.subject.name, made.uri) == ("main.bronze.posts", "s3://lake/posts")
    assert made.subject.time_zone == "Europe/Berlin"
    assert (made.position, made.run, made.now) == ("7", "run-1", NOW)
    assert [one.check.id for one in made.checks] == ["key"]
    assert made.options == {"region": "eu", "token": "swordfish"}
    assert made.others == {}


def test_only_the_tables_that_statements_name_come_along_with_their_options(tmp_path: Path) -> None:
    made = job(declared(tmp_path, PARENTS))
    assert made.others == {"main.dim.Authors": ("s3://lake/authors", {"token": "xyzzy"})}


@pytest.mark.parametrize(
    ("check", "expected"),
    [
        ("- {type: unique, columns: [id]}", []),
        ("- {type: sql_rule, bad_rows: score < 0}", []),
        ("- {type: references, columns: [a], table: main.dim.topics, to: [id]}", ["topics"]),
        (
            "- {type: sql_rule, query: 'select * from new_rows left anti join `main.DIM.Topics`"
            " using (id)'}",
            ["topics"],
        ),
        (
            "- {type: sql, query: 'select count(*) from whole join `main.dim.authors` on true',"
            " comparison: above, fail: 1}",
            ["authors"],
        ),
        ("- {type: expect_column_values_to_not_be_null, column: id}", []),
    ],
)
def test_the_tables_of_a_statement_are_found_whatever_their_case(
    tmp_path: Path, check: str, expected: list[str]
) -> None:
    settings = declared(tmp_path, f"{check}\n")
    assert names(settings) == [f"main.dim.{name}" for name in expected]
    assert [name.casefold() for name in job(settings).others] == names(settings)


def test_a_table_that_nobody_declares_is_left_for_the_statement_to_miss(tmp_path: Path) -> None:
    check = "- {type: sql, query: select count(*) from nowhere, comparison: above, fail: 1}\n"
    settings = declared(tmp_path, check)
    assert names(settings) == ["nowhere"]
    assert job(settings).others == {}


def test_learned_bounds_go_with_the_check_that_asks_for_them(tmp_path: Path) -> None:
    checks = "- {id: a, type: unique, columns: [a]}\n- {id: b, type: unique, columns: [b]}\n"
    table = posts(declared(tmp_path, checks))
    made = row_job(
        table,
        [table.check(check) for check in table.checks],
        {"b": {"learned_upper": 4.0}},
        {},
        position=None,
        run="run-1",
        now=NOW,
    )
    assert [dict(one.parameters) for one in made.checks] == [{}, {"learned_upper": 4.0}]


def test_the_secrets_of_a_quarantine_are_resolved_for_the_job_alone(tmp_path: Path) -> None:
    settings = declared(
        tmp_path,
        "- type: unique\n  columns: [id]\n"
        "  quarantine: {uri: s3://bad/posts, storage_options: {token: env:AUTHORS_TOKEN}}\n",
    )
    form = job(settings).checks[0].check.form
    before = posts(settings).checks[0].form
    assert isinstance(form, RowForm)
    assert isinstance(before, RowForm)
    assert form.quarantine is not None
    assert before.quarantine is not None
    assert form.quarantine.storage_options == {"token": "xyzzy"}
    assert before.quarantine.storage_options == {"token": Secret("env:AUTHORS_TOKEN")}


@pytest.mark.parametrize("missing", ["POSTS_TOKEN", "AUTHORS_TOKEN"])
def test_a_secret_that_is_missing_names_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.delenv(missing)
    with pytest.raises(SecretError, match=f"set environment variable {missing}"):
        job(declared(tmp_path, PARENTS))


def test_no_option_of_a_store_is_in_the_text_of_a_job(tmp_path: Path) -> None:
    text = repr(job(declared(tmp_path, PARENTS)))
    assert "swordfish" not in text
    assert "xyzzy" not in text
