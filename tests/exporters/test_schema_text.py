"""A schema document for people: literal input, literal output."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from exporters.schema_markdown import to_markdown
from exporters.schema_text import to_text

NOW = datetime(2026, 3, 5, 12, 30, tzinfo=UTC)
GOLDEN = Path(__file__).with_name("golden")


def column(path: str, kind: str, *, nullable: bool = True) -> dict[str, Any]:
    return {"path": path.split("."), "type": kind, "nullable": nullable, "id": None}


def change(message: str) -> dict[str, Any]:
    return {"kind": "?", "path": "?", "before": None, "after": None, "message": message}


POSTS: dict[str, Any] = {
    "schema_version": 1,
    "table": "main.bronze.posts",
    "uri": "s3://lake/bronze/posts",
    "source": "store",
    "version": 42,
    "at": "2026-03-05T10:00:00.000Z",
    "operation": "ADD COLUMNS",
    "user": "ada@example.org",
    "table_id": "id-1",
    "columns": [
        column("id", "long", nullable=False),
        column("day", "date"),
        column("home", "struct"),
        column("home.city", "string"),
        column("home.geo", "struct"),
        column("home.geo.lat", "double"),
        column("tags", "array"),
        column("tags.element", "string"),
        column("items", "map"),
        column("items.key", "string", nullable=False),
        column("items.value", "struct"),
        column("items.value.n", "decimal(10,2)"),
    ],
    "partition_columns": ["day"],
    "clustering_columns": ["id", "home.city"],
    "properties": {"api.token": "********", "delta.enableChangeDataFeed": "true"},
    "features": ["changeDataFeed", "columnMapping"],
    "protocol": {"reader": 2, "writer": 7},
    "problems": [],
    "history": [
        {
            "version": 3,
            "at": "2026-03-01T06:00:00.000Z",
            "operation": None,
            "user": None,
            "incarnation": 1,
            "first": True,
            "columns": 1,
            "changes": [],
        },
        {
            "version": 42,
            "at": "2026-03-05T10:00:00.000Z",
            "operation": "ADD COLUMNS",
            "user": "ada@example.org",
            "incarnation": 1,
            "first": False,
            "columns": 4,
            "changes": [change("column a|b (long) added"), change("property p set to <x>")],
        },
    ],
}
NONE = dict.fromkeys(POSTS) | {
    "uri": "lake/broken",
    "history": [],
    "problems": [
        {"what": "table", "state": "error", "reason": "no _delta_log", "mend": "check the URI"}
    ],
}


def text(document: dict[str, Any], width: int = 100) -> str:
    console = Console(file=StringIO(), width=width, color_system=None, markup=False)
    with console.capture() as capture:
        to_text(document, console, NOW)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def test_a_definition_for_a_person() -> None:
    assert text(POSTS) == (GOLDEN / "schema.txt").read_text(encoding="utf-8")


def test_a_definition_as_markdown() -> None:
    assert to_markdown(POSTS, NOW) == (GOLDEN / "schema.md").read_text(encoding="utf-8")


def test_what_could_not_be_read_is_its_problem_alone() -> None:
    assert text(NONE).splitlines() == [
        "lake/broken",
        "error  table: no _delta_log",
        "  mend: check the URI",
    ]
    assert to_markdown(NONE, NOW).splitlines() == [
        "# lake/broken",
        "",
        "**error** table: no _delta_log. Mend: check the URI.",
    ]


@pytest.mark.parametrize("width", [60, 80])
def test_a_narrow_terminal_folds_and_cuts_nothing(width: int) -> None:
    shown = "".join(text(POSTS, width).split())
    assert "decimal(10,2)" in shown
    assert "ada@example.org" in shown
