"""Our numbers against Spark's on tables that random scripts write; LIMNOGRAPH_TEST_SEED repeats."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from limnograph.inspection import inspect_table
from tests.needs import need

pytestmark = pytest.mark.proof

ROOT = Path(__file__).resolve().parents[2]
SEED = int(os.environ.get("LIMNOGRAPH_TEST_SEED", "1"))
TABLES = int(os.environ.get("LIMNOGRAPH_TEST_TABLES_PER_SEED", "8"))


def test_every_commit_of_random_scripts_is_counted_as_spark_counts_it(tmp_path: Path) -> None:
    need("Java", shutil.which("java"), "install a JRE of version 17")
    need("Spark with Delta", find_spec("pyspark") and find_spec("delta"), "run `make spark`")
    folder = tmp_path / "tables"
    command = [sys.executable, "-m", "tests.spark.random_script"]
    done = subprocess.run(
        [*command, str(folder), str(SEED), str(TABLES)], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-5000:]
    for name, truth in json.loads((folder / "truth.json").read_text()).items():
        found = asyncio.run(inspect_table(str(folder / name), by="commit"))
        counted = [[c["inserted"], c["updated"], c["deleted"]] for c in found["commits"]]
        story = f"seed {SEED}, {name}: {truth['script']}"
        assert counted == truth["counts"], story
        assert found["rows"] == truth["rows"], story
        assert all(commit["exact"] for commit in found["commits"]), story
