"""What a person sees of an inspect document, from literal documents."""

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from exporters.inspection_text import to_text

NOW = datetime(2026, 3, 5, 12, 30, tzinfo=UTC)
GOLDEN = Path(__file__).with_name("golden")
POSTS: dict[str, Any] = {
    "schema_version": 1,
    "uri": "s3://lake/bronze/posts",
    "version": 2,
    "rows": 1234567,
    "files": 48,
    "size_bytes": 9876543,
    "last_commit": "2026-03-05T10:30:00.000Z",
    "last_commit_of_any_kind": "2026-03-05T12:00:00.000Z",
    "table_id": "1",
    "change_feed": True,
    "partition_columns": ["day", "language"],
    "features": ["changeDataFeed", "deletionVectors"],
    "events": [
        {"kind": "feed_on", "at": "2026-03-04T12:30:00.000Z", "message": "version 1 switched it on"}
    ],
    "problems": [
        {
            "what": "counts of version 1",
            "state": "not_assessed",
            "reason": "the commit carries no row metrics and no change feed",
            "mend": "set delta.enableChangeDataFeed = true",
        }
    ],
}


def commit(version: int, **changed: Any) -> dict[str, Any]:
    return {
        "version": version,
        "timestamp": f"2026-03-05T10:{30 + version}:00.000Z",
        "operation": "WRITE",
        "inserted": 1200,
        "updated": 0,
        "deleted": 0,
        "net": 1200,
        "source": "log",
        "exact": True,
        "reason": None,
        "bytes_added": 2_340_000,
        "bytes_removed": 0,
        "files_added": 3,
        "files_removed": 0,
    } | changed


COMMITS = [
    commit(0),
    commit(
        1,
        operation=None,
        exact=False,
        reason="the commit carries no row metrics and no change feed",
        **dict.fromkeys(("inserted", "updated", "deleted", "net", "bytes_removed")),
    ),
    commit(
        2,
        operation="CREATE OR REPLACE TABLE AS SELECT",
        exact=False,
        reason="delta-rs counts the rows an UPDATE matched",
        updated=7,
        net=-300,
    ),
]


def bucket(start: str, **changed: Any) -> dict[str, Any]:
    counts = {"inserted": 1200, "updated": 7, "deleted": 0, "net": 1200}
    return {"start": start, **counts, "commits": 3, "uncounted": 0, "inexact": 0} | changed


BUCKETS = [
    bucket("2026-03-05T10:00:00.000Z"),
    bucket("2026-03-05T11:00:00.000Z", inexact=1, uncounted=1),
    bucket(
        "2026-03-05T12:00:00.000Z",
        uncounted=3,
        **dict.fromkeys(("inserted", "updated", "deleted", "net")),
    ),
]
BROKEN = dict.fromkeys(POSTS) | {
    "uri": "lake/broken",
    "partition_columns": [],
    "features": [],
    "events": [],
    "problems": [
        {"what": "table", "state": "error", "reason": "no _delta_log", "mend": "check the URI"}
    ],
}


def text(document: dict[str, Any], width: int = 120) -> str:
    console = Console(file=StringIO(), width=width, color_system=None, markup=False)
    with console.capture() as capture:
        to_text(document, console, NOW)
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("commits", POSTS | {"commits": COMMITS}),
        ("buckets", POSTS | {"buckets": BUCKETS}),
        ("broken", BROKEN),
    ],
)
def test_a_document_for_a_person(name: str, document: dict[str, Any]) -> None:
    assert text(document) == (GOLDEN / f"inspect_{name}.txt").read_text()


@pytest.mark.parametrize("width", [80, 100, 120])
def test_numbers_are_never_cut(width: int) -> None:
    lines = text(POSTS | {"commits": COMMITS}, width).splitlines()
    table = lines[lines.index("") :]
    for number in ("1,200", "~1,200", "~7"):
        assert any(number in line.split() for line in table)


def test_a_log_without_commits_says_so() -> None:
    assert "no commit's JSON remains in the log" in text(POSTS | {"commits": []})
    assert "no commit's JSON remains in the log" in text(POSTS | {"buckets": []})
