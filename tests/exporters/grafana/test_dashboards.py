"""The dashboards: what is committed is what the code builds, and it leads where it says."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from checks.core import Status
from exporters.grafana import promql, states
from exporters.grafana.writing import documents, write
from limnograph.paths import CONFIG, DASHBOARDS
from tests.exporters.grafana.boards import BOARDS, FOLDER, expressions, panels, variables
from tests.house import ROOT, sources

each_board = pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)


def test_the_committed_files_are_those_of_the_code() -> None:
    committed = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.iterdir()}
    assert committed == documents(), "run `python -m exporters.grafana`"


def test_writing_twice_gives_the_same_and_removes_what_is_none_any_more(tmp_path: Path) -> None:
    (tmp_path / "gone.json").write_text("{}")
    (tmp_path / "notes.txt").write_text("mine")
    first = {file: file.read_text() for file in write(tmp_path)}
    assert {file: file.read_text() for file in write(tmp_path)} == first
    assert {file.name for file in tmp_path.iterdir()} == {*documents(), "notes.txt"}


def test_keys_are_sorted() -> None:
    for text in documents().values():
        assert text == json.dumps(json.loads(text), sort_keys=True, indent=2) + "\n"


def test_there_are_two_dashboards_with_twenty_expressions_and_more() -> None:
    assert {uid: board["title"] for uid, board in BOARDS.items()} == {
        "lakehouse-overview": "Lakehouse overview",
        "lakehouse-table": "Lakehouse table",
    }
    assert len({expression.text for expression in expressions()}) >= 20


@each_board
def test_a_dashboard_is_known_by_its_uid_and_its_tag(board: dict[str, Any]) -> None:
    assert BOARDS[board["uid"]] is board
    assert "id" not in board
    assert board["tags"] == ["lakehouse"]
    assert board["links"][0]["tags"] == ["lakehouse"]


@each_board
def test_a_title_is_that_of_one_panel(board: dict[str, Any]) -> None:
    titles = [panel["title"] for panel in panels(board)]
    assert len(titles) == len(set(titles))


@each_board
def test_a_panel_has_a_number_and_a_place_of_its_own(board: dict[str, Any]) -> None:
    numbers = [panel["id"] for panel in board["panels"]]
    assert numbers == list(range(1, len(numbers) + 1))
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {(at["x"] + i, at["y"] + j) for i in range(at["w"]) for j in range(at["h"])}
        assert not cells & taken
        taken |= cells


def test_a_link_leads_to_the_table_with_its_labels() -> None:
    text = json.dumps(BOARDS["lakehouse-overview"])
    links = [urlsplit(link) for link in re.findall(r'"url": "([^"]+)"', text)]
    assert len(links) >= 5
    uid = {link.path for link in links}
    assert uid == {"/d/lakehouse-table"}
    handed_over = set(re.findall(r"var-(\w+)=", " ".join(link.query for link in links)))
    assert handed_over == {"catalog", "schema", "table"}
    assert handed_over < variables(BOARDS["lakehouse-table"]).keys()


def test_a_column_that_has_a_unit_or_a_colour_is_there() -> None:
    tables = [p for board in BOARDS.values() for p in panels(board) if p["type"] == "table"]
    assert len(tables) >= 4
    for panel in tables:
        organized = panel["transformations"][-1]["options"]
        columns = {*organized["renameByName"].values(), "table"}
        overridden = {each["matcher"]["options"] for each in panel["fieldConfig"]["overrides"]}
        assert overridden <= columns
        fields = len(organized["renameByName"]) + len(organized["excludeByName"]) - 2
        assert fields == len(panel["targets"])


def test_every_state_of_a_check_has_a_number_and_a_colour_and_only_a_pass_is_green() -> None:
    assert set(promql.CHECK_STATES) == set(Status)
    assert [state for state, colour in states.OF_CHECK.items() if colour == states.GREEN] == [
        "pass"
    ]
    assert len(set(states.OF_CHECK.values())) == len(states.OF_CHECK)


def test_a_timeline_names_each_state_that_its_numbers_have() -> None:
    timelines = [
        p for board in BOARDS.values() for p in panels(board) if p["type"] == "state-timeline"
    ]
    assert len(timelines) >= 4
    for panel in timelines:
        (mapping,) = panel["fieldConfig"]["defaults"]["mappings"]
        assert {"0", "1"} <= mapping["options"].keys()
        assert all(each["color"] and each["text"] for each in mapping["options"].values())


def test_the_bands_are_drawn_between_the_bounds() -> None:
    (band,) = [p for p in panels(BOARDS["lakehouse-table"]) if p.get("repeat") == "check"]
    named = {target["legendFormat"]: target["expr"] for target in band["targets"]}
    assert "lakehouse_check_observed_value{" in named["observed"]
    assert "lakehouse_check_lower_bound{" in named["lower bound"]
    assert "lakehouse_check_upper_bound{" in named["upper bound"]
    filled = {
        override["matcher"]["options"]: each["value"]
        for override in band["fieldConfig"]["overrides"]
        for each in override["properties"]
        if each["id"] == "custom.fillBelowTo"
    }
    assert filled == {"upper bound": "lower bound"}


def test_grafana_is_provisioned_with_the_folder_of_the_dashboards() -> None:
    (source,) = yaml.safe_load((CONFIG / "grafana" / "datasource.yaml").read_text())["datasources"]
    assert source["type"] == "prometheus"
    (provider,) = yaml.safe_load((CONFIG / "grafana" / "dashboards.yaml").read_text())["providers"]
    assert provider["type"] == "file"
    assert provider["options"]["path"].endswith("dashboards/grafana")
    assert provider["allowUiUpdates"] is False
    assert (DASHBOARDS / "grafana").is_dir()


@pytest.mark.slow
def test_the_service_does_not_need_the_package_of_the_dashboards() -> None:
    code = "import sys, limnograph.cli; sys.exit(any('grafana' in name for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_nothing_but_the_package_itself_imports_it() -> None:
    for file in sources("limnograph", "exporters", "checks", "monitors"):
        if "grafana" not in file.parts:
            assert "exporters.grafana" not in (ROOT / file).read_text(encoding="utf-8"), file
