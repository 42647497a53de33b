import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from limnograph import logs
from monitors.errors import UnreadableError
from monitors.secrets import Secret


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    root.handlers[:] = handlers
    root.setLevel(level)


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_line_is_one_json_object_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(as_json=True)
    with structlog.contextvars.bound_contextvars(run="run-1"):
        structlog.get_logger().warning("not read", table="a.b", reason="gone", mend="look")
    captured = capsys.readouterr()
    assert captured.out == ""
    (line,) = lines(captured.err)
    assert line.pop("timestamp")
    assert line == {
        "event": "not read",
        "level": "warning",
        "mend": "look",
        "reason": "gone",
        "run": "run-1",
        "table": "a.b",
    }


def test_a_line_for_a_person_has_no_colour_off_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure()
    structlog.get_logger().info("cycle ended", tables=3)
    text = capsys.readouterr().err
    assert "cycle ended" in text
    assert "tables=3" in text
    assert "\x1b" not in text


def test_lines_below_the_level_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(level="warning")
    structlog.get_logger().info("routine")
    logging.getLogger("some.library").info("routine")
    assert capsys.readouterr().err == ""


def test_lines_of_libraries_look_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(as_json=True)
    logging.getLogger("uvicorn.error").error("cannot bind port %d", 80)
    (line,) = lines(capsys.readouterr().err)
    assert line["event"] == "cannot bind port 80"
    assert line["level"] == "error"


def test_a_secret_is_masked_wherever_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("KEY", "hunter2/x")
    (tmp_path / "token").write_text("dapi123\n")
    logs.configure(
        as_json=True,
        secrets=[Secret("env:KEY"), Secret(f"file:{tmp_path / 'token'}"), Secret("env:NO_SUCH")],
    )
    structlog.get_logger().warning(
        "refused hunter2/x",
        where={"url": "https://lake?key=hunter2%2Fx", "tried": ["dapi123", 3]},
        error=UnreadableError("no access with dapi123"),
    )
    text = capsys.readouterr().err
    assert "hunter2" not in text
    assert "dapi123" not in text
    (line,) = lines(text)
    assert line["event"] == "refused ********"
    assert line["where"] == {"url": "https://lake?key=********", "tried": ["********", 3]}
    assert line["error"] == "no access with ********"


def test_the_password_inside_a_secret_url_is_masked_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORE", "postgresql+psycopg://me:p%40ss@db/limnograph")
    logs.configure(secrets=[Secret("env:STORE")])
    logging.getLogger("db").error("login failed: me p@ss (p%%40ss)")
    text = capsys.readouterr().err
    assert "p@ss" not in text
    assert "p%40ss" not in text


def test_a_secret_in_a_traceback_is_masked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", "hunter2")
    logs.configure(level="debug", secrets=[Secret("env:KEY")])
    try:
        raise ValueError("bad key hunter2"[:15])
    except ValueError as error:
        structlog.get_logger().warning("not read", exc_info=error)
    text = capsys.readouterr().err
    assert "Traceback" in text
    assert "bad key ********" in text


@pytest.mark.parametrize(("level", "shown"), [("info", False), ("debug", True)])
def test_a_warning_shows_its_traceback_only_in_debug(
    capsys: pytest.CaptureFixture[str], level: logs.Level, shown: bool
) -> None:
    logs.configure(level=level)
    structlog.get_logger().warning("not read", exc_info=ValueError("odd"))
    assert ("ValueError: odd" in capsys.readouterr().err) is shown
