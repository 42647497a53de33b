"""`init` and `add` on a terminal: what they ask, and what becomes of the answers."""

import contextlib
import os
import pty
import re
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from limnograph import settings
from tests.limnograph.cli.conftest import Command
from tests.limnograph.cli.written_history import hourly

PROGRAM = (sys.executable, "-P", "-m", "limnograph")
Answer = Callable[[str], None]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Answer]:
    """A terminal as stdin, and what a person types into it."""
    master, slave = pty.openpty()
    with os.fdopen(slave) as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        yield lambda text: void(os.write(master, text.encode()))
    os.close(master)


def void(_: object) -> None:
    return None


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with two tables in ./lake."""
    monkeypatch.chdir(tmp_path)
    for name in ("bronze/posts", "gold/labels"):
        hourly(tmp_path / "lake" / name, 2)
    return tmp_path


def test_init_asks_for_what_flags_do_not_say(lake: Path, command: Command, answers: Answer) -> None:
    answers("lake\nsilver.*\nbronze.*, gold.*\nEurope/Berln\nEurope/Berlin\ningest\n")
    ended = command("init")
    assert ended.code == 0
    questions = re.findall(r"([A-Z][^\n:]*?)(?: \[[^]]*\])?: ", ended.err)
    assert [question.split(" (")[0] for question in questions if "Error" not in question] == [
        "Folder or bucket prefix of the tables",
        "Tables to monitor",
        "Tables to monitor",
        "Time zone of their days",
        "Time zone of their days",
        "Owner",
    ]
    assert "no table has such a name" in ended.err
    assert "did you mean 'Europe/Berlin'?" in ended.err
    assert ended.out.startswith("limnograph.yaml: 2 tables\n")
    tables = settings.roster(settings.load(Path("limnograph.yaml"))).tables
    assert [(t.name, t.owner, t.time_zone) for t in tables] == [
        ("bronze.posts", "ingest", "Europe/Berlin"),
        ("gold.labels", "ingest", "Europe/Berlin"),
    ]


def test_defaults_are_an_enter_away(lake: Path, command: Command, answers: Answer) -> None:
    answers("\n\nUTC\n\n")
    assert command("init", "-c", "x.yaml").code == 0
    assert [g.text for g in settings.load(Path("x.yaml")).globs] == [f"{lake}/*/*/*"]


def test_with_yes_nothing_is_asked(lake: Path, command: Command, answers: Answer) -> None:
    ended = command("init", "lake", "--yes")
    assert (ended.code, ended.err) == (0, f"{lake}/lake: 2 tables\n")
    added = command("add", "lake/gold/labels", "-y", "--dry-run")
    assert (added.code, "?" in added.err) == (0, False)


def test_add_asks_for_the_name_and_before_it_writes(
    lake: Path, command: Command, answers: Answer
) -> None:
    (lake / "limnograph.yaml").write_text("tables: []\n")
    answers("main.bronze.posts\ny\n")
    ended = command("add", "lake/bronze/posts")
    assert ended.code == 0
    assert "Name of the table [bronze.posts]: " in ended.err
    assert "+  - name: main.bronze.posts" in ended.err
    assert "Write this into limnograph.yaml? [Y/n]: " in ended.err
    assert ended.out.startswith("limnograph.yaml:1: main.bronze.posts\n")
    assert [t.name for t in settings.load(Path("limnograph.yaml")).tables] == ["main.bronze.posts"]


def test_a_no_changes_nothing(lake: Path, command: Command, answers: Answer) -> None:
    (lake / "limnograph.yaml").write_text("tables: []\n")
    answers("\nn\n")
    ended = command("add", "lake/bronze/posts")
    assert (ended.code, ended.out) == (0, "")
    assert ended.err.endswith("nothing was written\n")
    assert (lake / "limnograph.yaml").read_text() == "tables: []\n"


def test_the_end_of_input_is_130(lake: Path, command: Command, answers: Answer) -> None:
    answers("\x04")
    ended = command("init")
    assert (ended.code, ended.out, os.listdir(lake)) == (130, "", ["lake"])


def interrupted(program: "subprocess.Popen[bytes]") -> bytes:
    """What a program wrote before ctrl-c ended it."""
    for _ in range(30):
        # Between the question and the read for its answer, a signal waits for the answer.
        program.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return program.communicate(timeout=2)[0]
    program.kill()
    raise AssertionError("ctrl-c does not end it")


@pytest.mark.slow
def test_ctrl_c_at_a_question_leaves_the_file_whole(lake: Path) -> None:
    config = lake / "limnograph.yaml"
    config.write_text("tables: []\n")
    master, slave = pty.openpty()
    program = subprocess.Popen(
        [*PROGRAM, "add", "lake/bronze/posts", "--name", "posts"],
        stdin=slave,
        stdout=subprocess.PIPE,
        stderr=slave,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    os.close(slave)
    shown = b""
    while b"[Y/n]: " not in shown:
        assert select.select([master], [], [], 60)[0], shown
        shown += os.read(master, 4096)
    out = interrupted(program)
    os.close(master)
    assert (program.returncode, out) == (130, b"")
    assert config.read_text() == "tables: []\n"
    assert sorted(os.listdir(lake)) == ["lake", "limnograph.yaml"]
