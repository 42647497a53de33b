"""DuckDB holds little, leaves nothing behind, and lets a statement out nowhere."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from monitors.errors import UnreadableError
from monitors.lakes.rows.engine import PREFIX, Engine

HOLDS_A_FOLDER = """
import sys, time
from pathlib import Path
from monitors.lakes.rows.engine import Engine
engine = Engine(parent=Path(sys.argv[1]))
print(engine.folder, flush=True)
time.sleep(60)
"""


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = Engine(parent=tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize(
    "sql",
    [
        "select * from read_text('/etc/hostname')",
        "select * from read_csv('/etc/passwd')",
        "select * from glob('/*')",
        "copy (select 1) to '/tmp/limnograph-escaped'",
        "attach '/tmp/limnograph-escaped.db'",
        "install httpfs",
        "load httpfs",
        "set memory_limit = '10GB'",
        "set enable_external_access = true",
        "select * from 'https://localhost/x.parquet'",
    ],
)
def test_no_statement_gets_out(sql: str, engine: Engine) -> None:
    with pytest.raises(UnreadableError):
        engine.query(sql)


def test_no_variable_of_the_program_is_a_table(engine: Engine) -> None:
    secret = pa.table({"value": ["hidden"]})
    with pytest.raises(UnreadableError, match="does not exist"):
        engine.query("select * from secret")
    assert secret.num_rows == 1


def test_an_error_quotes_no_value_of_a_row(engine: Engine) -> None:
    rows = pa.record_batch({"mail": ["ann@example.org"]})
    engine.create("t", rows.schema)
    engine.insert("t", rows)
    with pytest.raises(UnreadableError) as caught:
        engine.query("select cast(mail as int) from t")
    assert "ann" not in str(caught.value)
    assert "Conversion Error" in str(caught.value)


def test_the_folder_goes_with_the_engine(tmp_path: Path) -> None:
    engine = Engine(parent=tmp_path)
    assert [path.name[: len(PREFIX)] for path in tmp_path.iterdir()] == [PREFIX]
    engine.close()
    assert list(tmp_path.iterdir()) == []


def test_two_engines_leave_each_other_alone(tmp_path: Path) -> None:
    one = Engine(parent=tmp_path)
    two = Engine(parent=tmp_path)
    assert one.query("select 1 as a").to_pylist() == [{"a": 1}]
    one.close()
    assert two.query("select 2 as a").to_pylist() == [{"a": 2}]
    two.close()


@pytest.mark.slow
def test_what_a_killed_process_left_goes_with_the_next_engine(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDS_A_FOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        folder = Path(process.stdout.readline().strip())
        Engine(parent=tmp_path).close()
        assert folder.exists()
        os.kill(process.pid, signal.SIGKILL)
    Engine(parent=tmp_path).close()
    assert not folder.exists()


def test_an_engine_that_cannot_start_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="Memory must have a number"):
        Engine(memory_limit="nonsense", parent=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.wide
def test_more_than_memory_holds_goes_to_the_folder(tmp_path: Path) -> None:
    engine = Engine(memory_limit="64MiB", parent=tmp_path)
    schema = pa.schema([("k", pa.string())])
    engine.create("t", schema)
    for start in range(0, 1_000_000, 100_000):
        keys = [f"a key that takes some room {number}" for number in range(start, start + 100_000)]
        engine.insert("t", pa.record_batch({"k": keys}))
    counted = engine.query("select count(*) as c from (select k from t group by k)").to_pylist()
    engine.close()
    assert counted == [{"c": 1_000_000}]
