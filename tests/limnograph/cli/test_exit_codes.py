"""How the program ends, as a shell sees it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from limnograph.cli import invoke
from limnograph.cli.app import app
from limnograph.cli.exit import Exit, code_of
from monitors.errors import (
    ConfigError,
    LimnographError,
    SecretError,
    StoreError,
    UnreadableError,
)
from tests.limnograph.cli.conftest import Command

PROGRAM = (sys.executable, "-P", "-m", "limnograph")


def ended(*arguments: str, cwd: Path, **environ: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [*PROGRAM, *arguments],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, **environ},
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("report", "--nonsense"),
        ("report", "--output", "xml"),
        ("report", "--output-file", "xml=x"),
        ("report", "--output-file", "json"),
        ("report", "--since", "yesterday"),
        ("inspect",),
        ("inspect", "x", "--last", "0"),
        ("inspect", "x", "--by", "week"),
        ("inspect", "x", "--storage-option", "key"),
        ("demo",),
        ("demo", "--dir", "x", "--now", "noon"),
    ],
    ids=" ".join,
)
def test_usage_errors_are_2_and_on_stderr(arguments: tuple[str, ...], command: Command) -> None:
    shown = command(*arguments)
    assert (shown.code, shown.out) == (2, "")
    assert "Error: " in shown.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigError("x"), Exit.USAGE),
        (SecretError("x"), Exit.USAGE),
        (UnreadableError("x"), Exit.UNREADABLE),
        (StoreError("x"), Exit.UNREADABLE),
        (LimnographError("x"), Exit.UNREADABLE),
        (ValueError("x"), Exit.INTERNAL),
    ],
)
def test_every_error_has_its_code(error: Exception, code: Exit) -> None:
    assert code_of(error) is code


@pytest.mark.wide
def test_a_missing_configuration_is_2(tmp_path: Path) -> None:
    code, out, err = ended("report", "-c", "none.yaml", cwd=tmp_path)
    assert (code, out) == (2, "")
    assert err.startswith("none.yaml: does not exist")


def test_a_store_that_cannot_be_opened_is_4(folder: Path, command: Command) -> None:
    config = (folder / "limnograph.yaml").read_text()
    (folder / "limnograph.yaml").write_text(config.replace("limnograph.db", "no/such/folder/x.db"))
    shown = command("report")
    assert (shown.code, shown.out) == (4, "")
    assert shown.err.startswith("limnograph: ")


@pytest.mark.wide
def test_a_table_that_cannot_be_read_is_4_in_a_real_process(tmp_path: Path) -> None:
    code, out, _ = ended("inspect", "nothing-here", "--output", "json", cwd=tmp_path)
    assert code == 4
    assert out.startswith('{\n  "schema_version": 1,\n  "uri": "nothing-here",\n')


def _with_a_defect(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run a command that fails in a way that nobody thought of."""

    @app.command("defect", hidden=True)
    def defect() -> None:
        raise ZeroDivisionError("nobody thought of this")

    try:
        code = invoke([*arguments, "defect"])
    finally:
        app.registered_commands.pop()
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_defect_is_70_in_one_line_and_says_how_to_see_more(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _with_a_defect(capsys) == (
        70,
        "",
        "limnograph: internal error: ZeroDivisionError: nobody thought of this\n"
        "this is a bug in limnograph; --debug or LIMNOGRAPH_DEBUG=1 shows the traceback\n",
    )


def test_debug_shows_the_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Traceback (most recent call last)" in _with_a_defect(capsys, "--debug")[2]
    assert "Traceback" not in _with_a_defect(capsys)[2]
    monkeypatch.setenv("LIMNOGRAPH_DEBUG", "1")
    assert "Traceback (most recent call last)" in _with_a_defect(capsys)[2]


@pytest.mark.slow
def test_ctrl_c_is_130(folder: Path) -> None:
    # A pipe as the store's secret blocks the program until it is interrupted.
    os.mkfifo(folder / "secret")
    config = (folder / "limnograph.yaml").read_text()
    (folder / "limnograph.yaml").write_text(
        config.replace("sqlite:///limnograph.db", "{url: 'file:secret'}")
    )
    program = subprocess.Popen(
        [*PROGRAM, "report"],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that starts the tests in the background has them ignore the signal.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    # Opening to write returns when the program has opened the pipe to read.
    with program as process, (folder / "secret").open("w"):
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err


@pytest.mark.wide
def test_a_reader_that_goes_away_is_no_failure(tmp_path: Path) -> None:
    program = f"{sys.executable} -P -m limnograph metrics --output json"
    pipeline = f"{program} | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", pipeline], capture_output=True, text=True, cwd=tmp_path, check=True
    )
    assert done.stdout == "{\n0\n"
    assert done.stderr == ""
