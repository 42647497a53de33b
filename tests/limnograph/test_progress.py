import os

import pytest

from limnograph.progress import CommitsBar, commits_bar, progress_bar


def test_nothing_is_shown_off_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar(2) as advance:
        advance()
        advance()
    assert capsys.readouterr() == ("", "")


def test_a_terminal_shows_how_many_tables_are_done(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = os.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr("sys.stderr", terminal)
        with progress_bar(3) as advance:
            advance()
            advance()
        terminal.flush()
        shown = ""
        while "2/3" not in shown:  # the last picture, drawn at the end of the block
            shown += os.read(ours, 65536).decode()
    os.close(ours)
    assert "reading tables" in shown


def test_the_commits_that_are_planned_and_done_add_up() -> None:
    moves: list[tuple[int, int]] = []
    bar = CommitsBar(lambda planned, done: moves.append((planned, done)))
    bar.planned(10)
    bar.done(4)
    bar.planned(5)
    assert moves == [(10, 0), (10, 4), (15, 4)]


def test_commits_are_shown_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with commits_bar() as bar:
        bar.planned(1)
    assert capsys.readouterr() == ("", "")
    ours, theirs = os.openpty()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    with os.fdopen(theirs, "w") as terminal:
        monkeypatch.setattr("sys.stderr", terminal)
        with commits_bar() as bar:
            bar.planned(3)
            bar.done(2)
        terminal.flush()
        shown = ""
        while "2/3" not in shown:
            shown += os.read(ours, 65536).decode()
    os.close(ours)
    assert "reading commits" in shown
