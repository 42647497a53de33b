import os

import pytest

from limnograph.progress import progress_bar


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
