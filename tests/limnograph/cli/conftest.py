"""A folder with two real tables, one that is none, and a configuration of all three."""

import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pytest
import structlog
from deltalake import write_deltalake

from limnograph.cli import invoke

CONFIG = """\
store: sqlite:///limnograph.db
tables:
  - {name: main.bronze.posts, uri: lake/posts, owner: ingest, tags: [bronze]}
  - {name: main.gold.labels, uri: lake/labels, owner: search, tags: [gold]}
  - {name: main.dim.broken, uri: lake/broken, owner: search}
"""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command line ended."""

    code: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture(autouse=True)
def _quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the developer's shell or CI sets must not change what the tests see."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    for name in [name for name in os.environ if name.startswith("LIMNOGRAPH_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _restored_logs() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Command:
    """Run a command line in this process."""

    def run(*arguments: str) -> Ended:
        capsys.readouterr()
        code = invoke(arguments)
        captured = capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    return run


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with limnograph.yaml and the lake."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "lake").mkdir()
    for name, rows in (("posts", 3), ("labels", 5)):
        path = str(tmp_path / "lake" / name)
        write_deltalake(path, pa.table({"id": list(range(rows))}))
        write_deltalake(path, pa.table({"id": [100]}), mode="append")
    (tmp_path / "lake" / "broken").mkdir()
    (tmp_path / "limnograph.yaml").write_text(CONFIG)
    return tmp_path
