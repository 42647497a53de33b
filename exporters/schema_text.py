"""How a table is defined and what changed it, for a person at a terminal.

Takes the same JSON document that `--output json` prints, so both say the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from exporters.columns import Cell, Column, fitted, plain_table
from exporters.document_text import facts_grid, problem_text
from exporters.wording import ago, moment, plural
from monitors.core import Column as TableColumn
from monitors.delta.evolution.types import Node, trees

UNTOLD = "not told by the log"


class Line(NamedTuple):
    """A line of the tree of columns: the name behind its branches, its type, and notes."""

    branch: str
    path: tuple[str, ...]
    type: str
    note: str


def to_text(document: Mapping[str, Any], console: Console, now: datetime) -> None:
    """Print a schema document: what is wrong, the definition, then its history."""
    title = document["table"] or document["uri"]
    console.print(Text(str(title), style="bold"), soft_wrap=True)
    for problem in document["problems"]:
        console.print(problem_text(problem), soft_wrap=True)
    if document["version"] is not None:
        console.print(facts_grid(facts(document, now)))
        console.print()
        console.print(_columns(document, console.width), crop=False)
        if document["properties"]:
            console.print(_properties(document["properties"]))
    if document.get("history"):
        console.print(_history(document["history"]))


def facts(document: Mapping[str, Any], now: datetime) -> Iterator[tuple[str, str]]:
    """What the definition says beside its columns and properties: name and value."""
    at = datetime.fromisoformat(document["at"])
    protocol = document["protocol"]
    yield "defined in", f"version {document['version']}, {moment(at)} UTC ({ago(at, now)})"
    yield "operation", document["operation"] or UNTOLD
    yield "user", document["user"] or UNTOLD
    yield "partitioned by", _listed(document["partition_columns"]) or "nothing"
    yield "clustered by", _listed(document["clustering_columns"]) or "nothing"
    yield "protocol", f"reader {protocol['reader']}, writer {protocol['writer']}"
    yield "features", _listed(document["features"]) or "none"


def done_by(commit: Mapping[str, Any]) -> str:
    """The operation and the user of a commit, as far as the log tells them."""
    if commit["operation"] is None:
        return commit["user"] or UNTOLD
    return f"{commit['operation']}, {commit['user']}" if commit["user"] else commit["operation"]


def lines(document: Mapping[str, Any]) -> Iterator[Line]:
    """The columns as a tree, a line each; lists and maps of plain types take one."""
    columns = (TableColumn(tuple(c["path"]), c["type"], c["nullable"]) for c in document["columns"])
    partition, clustering = document["partition_columns"], document["clustering_columns"]
    for node in trees(columns):
        yield from _lines(node, "", "", partition, clustering)


def _lines(
    node: Node, branch: str, below: str, partition: Sequence[str], clustering: Sequence[str]
) -> Iterator[Line]:
    column = node.column
    notes = ["required"] if not column.nullable else []
    name = ".".join(column.path)
    notes += ["partition"] if name in partition else []
    notes += ["clustering"] if name in clustering else []
    parts = () if _plain(node) else node.fields
    kind = column.type if parts else node.type
    yield Line(branch, column.path, kind, ", ".join(notes))
    for field in parts:
        last = field is node.fields[-1]
        corner, bar = ("└─ ", "   ") if last else ("├─ ", "│  ")
        yield from _lines(field, below + corner, below + bar, partition, clustering)


def _plain(node: Node) -> bool:
    return node.column.type in ("array", "map") and not any(part.fields for part in node.fields)


def _columns(document: Mapping[str, Any], width: int) -> Table:
    title = plural(sum(len(c["path"]) == 1 for c in document["columns"]), "column")
    columns = (Column("Column", folds=True), Column("Type", folds=True), Column("Note"))
    rows: list[list[Cell]] = [
        [Text(f"{line.branch}{line.path[-1]}"), Text(line.type), line.note]
        for line in lines(document)
    ]
    return fitted(columns, rows, width, title)


def _properties(properties: Mapping[str, str]) -> Table:
    table = plain_table("\nProperties")
    table.add_column("Name", overflow="fold")
    table.add_column("Value", overflow="fold", ratio=1)
    for name, value in properties.items():
        table.add_row(Text(name), Text(value))
    return table


def _history(history: Sequence[Mapping[str, Any]]) -> Table:
    table = plain_table("\nHistory")
    table.add_column("Version", justify="right", no_wrap=True)
    table.add_column("Time (UTC)", no_wrap=True)
    table.add_column("By", overflow="fold")
    table.add_column("What changed", overflow="fold", ratio=1)
    for entry in history:
        at = datetime.fromisoformat(entry["at"])
        what = Text("\n".join(happened(entry)))
        table.add_row(str(entry["version"]), moment(at), Text(done_by(entry)), what)
    return table


def happened(entry: Mapping[str, Any]) -> Iterator[str]:
    """What an entry of the history changed, a sentence each."""
    if entry["first"]:
        taken = "another table, " if entry["incarnation"] > 1 else ""
        yield f"{taken}the oldest definition known, {plural(entry['columns'], 'column')}"
    elif not entry["changes"]:
        yield "nothing that is told here"
    for change in entry["changes"]:
        yield change["message"]


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
