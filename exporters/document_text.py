"""What the texts about one table begin with: a problem with its mend, and a grid of facts."""

from collections.abc import Iterable, Mapping
from typing import Any

from rich.table import Table
from rich.text import Text


def problem_text(problem: Mapping[str, Any]) -> Text:
    """A problem of a JSON document: its state, what and why, and the mend below."""
    failed = problem["state"] == "error"
    line = Text("error" if failed else "not assessed", "bold red" if failed else "bold yellow")
    line.append(f"  {problem['what']}: {problem['reason']}", style="not bold default")
    if problem.get("mend"):
        line.append(f"\n  mend: {problem['mend']}", style="not bold default dim")
    return line


def facts_grid(facts: Iterable[tuple[str, str]]) -> Table:
    """Names and values side by side."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in facts:
        table.add_row(name, Text(value))
    return table
