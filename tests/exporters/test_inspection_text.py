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
HEALTH: dict[str, Any] = {
    "layout": {
        "small_file_bytes": 33554432,
        "small_files": 40,
        "small_files_ratio": 40 / 48,
        "average_file_bytes": 205761.3,
        "size_classes": [
            {"size_class": "<1MiB", "files": 40, "bytes": 876543},
            {"size_class": "1-8MiB", "files": 0, "bytes": 0},
            {"size_class": "32-128MiB", "files": 8, "bytes": 9000000},
        ],
        "deleted_rows": 1234,
        "deleted_rows_ratio": 0.001,
        "deletion_vector_files": 2,
        "partitions": {
            "number": 12,
            "largest": "day=2026-03-01/language=en",
            "largest_bytes": 4938271,
            "largest_ratio": 0.5,
            "times_median": 12.346,
        },
    },
    "maintenance": {
        "last_optimize": None,
        "last_vacuum": "2026-03-04T12:30:00.000Z",
        "commits_from": 0,
        "checkpoint_version": 1,
        "last_checkpoint": "2026-03-05T10:31:00.000Z",
        "commits_since_checkpoint": 1,
        "log_files": 5,
        "log_size_bytes": 12345,
        "log_from": 0,
    },
    "retention": {
        "log_seconds": 2592000.0,
        "log_cleanup": True,
        "deleted_files_seconds": 604800.0,
        "gap_margin_seconds": 604800.0,
    },
    "batch_plan": {
        "batch_gib": 2,
        "sampled_rows": 9999,
        "arrow": {"bytes": 1_234_567_000, "batches": 1, "rows_per_batch": 2147483},
        "pandas": {"bytes": 4_938_268_000, "batches": 3, "rows_per_batch": 536870},
    },
}
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
    "health": HEALTH,
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


def lines(document: dict[str, Any]) -> list[str]:
    """The lines of a document, blanks squeezed."""
    return [" ".join(line.split()) for line in text(document).splitlines()]


def test_what_was_not_looked_for_is_not_said_to_be_missing() -> None:
    assert "OPTIMIZE never seen in the log" in lines(POSTS)
    partly = HEALTH | {"maintenance": HEALTH["maintenance"] | {"commits_from": 1}}
    shown = lines(POSTS | {"health": partly})
    assert "OPTIMIZE not among the commits that were read" in shown


def test_what_is_not_known_of_the_health_is_left_out_or_a_question_mark() -> None:
    layout = dict.fromkeys(HEALTH["layout"]) | {"small_file_bytes": 1, "deletion_vector_files": 0}
    maintenance = dict.fromkeys(HEALTH["maintenance"]) | {"log_files": 1}
    retention = dict.fromkeys(HEALTH["retention"]) | {"log_cleanup": True}
    unknown = {"layout": layout, "maintenance": maintenance, "retention": retention}
    shown = lines(POSTS | {"health": unknown | {"batch_plan": None}})
    start = shown.index("features changeDataFeed, deletionVectors") + 1
    assert shown[start : start + 6] == [
        "OPTIMIZE never seen in the log",
        "VACUUM never seen in the log",
        "checkpoint none",
        "log 1 file, ?",
        "kept log ?, removed files ?",
        "monitor may pause ?",
    ]
    assert shown[start + 6].startswith("feed_on")


def test_without_any_health_the_rest_is_shown() -> None:
    assert "change feed     on" in text(POSTS | {"health": None})
