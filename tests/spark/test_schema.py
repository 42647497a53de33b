"""What we say of Spark's ALTER TABLE, statement by statement, against what it was told to do."""

import asyncio
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from limnograph.definitions import Past, from_log
from monitors.delta.evolution.concealed import concealed
from tests.needs import need
from tests.spark.alterations import STATEMENTS
from tests.spark.test_counts import NOW, ROOT

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def altered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The altered table; it may lie among the tables that LIMNOGRAPH_SPARK_TABLES names."""
    before = Path(os.environ.get("LIMNOGRAPH_SPARK_TABLES", "")) / "altered"
    if before.is_absolute() and before.exists():
        return before
    java = shutil.which("java") or os.environ.get("JAVA_HOME")
    need("Java", java, "install a JRE of version 17")
    need("Spark with Delta", find_spec("pyspark") and find_spec("delta"), "run `make spark`")
    folder = tmp_path_factory.mktemp("spark")
    command = [sys.executable, "-m", "tests.spark.alterations", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-5000:]
    return folder / "altered"


@pytest.fixture(scope="module")
def past(altered: Path) -> Past:
    return asyncio.run(from_log(str(altered), {}, NOW))


def test_every_statement_is_told_in_our_words(past: Past) -> None:
    told = {
        entry.definition.version: tuple(change.message for change in entry.changes)
        for entry in past.entries
    }
    assert told == {version: messages for version, (_, messages) in enumerate(STATEMENTS)}


def test_every_change_names_its_operation(past: Past) -> None:
    assert all(entry.definition.operation for entry in past.entries)
    assert past.problems == ()


def test_no_secret_is_kept(past: Past) -> None:
    assert all(concealed(entry.definition) == entry.definition for entry in past.entries)
    assert "hunter2" not in repr(past)
