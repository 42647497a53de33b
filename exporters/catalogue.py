"""What limnograph can measure: monitors and the metrics that they promise, never their values."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console

from exporters.columns import plain_table
from exporters.markdown import cell, row
from monitors.core import Metric, Monitor

SCHEMA_VERSION = 1


def metrics_json(metrics: Iterable[Metric]) -> dict[str, Any]:
    """The descriptors of metrics as one JSON document."""
    return {"schema_version": SCHEMA_VERSION, "metrics": [_metric_json(m) for m in metrics]}


def _metric_json(metric: Metric) -> dict[str, Any]:
    return {
        "name": metric.name,
        "type": metric.kind,
        "help": metric.help,
        "labels": list(metric.labels),
        "unit": metric.unit,
        "rollup": metric.rollup,
        "opt_in": metric.opt_in,
    }


def metrics_markdown(metrics: Iterable[Metric]) -> str:
    """The metrics reference as a markdown table."""
    lines = [row("Metric", "Type", "Labels", "Opt-in", "Help"), row(*["---"] * 5)]
    for metric in metrics:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        opt_in = "yes" if metric.opt_in else ""
        lines.append(row(f"`{metric.name}`", metric.kind, labels, opt_in, cell(metric.help)))
    return "\n".join(lines) + "\n"


def metrics_text(metrics: Iterable[Metric], console: Console) -> None:
    """The metrics for a person, one paragraph each, so that long names stay whole."""
    for metric in metrics:
        labels = f"{{{', '.join(metric.labels)}}}" if metric.labels else ""
        opt_in = ", opt-in" if metric.opt_in else ""
        console.print(f"{metric.name}{labels}", style="bold", soft_wrap=True)
        console.print(f"  {metric.kind}{opt_in}. {metric.help}", soft_wrap=True)


def monitors_json(monitors: Iterable[Monitor]) -> dict[str, Any]:
    """The monitors as one JSON document."""
    return {
        "schema_version": SCHEMA_VERSION,
        "monitors": [
            {
                "name": monitor.name,
                "scope": monitor.scope,
                "summary": monitor.summary,
                "needs": list(monitor.needs),
                "metrics": [metric.name for metric in monitor.metrics],
            }
            for monitor in monitors
        ],
    }


def monitors_text(monitors: Sequence[Monitor], console: Console) -> None:
    """The monitors for a person."""
    table = plain_table()
    table.add_column("Monitor", no_wrap=True)
    table.add_column("Scope", no_wrap=True)
    table.add_column("What it reads, and its metrics", overflow="fold")
    for monitor in monitors:
        names = "\n".join(f"  {metric.name}" for metric in monitor.metrics)
        table.add_row(monitor.name, f"per {monitor.scope}", f"{monitor.summary}\n{names}")
    console.print(table)
