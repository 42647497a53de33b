"""The rules of Grafana's dashboard linter, over the dashboards that we ship, stricter on counters.

Its rules on Loki queries have nothing to look at, as is tested. A test names all offenders at once.
"""

import re
import subprocess
import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from exporters.grafana.sdk import units
from tests.exporters.grafana.boards import (
    BOARDS,
    METRIC,
    METRICS,
    SELECTOR,
    VARIABLE,
    Expression,
    annotations,
    expressions,
    panels,
    variables,
)
from tests.programs import promtool

UNITS = {typing.get_args(kind)[0] for kind in typing.get_type_hints(units).values()}
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
GIVEN = {"__rate_interval", "__url_time_range", "__field", "__data"}
ALL = [*expressions(), *annotations()]
SINGLE = re.compile(r'lakehouse_check_status\{[^}]*state="\w+"[^}]*\} \* \d')
RAW = r"(?:(?:increase|rate)\()?lakehouse_\w+\{"

each_board = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
Board = Mapping[str, Any]


def offenders(wrong: Callable[[str], object], of: Sequence[Expression] = ALL) -> list[str]:
    """The places of the expressions with which something is wrong."""
    return [expression.place for expression in of if wrong(expression.text)]


def parsed(folder: Path, *texts: str) -> "subprocess.CompletedProcess[bytes]":
    """What promtool says of expressions, with `$__rate_interval` as a duration."""
    rules = [
        {"record": f"x:x{number}:x", "expr": VARIABLE.sub(_spelled, text)}
        for number, text in enumerate(texts)
    ]
    file = folder / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "x", "rules": rules}]}))
    return promtool("check", "rules", file)


def _spelled(variable: re.Match[str]) -> str:
    return "5m" if variable[1] == "__rate_interval" else "x"


def test_every_expression_is_promql(tmp_path: Path) -> None:
    result = parsed(tmp_path, *(expression.text for expression in ALL))
    assert result.returncode == 0, result.stdout.decode()
    assert f"{len(ALL)} rules found" in result.stdout.decode()


@pytest.mark.parametrize("text", ["sum(", "max by (x (y)", "rate(x)", "a{b=c}"])
def test_an_expression_that_is_no_promql_is_found(text: str, tmp_path: Path) -> None:
    assert parsed(tmp_path, text).returncode != 0


@each_board
def test_a_dashboard_has_one_data_source_variable(board: Board) -> None:
    kinds = {name: each["type"] for name, each in variables(board).items()}
    assert [name for name, kind in kinds.items() if kind == "datasource"] == ["datasource"]
    datasource = variables(board)["datasource"]
    assert (datasource["label"], datasource["query"]) == ("Data source", "prometheus")


@pytest.mark.parametrize("name", ["job", "instance"])
@each_board
def test_job_and_instance_are_variables_of_many_values(board: Board, name: str) -> None:
    variable = variables(board)[name]
    assert variable["type"] == "query"
    assert variable["datasource"] == SOURCE
    assert variable["label"] == name.title()
    assert variable["multi"] is True
    assert variable["includeAll"] is True
    assert variable["allValue"] == ".+"


@each_board
def test_a_variable_asks_promql_anew_when_the_time_range_changes(
    board: Board, tmp_path: Path
) -> None:
    queries = [each for each in variables(board).values() if each["type"] == "query"]
    assert len(queries) >= 2
    selectors = []
    for variable in queries:
        found = re.fullmatch(r"label_values\((\w+(?:\{.*\})?), \w+\)", variable["query"])
        assert found
        assert set(METRIC.findall(found[1])) <= METRICS.keys()
        assert variable["refresh"] == 2
        selectors.append(found[1])
    assert parsed(tmp_path, *selectors).returncode == 0


@each_board
def test_a_dashboard_cannot_be_edited_where_it_is_provisioned(board: Board) -> None:
    assert board["editable"] is False


