"""Imports point one way, and only some rooms touch the outside."""

import ast
from pathlib import Path

import pytest

from tests.house import ROOMS, ROOT, sources

# Libraries that reach tables and storage, and where they may be imported.
OUTSIDE = {
    "deltalake": ("monitors/delta/", "monitors/lakes/", "limnograph/demo/"),
    "duckdb": ("monitors/delta/", "monitors/lakes/"),
    "obstore": (
        "monitors/storage/",
        "monitors/delta/",
        "monitors/lakes/",
        "limnograph/settings/listing.py",
    ),
}
NEVER = ("tests", "benchmarks", "config", "dashboards", "pyspark", "delta")


def imported(file: Path) -> set[str]:
    """The root packages that a file imports, anywhere in it."""
    return roots(ast.parse((ROOT / file).read_text(encoding="utf-8")))


def roots(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." if node.level else str(node.module).split(".")[0])
    return found


def test_imports_are_found_wherever_they_are() -> None:
    text = "import a.b\nfrom c import d\ndef f():\n    import e\n    from . import g"
    assert roots(ast.parse(text)) == {"a", "c", "e", "."}


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_never_imports_from_the_rooms_above_it(room: str) -> None:
    above = {*ROOMS[ROOMS.index(room) + 1 :], *NEVER, "."}
    wrong = {str(f): bad for f in sources(room) if (bad := imported(f) & above)}
    assert wrong == {}


@pytest.mark.parametrize("library", OUTSIDE)
def test_only_some_rooms_touch_the_outside(library: str) -> None:
    users = [str(file) for file in sources(*ROOMS) if library in imported(file)]
    assert [user for user in users if not user.startswith(OUTSIDE[library])] == []
