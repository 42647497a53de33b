"""Monitors with other configurations than those we ship."""

from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, model_validator

import monitors
from limnograph.settings import check, json_schema, known_kinds, known_monitors, load, show
from monitors import ingestion
from monitors.core import Cursor, Monitor, Reading
from monitors.errors import ConfigError


class Window(BaseModel):
    model_config = ConfigDict(extra="forbid")
    days: int = Field(7, ge=1)


class Config(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    column: str
    method: Literal["psi", "ks"] = "psi"
    windows: list[Window] = []
    api_token: str = ""

    @model_validator(mode="after")
    def _no_id(self) -> "Config":
        if self.column == "id" and self.method == "psi":
            raise ValueError("an id has no distribution; choose another column")
        return self


async def read(*_: object) -> Reading:
    return Reading(cursor=Cursor("0"))


DRIFT = Monitor("drift", "How a column drifts.", "table", Config, (), read)
JOBS = Monitor("jobs", "Runs of jobs.", "source", ingestion.Config, (), read)
KNOWN = {"ingestion": ingestion.MONITOR, "drift": DRIFT, "jobs": JOBS}


def problems(folder: Path, text: str) -> list[str]:
    file = folder / "c.yaml"
    file.write_text(text)
    return [str(problem).removeprefix(f"{file}:") for problem in check(file, KNOWN)]


def test_a_monitor_that_needs_a_field_is_off_until_it_has_one(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(
        "tables:\n  - {name: a, uri: ./a}\n"
        "  - {name: b, uri: ./b, monitors: {drift: {column: score}}}\n"
    )
    plain, drifting = load(file, KNOWN).tables
    assert list(plain.monitors) == ["ingestion"]
    assert drifting.monitors["drift"] == Config(column="score")


def test_a_required_field_may_come_from_the_table(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(
        "defaults: {monitors: {drift: {method: ks}}}\n"
        "tables: [{name: a, uri: ./a, monitors: {drift: {column: score}}}]\n"
    )
    (table,) = load(file, KNOWN).tables
    assert table.monitors["drift"] == Config(column="score", method="ks")


def test_what_is_missing_is_told_at_the_stanza_that_switched_the_monitor_on(tmp_path: Path) -> None:
    assert problems(tmp_path, "tables: [{name: a, uri: ./a, monitors: {drift: true}}]\n") == [
        "1:41: tables[0].monitors.drift.column: is missing; add it"
    ]
    assert problems(
        tmp_path,
        "defaults: {monitors: {drift: {method: ks}}}\n"
        "tables: [{name: a, uri: ./a}, {name: b, uri: ./b}]\n",
    ) == ["1:23: defaults.monitors.drift.column: is missing; add it"]


def test_mistakes_deep_in_a_stanza_have_their_place_and_the_fields_of_that_place(
    tmp_path: Path,
) -> None:
    assert problems(
        tmp_path,
        "tables:\n  - name: a\n    uri: ./a\n    monitors:\n      drift:\n        column: score\n"
        "        method: psy\n        windows:\n          - days: 0\n          - day: 3\n",
    ) == [
        "7:9: tables[0].monitors.drift.method: expected 'psi' or 'ks', got 'psy'",
        "9:13: tables[0].monitors.drift.windows[0].days: must be at least 1, got the number 0",
        "10:13: tables[0].monitors.drift.windows[1].day: unknown field; did you mean 'days'?",
    ]


def test_what_a_monitor_says_of_its_own_fields_is_passed_on(tmp_path: Path) -> None:
    assert problems(
        tmp_path, "tables: [{name: a, uri: ./a, monitors: {drift: {column: id}}}]\n"
    ) == ["1:41: tables[0].monitors.drift: an id has no distribution; choose another column"]


def test_a_mistake_in_the_defaults_is_told_without_any_table(tmp_path: Path) -> None:
    assert problems(tmp_path, "defaults: {monitors: {drift: {method: psy}}}\ntables: []\n") == [
        "1:31: defaults.monitors.drift.method: expected 'psi' or 'ks', got 'psy'"
    ]


def test_a_monitor_of_a_source_has_no_stanza_in_a_table(tmp_path: Path) -> None:
    assert problems(tmp_path, "tables: [{name: a, uri: ./a, monitors: {jobs: {}}}]\n") == [
        "1:41: tables[0].monitors.jobs: unknown monitor; known here: ingestion, drift"
    ]


def test_a_monitors_secret_looking_field_is_never_shown(tmp_path: Path) -> None:
    stanza = "monitors: {drift: {column: score, api_token: hunter2}}"
    file = tmp_path / "c.yaml"
    file.write_text(f"tables: [{{name: a, uri: ./a, {stanza}}}]\n")
    shown = show(load(file, KNOWN))
    assert "api_token: '********'" in shown
    assert "hunter2" not in shown
    wrong = stanza.replace("hunter2", "[hunter2]")
    assert problems(tmp_path, f"tables: [{{name: a, uri: ./a, {wrong}}}]\n") == [
        "1:64: tables[0].monitors.drift.api_token: expected text, got a list"
    ]


def test_the_known_monitors_are_ours_and_those_of_plugins() -> None:
    plugin = EntryPoint("acme", "monitors.ingestion:MONITOR", "limnograph.monitors")
    with pytest.raises(ConfigError, match="plug-in acme: there is already a monitor named ingest"):
        known_monitors([plugin])
    assert list(known_monitors([])) == [monitor.name for monitor in monitors.ALL]


def test_a_plugin_adds_its_monitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "limnograph_acme.py").write_text(
        "import dataclasses\nfrom monitors.ingestion import MONITOR\n"
        "ACME = dataclasses.replace(MONITOR, name='acme')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    known = known_monitors([EntryPoint("acme", "limnograph_acme:ACME", "limnograph.monitors")])
    assert list(known) == [*(monitor.name for monitor in monitors.ALL), "acme"]


def test_the_schema_holds_the_stanzas_of_tables() -> None:
    schema = json_schema(KNOWN)
    stanzas = schema["$defs"]["Table"]["properties"]["monitors"]["anyOf"][0]["properties"]
    assert list(stanzas) == ["ingestion", "drift"]
    assert stanzas["drift"]["anyOf"][0] == {"$ref": "#/$defs/drift"}
    drift = schema["$defs"]["drift"]
    assert (drift["title"], drift["description"]) == ("drift", "How a column drifts.")
    assert "required" not in drift
    assert drift["properties"]["windows"]["anyOf"][0]["items"] == {"$ref": "#/$defs/drift.Window"}
    assert schema["$defs"]["drift.Window"]["properties"]["days"]["minimum"] == 1


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("no_such_module:MONITOR", "cannot be loaded: ModuleNotFoundError"),
        ("monitors.ingestion:METRICS", "is a tuple, no Monitor"),
    ],
)
def test_a_broken_plugin_is_named(value: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        known_monitors([EntryPoint("acme", value, "limnograph.monitors")])


def test_a_kind_of_checks_of_a_plugin_has_a_judge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "limnograph_acme_kinds.py").write_text(
        "import dataclasses\nfrom checks.threshold import KIND\n"
        "JUDGES = dataclasses.replace(KIND, name='judges')\n"
        "SILENT = dataclasses.replace(KIND, name='silent', judge=None)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)

    def plugin(name: str) -> EntryPoint:
        return EntryPoint("acme", f"limnograph_acme_kinds:{name}", "limnograph.checks")

    assert list(known_kinds([plugin("JUDGES")]))[-1] == "judges"
    with pytest.raises(ConfigError, match="the kind of checks silent has no judge"):
        known_kinds([plugin("SILENT")])
