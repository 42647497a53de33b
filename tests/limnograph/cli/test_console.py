"""Colour as the user wants it, and no escapes at all where there is none."""

from io import StringIO

import pytest

from limnograph.cli.console import colour, preferences, rendered
from tests.limnograph.cli.conftest import Command


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("environ", "terminal", "coloured"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"TERM": "dumb"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, True, True),
        ({"FORCE_COLOR": ""}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
    ],
)
def test_precedence_of_colour(environ: dict[str, str], terminal: bool, coloured: bool) -> None:
    assert colour(Terminal() if terminal else StringIO(), environ) is coloured


def test_the_option_beats_the_environment() -> None:
    preferences.no_color = True
    try:
        assert colour(Terminal(), {"FORCE_COLOR": "1"}) is False
    finally:
        preferences.reset()


@pytest.mark.parametrize("where", ["before", "after"])
def test_the_option_may_stand_before_or_after_the_command(
    where: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b[" in command("metrics").out
    words = ("--no-color", "metrics") if where == "before" else ("metrics", "--no-color")
    assert "\x1b" not in command(*words).out


def test_no_color_leaves_no_escapes_not_even_bold(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in command("monitors").out


@pytest.mark.parametrize("output", ["json", "markdown"])
def test_json_and_markdown_never_have_colour(
    output: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in command("metrics", "--output", output).out


def test_lines_end_without_blanks(capsys: pytest.CaptureFixture[str]) -> None:
    assert rendered(lambda console: console.print("a   \nb")) == "a\nb\n"
