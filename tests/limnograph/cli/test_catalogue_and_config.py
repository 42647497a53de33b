"""`limnograph monitors`, `metrics` and `config`."""

import json
from pathlib import Path

import pytest

import monitors
from checks import metrics as check_metrics
from limnograph import incident_metrics, self_metrics
from limnograph.cli.selection import selection
from limnograph.settings import TableSettings
from tests.limnograph.cli.conftest import Command

POSTS = TableSettings("main.bronze.posts", "/lake/posts", owner="ingest", tags=("bronze", "daily"))


def test_every_declared_metric_is_listed_without_configuration(
    tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = command("metrics", "--output", "json")
    listed = [metric["name"] for metric in json.loads(ended.out)["metrics"]]
    declared = [metric.name for monitor in monitors.ALL for metric in monitor.metrics]
    assert (ended.code, ended.err) == (0, "")
    others = (*check_metrics.ALL, *self_metrics.ALL, *incident_metrics.ALL)
    assert listed == [*declared, *(metric.name for metric in others)]
    for output in ("table", "markdown"):
        shown = command("metrics", "--output", output).out
        assert all(name in shown for name in listed)


def test_every_monitor_is_listed_without_configuration(command: Command) -> None:
    listed = json.loads(command("monitors", "--output", "json").out)["monitors"]
    assert [monitor["name"] for monitor in listed] == [monitor.name for monitor in monitors.ALL]
    shown = command("monitors").out
    for monitor in monitors.ALL:
        assert f"{monitor.name} " in shown
        assert monitor.summary in shown


def test_a_right_file_is_0_and_a_wrong_one_2_with_all_problems(
    folder: Path, command: Command
) -> None:
    assert command("config", "check", "limnograph.yaml").out == "limnograph.yaml: no problems\n"
    (folder / "wrong.yaml").write_text("tables:\n  - {name: a, uri: b, onwer: c}\nstroe: x\n")
    ended = command("config", "check", "wrong.yaml")
    assert (ended.code, ended.out) == (2, "")
    assert [line.split(": ")[0] for line in ended.err.splitlines()] == [
        "wrong.yaml:2:23",
        "wrong.yaml:3:1",
    ]
    assert command("config", "check", "-c", "wrong.yaml").err == ended.err


def test_the_file_as_it_was_understood(folder: Path, command: Command) -> None:
    config = (folder / "limnograph.yaml").read_text()
    (folder / "limnograph.yaml").write_text(
        config.replace("uri: lake/posts,", "uri: lake/posts, storage_options: {token: env:TOKEN},")
    )
    ended = command("config", "show")
    assert (ended.code, ended.err) == (0, "")
    assert "schedule: 15m" in ended.out
    assert "token: env:TOKEN" in ended.out
    assert str(folder / "lake" / "posts") in ended.out


def test_the_schema_is_json_with_the_stanzas_of_the_monitors(command: Command) -> None:
    schema = json.loads(command("config", "schema").out)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert {monitor.name for monitor in monitors.ALL} <= set(schema["$defs"])


@pytest.mark.parametrize(
    ("only", "exclude", "wanted"),
    [
        ([], [], True),
        (["main.*"], [], True),
        (["*.posts", "nothing"], [], True),
        (["posts"], [], False),
        (["Main.*"], [], False),
        (["main.bronze.pos[t]s"], [], True),
        (["tag:daily"], [], True),
        (["tag:hourly"], [], False),
        (["owner:in*"], [], True),
        (["owner:search"], [], False),
        (["table:main.*"], [], True),
        ([], ["tag:daily"], False),
        (["main.*"], ["owner:ingest"], False),
    ],
)
def test_selection(only: list[str], exclude: list[str], wanted: bool) -> None:
    assert selection(only, exclude)(POSTS) is wanted
