"""The worked example of CONTRIBUTING.md runs as it is printed."""

import asyncio
import importlib.util
import re
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from limnograph.inspection import InThread
from monitors.core import Monitor, Subject
from monitors.lakes.embedded import Access, EmbeddedTable

GUIDE = Path(__file__).resolve().parents[1] / "CONTRIBUTING.md"
NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def example(tmp_path: Path) -> ModuleType:
    [code] = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    file = tmp_path / "churn.py"
    file.write_text(code)
    spec = importlib.util.spec_from_file_location("churn", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_monitor_reads_a_real_table(example: ModuleType, tmp_path: Path) -> None:
    uri = str(tmp_path / "posts")
    write_deltalake(uri, pa.table({"id": [1, 2, 3, 4, 5]}))
    DeltaTable(uri).delete("id = 1")
    monitor: Monitor = example.MONITOR
    table = EmbeddedTable(uri, {}, Access(InThread()), NOW)
    reading = asyncio.run(
        monitor.read(table, Subject("table", "posts"), monitor.config(), None, {}, NOW)
    )
    [measurement] = reading.measurements
    assert (measurement.labels, measurement.value) == (("", "", "posts"), 0.25)
    assert reading.cursor is not None


def test_the_example_has_nothing_to_say_of_an_empty_table(example: ModuleType) -> None:
    assert example.churn([], 0) is None
    assert example.churn([], None) is None