@each_board
def test_a_panel_reads_the_chosen_data_source_and_nothing_else(board: Board) -> None:
    for panel in panels(board):
        sources = [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
        assert sources == [SOURCE] * len(sources), panel["title"]


@each_board
def test_a_panel_has_a_title_a_description_and_something_to_show(board: Board) -> None:
    for panel in panels(board):
        assert panel["title"]
        assert panel["description"].endswith("."), panel["title"]
        refs = [target["refId"] for target in panel["targets"]]
        assert refs
        assert len(refs) == len(set(refs)), panel["title"]


@each_board
def test_a_panel_has_a_unit_that_grafana_knows(board: Board) -> None:
    for panel in panels(board):
        config = panel["fieldConfig"]
        properties = [p for each in config.get("overrides", ()) for p in each["properties"]]
        overridden = {each["value"] for each in properties if each["id"] == "unit"}
        assert {config["defaults"]["unit"]} | overridden <= UNITS, panel["title"]


def test_every_selector_is_of_the_chosen_services() -> None:
    def wrong(text: str) -> bool:
        selectors = SELECTOR.findall(text)
        ours = [s for s in selectors if s.startswith('job=~"$job", instance=~"$instance"')]
        return not ours or len(ours) != len(METRIC.findall(text))

    assert offenders(wrong) == []


def test_an_expression_names_metrics_and_labels_that_are_declared_and_shown_by_default() -> None:
    def wrong(text: str) -> bool:
        for name, matchers in re.findall(r"\b(lakehouse_\w+)\{([^}]*)\}", text):
            if name not in METRICS or METRICS[name].opt_in:
                return True
            known = {*METRICS[name].labels, "job", "instance"}
            if not set(re.findall(r"(\w+)(?:=~|!=|!~|=)", matchers)) <= known:
                return True
        return not set(METRIC.findall(text)) <= METRICS.keys()

    assert offenders(wrong) == []
    assert wrong('lakehouse_table_row{job=~"$job"}')
    assert wrong('lakehouse_table_rows{monitor="x"}')


def test_a_counter_is_read_by_its_growth_and_nothing_else_is() -> None:
    def wrong(text: str) -> bool:
        uses = re.findall(r"(\w+\(|\()?(lakehouse_\w+)\{", text)
        return any(
            (METRICS[name].kind == "counter") is not (before in {"rate(", "increase("})
            for before, name in uses
        )

    assert offenders(wrong) == []
    assert wrong("sum(lakehouse_table_row_changes_total{})")
    assert wrong("rate(lakehouse_table_rows{}[5m])")


def test_a_rate_is_over_the_interval_that_fits_the_scrapes() -> None:
    def wrong(text: str) -> bool:
        windows = re.findall(r"\bi?rate\([^[]*\[([^]]*)\]", text)
        return any(window != "$__rate_interval" for window in windows)

    assert offenders(wrong) == []
    assert wrong("rate(x{}[5m])")


def test_a_replica_never_counts_twice() -> None:
    # A selector stands directly in `max` or `min`, or gives one number of each check's states.
    def wrong(text: str) -> bool:
        greatest = re.findall(rf"\b(?:max|min)(?: by \([^)]*\))? ?\({RAW}", text)
        return len(greatest) + len(SINGLE.findall(text)) < len(METRIC.findall(text))

    assert offenders(wrong) == []
    assert wrong("sum by (job) (lakehouse_table_rows{})")


def test_nothing_falls_back_to_zero_where_nothing_is_known() -> None:
    assert offenders(lambda text: re.search(r"\b(vector|absent)\w*\(", text)) == []


@each_board
def test_an_expression_uses_variables_that_its_dashboard_has(board: Board) -> None:
    known = variables(board).keys() | GIVEN
    used = {a or b for a, b in VARIABLE.findall(str(board["panels"]) + str(board["annotations"]))}
    assert {"datasource", "job", "instance"} <= used <= known
    assert variables(board).keys() <= used


def test_there_is_no_query_to_loki() -> None:
    assert "loki" not in str(BOARDS).lower()
