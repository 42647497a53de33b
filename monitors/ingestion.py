"""Ingestion: the rows that each commit inserted, updated and deleted, exactly.

Reads the Delta log; the change feed only for the commits that the log cannot answer. Lag: none, a
commit is counted in the cycle that first sees it. Absence of a series means that the table was
never read; a commit whose numbers are unknown adds nothing and is counted as uncounted, with its
reason. Maintenance (OPTIMIZE, VACUUM, property changes) counts as nothing.
Cardinality: three series per table for the changes, one per source and reason seen.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from monitors.core import (
    TABLE_LABELS,
    CommitFact,
    Cursor,
    Metric,
    Monitor,
    Reading,
    State,
    Subject,
    TableSource,
    Totals,
    Window,
)

CHANGES = Metric(
    "lakehouse_table_row_changes_total",
    "Rows inserted, updated and deleted, as the table's change feed holds or would hold them.",
    kind="counter",
    labels=(*TABLE_LABELS, "change"),
    unit="rows",
    rollup="sum",
)
COUNTED = Metric(
    "lakehouse_table_commits_counted_total",
    "Commits whose row counts are known, by where they came from: log, feed or scan.",
    kind="counter",
    labels=(*TABLE_LABELS, "source"),
    unit="commits",
    rollup="sum",
)
UNCOUNTED = Metric(
    "lakehouse_table_commits_uncounted_total",
    "Commits with unknown row counts, by reason; they add nothing to the row changes.",
    kind="counter",
    labels=(*TABLE_LABELS, "reason"),
    unit="commits",
    rollup="sum",
)
COMMITS = Metric(
    "lakehouse_table_commits_total",
    "Commits of any kind, by operation.",
    kind="counter",
    labels=(*TABLE_LABELS, "operation"),
    unit="commits",
    rollup="sum",
    opt_in=True,
    drop_rank=3,
)
ROWS = Metric(
    "lakehouse_table_rows",
    "Live rows of the table.",
    labels=TABLE_LABELS,
    unit="rows",
)
SIZE = Metric(
    "lakehouse_table_size_bytes",
    "Size of the live files, in bytes; files that VACUUM has yet to remove are left out.",
    labels=TABLE_LABELS,
    unit="bytes",
    drop_rank=2,
)
FILES = Metric(
    "lakehouse_table_files",
    "Live files of the table.",
    labels=TABLE_LABELS,
    unit="files",
    opt_in=True,
    drop_rank=3,
)
METRICS = (CHANGES, COUNTED, UNCOUNTED, COMMITS, ROWS, SIZE, FILES)


class Config(BaseModel):
    """Count rows, files and bytes of every commit."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def totals(labels: tuple[str, ...], before: Totals, commits: Sequence[CommitFact]) -> Totals:
    """Counter totals after some commits; a commit with an unknown number adds nothing.

    The three changes start at zero for a table that was read, so that a first rate is right.
    """
    after: Counter[tuple[str, tuple[str, ...]]] = Counter(before)
    for change in ("insert", "update", "delete"):
        after[CHANGES.name, (*labels, change)] += 0
    for commit in commits:
        after[COMMITS.name, (*labels, commit.operation or "unknown")] += 1
        if commit.counted:
            after[COUNTED.name, (*labels, commit.source)] += 1
            after[CHANGES.name, (*labels, "insert")] += commit.inserted or 0
            after[CHANGES.name, (*labels, "update")] += commit.updated or 0
            after[CHANGES.name, (*labels, "delete")] += commit.deleted or 0
        else:
            after[UNCOUNTED.name, (*labels, commit.reason or "unknown")] += 1
    return dict(after)


async def read(
    source: TableSource,
    subject: Subject,
    config: Config,
    cursor: Cursor | None,
    states: Mapping[str, State],
    now: datetime,
) -> Reading:
    """The commits after the cursor, counted, and the table's size as of the newest."""
    tail = await source.tail(cursor.position if cursor else None)
    snapshot, labels = tail.snapshot, subject.labels
    sizes = ((ROWS, snapshot.rows), (SIZE, snapshot.size_bytes), (FILES, snapshot.files))
    return Reading(
        measurements=tuple(
            metric(value, *labels, at=snapshot.at) for metric, value in sizes if value is not None
        ),
        facts=tail.commits,
        events=tail.events,
        cursor=Cursor(tail.position, totals(labels, cursor.totals if cursor else {}, tail.commits)),
        problems=tail.problems,
        recreated=tail.recreated,
    )


def replay(window: Window, subject: Subject, config: Config, now: datetime) -> Reading:
    """The commits of a past window, counted anew; hours and days follow from them."""
    return Reading(facts=window.commits, events=window.events)


MONITOR = Monitor(
    name="ingestion",
    summary="Rows inserted, updated and deleted by each commit.",
    scope="table",
    config=Config,
    metrics=METRICS,
    read=read,
    needs=("commits",),
    replay=replay,
)
