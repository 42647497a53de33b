"""Statements of checks mean the same on Spark and on the embedded lake, over the same rows."""

import json
import math
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from monitors.errors import UnreadableError
from monitors.lakes.rows.engine import Engine
from monitors.lakes.rows.sql import check_statement, translated
from tests.needs import need
from tests.spark.row_plain import plain
from tests.spark.row_statements import (
    FAILING,
    RELATIONS,
    STRICTER,
    of_expectations,
    statements,
)
from tests.spark.test_counts import ROOT

pytestmark = pytest.mark.spark


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Spark says; it may lie in the file that LIMNOGRAPH_SPARK_SQL names."""
    before = os.environ.get("LIMNOGRAPH_SPARK_SQL")
    if before:
        return dict(json.loads(Path(before).read_text()))
    java = shutil.which("java") or os.environ.get("JAVA_HOME")
    need("Java", java, "install a JRE of version 17")
    need("Spark", find_spec("pyspark"), "run `make spark`")
    out = tmp_path_factory.mktemp("spark") / "answers.json"
    command = [sys.executable, "-m", "tests.spark.check_sql", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-5000:]
    return dict(json.loads(out.read_text()))


@pytest.fixture(scope="module")
def embedded() -> Iterator[Engine]:
    engine = Engine()
    for name, rows in RELATIONS.items():
        engine.create(name, rows().schema)
        for batch in rows().to_batches():
            engine.insert(name, batch)
    yield engine
    engine.close()


@pytest.mark.parametrize("sql", statements())
def test_both_lakes_give_the_same_rows(sql: str, spark: dict[str, Any], embedded: Engine) -> None:
    _agree(sql, spark, embedded)


def test_the_aggregates_of_expectations_are_the_same(
    spark: dict[str, Any], embedded: Engine
) -> None:
    asked = of_expectations()
    assert len(asked) > 50
    for sql in asked:
        _agree(sql, spark, embedded)


def _agree(sql: str, spark: dict[str, Any], embedded: Engine) -> None:
    assert check_statement(sql) == []
    assert spark["empty"][sql], "Spark does not analyse it over empty views"
    ours = embedded.query(translated(sql)).to_pylist()
    assert spark["rows"][sql] is not None, "Spark refuses it"
    assert _same([[plain(v) for v in row.values()] for row in ours], spark["rows"][sql]), sql


@pytest.mark.parametrize("sql", FAILING)
def test_what_fails_on_spark_fails_on_the_embedded_lake(
    sql: str, spark: dict[str, Any], embedded: Engine
) -> None:
    assert spark["rows"][sql] is None
    with pytest.raises(UnreadableError):
        embedded.query(translated(sql))


@pytest.mark.parametrize("sql", STRICTER)
def test_what_would_differ_is_refused(sql: str, spark: dict[str, Any], embedded: Engine) -> None:
    assert spark["rows"][sql] is not None
    with pytest.raises(UnreadableError):
        embedded.query(translated(sql))


class _same:
    """Rows that are equal but for the last digits of floating-point numbers."""

    def __init__(self, rows: list[list[Any]], others: list[list[Any]]) -> None:
        self.rows, self.others = rows, others

    def __bool__(self) -> bool:
        if [len(row) for row in self.rows] != [len(row) for row in self.others]:
            return False
        pairs = zip(self.rows, self.others, strict=True)
        return all(_alike(a, b) for one, two in pairs for a, b in zip(one, two, strict=True))

    def __repr__(self) -> str:
        return f"embedded {self.rows}\nspark    {self.others}"


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9) or (math.isnan(one) and math.isnan(other))
    return bool(one == other)
