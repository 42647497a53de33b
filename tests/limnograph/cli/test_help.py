"""Every command and option explains itself; help loads nothing heavy."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from limnograph.cli.app import app
from tests.limnograph.cli.conftest import Command

HEAVY = (
    *("apscheduler", "deltalake", "duckdb", "fastapi", "numpy", "obstore", "pandas", "pyarrow"),
    *("rich", "ruamel", "sqlalchemy", "structlog", "uvicorn"),
)
ACTIONS = {"--help", "--version", "--install-completion", "--show-completion"}

Entry = tuple[tuple[str, ...], Any]


def walk(command: Any, path: tuple[str, ...] = ()) -> Iterator[Entry]:
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from walk(child, (*path, name))


ALL: list[Entry] = list(walk(typer.main.get_command(app)))
NAMES = [path for path, _ in ALL]


def test_these_are_the_commands() -> None:
    assert {" ".join(path) for path in NAMES} == {
        *("", "init", "add", "inspect", "run", "serve", "report", "replay", "schema"),
        *("monitors", "metrics", "demo"),
        *("config", "config check", "config show", "config schema"),
        *("backtest", "suggest"),
        *("check", "check run", "check list", "check explain", "check expect"),
        *("incidents", "incidents list", "incidents show", "incidents ack", "incidents unack"),
        *("incidents snooze", "incidents unsnooze"),
        *("alerts", "alerts list", "alerts test", "alerts routes", "alerts outbox"),
        *("store", "store info", "store prune", "store migrate", "store backup"),
    }


@pytest.mark.parametrize(("path", "entry"), ALL, ids=map("-".join, NAMES))
def test_every_command_shows_its_options_and_examples(
    path: tuple[str, ...], entry: Any, command: Command
) -> None:
    ended = command(*path, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert "Example" in ended.out
    assert "\b" not in ended.out
    assert entry.help
    for parameter in entry.params:
        assert parameter.help, parameter.name
        for option in parameter.opts:
            assert option.startswith("-") is False or option in ended.out


@pytest.mark.parametrize(("path", "entry"), ALL, ids=map("-".join, NAMES))
def test_every_option_has_an_environment_variable(
    path: tuple[str, ...], entry: Any, command: Command
) -> None:
    shown = " ".join(command(*path, "--help").out.split())
    for parameter in entry.params:
        if parameter.param_type_name == "option" and not ACTIONS & set(parameter.opts):
            name = max(parameter.opts, key=len).lstrip("-").replace("-", "_")
            own = "_".join(("LIMNOGRAPH", *path, name)).upper()
            shared = f"LIMNOGRAPH_{name}".upper()
            assert f"env var: {own}" in shown or f"env var: {shared}" in shown, parameter.name


def test_every_command_has_debug_and_no_color() -> None:
    for path, entry in ALL:
        if not getattr(entry, "commands", {}):
            options = {option for parameter in entry.params for option in parameter.opts}
            assert {"--debug", "--no-color"} <= options, path


def test_without_arguments_the_help_is_shown(command: Command) -> None:
    ended = command()
    assert ended.code == 2
    assert "Commands:" in ended.out + ended.err


def test_the_version(command: Command) -> None:
    ended = command("--version")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("limnograph ")


@pytest.mark.parametrize("arguments", [["--help"], ["inspect", "--help"], ["report", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = (
        "import json, sys\n"
        "from limnograph.cli import invoke\n"
        f"assert invoke({arguments!r}) == 0\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in json.loads(done.stderr)}
    assert not loaded & set(HEAVY)
    # Typer converts the options of a command by pydantic.
    assert "pydantic" not in loaded or arguments != ["--help"]


def test_completion_suggests_the_commands(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_LIMNOGRAPH_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "limnograph re")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert sorted(command().out.split()) == ["replay", "report"]
