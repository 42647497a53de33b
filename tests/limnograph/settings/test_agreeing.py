"""Checks agree with what is declared beside them: metrics that exist, tables that are watched."""

from pathlib import Path

import pytest

from limnograph.settings import check, load

PARENTS = "{type: references, columns: [author], table: main.dim.authors, to: [id]}"
ROWS = "{type: threshold, metric: lakehouse_table_rows, comparison: below, fail: 1}"


def problems(folder: Path, text: str) -> list[str]:
    file = folder / "c.yaml"
    file.write_text(text)
    return [str(problem).removeprefix(f"{file}:") for problem in check(file)]


def of_posts(check: str, more: str = "") -> str:
    return f"tables:\n- name: main.bronze.posts\n  uri: ./posts\n  checks: [{check}]\n{more}"


@pytest.mark.parametrize("metric", ["lakehouse_table_rows", "lakehouse_check_observed_value"])
def test_a_metric_of_a_monitor_or_of_checks_is_known(tmp_path: Path, metric: str) -> None:
    assert problems(tmp_path, of_posts(ROWS.replace("lakehouse_table_rows", metric))) == []


def test_a_metric_that_does_not_exist_names_the_closest_at_the_place_of_its_check(
    tmp_path: Path,
) -> None:
    assert problems(tmp_path, of_posts(ROWS.replace("table_rows", "table_row"))) == [
        "4:12: tables[0].checks[0].metric: 'lakehouse_table_row' is no metric; "
        "did you mean 'lakehouse_table_rows'?"
    ]


def test_a_metric_that_is_like_no_other_says_where_to_look(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, of_posts(ROWS.replace("lakehouse_table_rows", "x")))
    assert found.endswith("'x' is no metric; `limnograph metrics` lists them")


def test_a_check_refers_to_a_table_that_is_declared_before_or_after(tmp_path: Path) -> None:
    authors = "- {name: main.dim.authors, uri: ./authors}\n"
    assert problems(tmp_path, of_posts(PARENTS, authors)) == []


def test_a_check_may_refer_to_its_own_table(tmp_path: Path) -> None:
    assert problems(tmp_path, of_posts(PARENTS.replace("dim.authors", "bronze.posts"))) == []


def test_a_table_that_is_not_declared_names_the_closest(tmp_path: Path) -> None:
    authors = "- {name: main.dim.author, uri: ./authors}\n"
    (found,) = problems(tmp_path, of_posts(PARENTS, authors))
    assert found.startswith("4:12: tables[0].checks[0].table: ")
    assert found.endswith("there is no table 'main.dim.authors'; did you mean 'main.dim.author'?")


def test_what_a_glob_will_find_is_not_known_yet(tmp_path: Path) -> None:
    assert problems(tmp_path, of_posts(PARENTS, "- {glob: ./dim/*}\n")) == []


def test_a_check_of_the_defaults_is_told_once_however_many_tables_have_it(tmp_path: Path) -> None:
    text = (
        f"defaults: {{checks: [{ROWS.replace('table_rows', 'table_row')}]}}\n"
        "tables:\n- {name: a, uri: ./a}\n- {name: b, uri: ./b}\n- {glob: ./dim/*}\n"
    )
    (found,) = problems(tmp_path, text)
    assert found.startswith("1:21: defaults.checks[0].metric: 'lakehouse_table_row' is no metric")


def test_a_check_of_the_defaults_that_no_table_keeps_is_not_held_against_anything(
    tmp_path: Path,
) -> None:
    text = (
        f"defaults: {{checks: [{{id: few, {ROWS[1:]}]}}\n"
        "tables:\n- {name: a, uri: ./a, checks: [{id: few, type: off}]}\n"
    )
    wrong = text.replace("table_rows", "table_row")
    assert problems(tmp_path, text) == []
    assert problems(tmp_path, wrong) == []
    assert load(tmp_path / "c.yaml").tables[0].checks == ()


def test_the_checks_of_a_glob_are_held_against_metrics(tmp_path: Path) -> None:
    wrong = ROWS.replace("table_rows", "table_row")
    (found,) = problems(tmp_path, f"tables:\n- {{glob: ./dim/*, checks: [{wrong}]}}\n")
    assert "tables[0].checks[0].metric: 'lakehouse_table_row' is no metric" in found


def test_several_disagreements_are_all_told(tmp_path: Path) -> None:
    found = problems(tmp_path, of_posts(f"{ROWS.replace('rows', 'row')}, {PARENTS}"))
    assert [one.split(": ")[1] for one in found] == [
        "tables[0].checks[0].metric",
        "tables[0].checks[1].table",
    ]
