"""Descriptors as JSON, markdown and text: declared, never values."""

from io import StringIO
from typing import Any

from pydantic import BaseModel
from rich.console import Console

from exporters.catalogue import (
    metrics_json,
    metrics_markdown,
    metrics_text,
    monitors_json,
    monitors_text,
)
from monitors.core import Metric, Monitor, Reading

ROWS = Metric("lakehouse_rows", "Live rows, | included.", labels=("table",), unit="rows")
RUNS = Metric("lakehouse_runs_total", "Runs.", kind="counter", rollup="sum", opt_in=True)


async def read(*_: Any) -> Reading:
    return Reading()


MONITOR = Monitor("size", "How large.", "table", BaseModel, (ROWS, RUNS), read, ("commits",))


def shown(render: Any, value: Any) -> str:
    console = Console(file=StringIO(), width=80, color_system=None, markup=False)
    with console.capture() as capture:
        render(value, console)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def test_metrics_as_json() -> None:
    assert metrics_json([ROWS, RUNS]) == {
        "schema_version": 1,
        "metrics": [
            {
                "name": "lakehouse_rows",
                "type": "gauge",
                "help": "Live rows, | included.",
                "labels": ["table"],
                "unit": "rows",
                "rollup": "last",
                "opt_in": False,
            },
            {
                "name": "lakehouse_runs_total",
                "type": "counter",
                "help": "Runs.",
                "labels": [],
                "unit": "",
                "rollup": "sum",
                "opt_in": True,
            },
        ],
    }


def test_metrics_as_markdown() -> None:
    assert metrics_markdown([ROWS, RUNS]) == (
        "| Metric | Type | Labels | Opt-in | Help |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| `lakehouse_rows` | gauge | `table` |  | Live rows, \\| included. |\n"
        "| `lakehouse_runs_total` | counter |  | yes | Runs. |\n"
    )


def test_metrics_as_text() -> None:
    assert shown(metrics_text, [ROWS, RUNS]) == (
        "lakehouse_rows{table}\n"
        "  gauge. Live rows, | included.\n"
        "lakehouse_runs_total\n"
        "  counter, opt-in. Runs.\n"
    )


def test_monitors_as_json_and_text() -> None:
    assert monitors_json([MONITOR]) == {
        "schema_version": 1,
        "monitors": [
            {
                "name": "size",
                "scope": "table",
                "summary": "How large.",
                "needs": ["commits"],
                "metrics": ["lakehouse_rows", "lakehouse_runs_total"],
            }
        ],
    }
    assert "size     per table  How large.\n" in shown(monitors_text, [MONITOR])
