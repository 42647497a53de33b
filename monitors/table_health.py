"""Table health: small files, partitions, deletion vectors, maintenance, retention, a batch plan.

Reads the Delta log: the live files when commits moved them, the log's folder now and then, both
kept in between, so that a table without new commits costs nothing. Only the batch plan reads data:
the first rows of three files, when the schema or a quarter of the rows changed. Lag: none for
tables of up to 10,000 files; beyond, the layout is looked at every `every_minutes` or when a tenth
of the files moved. Absence means unknown or without meaning: no size in the log, no partition
columns, no row, or an OPTIMIZE, VACUUM or checkpoint that the log never showed.
Cardinality: two series per table, and up to 32 more on request.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field

from monitors.core import (
    TABLE_LABELS,
    CommitFact,
    Cursor,
    Measurement,
    Metric,
    Monitor,
    Problem,
    Reading,
    Snapshot,
    State,
    Subject,
    TableSource,
    Tail,
)
from monitors.delta.health.batches import GIB, batch_plan
from monitors.delta.health.kept import Health, Look, Width, columns_in, health_in, maintained, moved
from monitors.delta.health.layout import CLASSES, MIB, Layout, layout_of, unknown_sizes
from monitors.delta.health.retention import Retention, retention_of, unclear


def _gauge(name: str, help_: str, unit: str, *labels: str) -> Metric:
    return Metric(
        f"lakehouse_table_{name}",
        help_,
        labels=(*TABLE_LABELS, *labels),
        unit=unit,
        rollup="max" if name.endswith("_timestamp_seconds") else "last",
        opt_in=True,
        drop_rank=3,
    )


SMALL_FILES = _gauge(
    "small_files_ratio",
    "Share of the live files that are smaller than the configured size, by default 32 MiB.",
    "ratio",
)
GAP_MARGIN = Metric(
    "lakehouse_table_gap_margin_seconds",
    "How long reading may pause before retention could delete what the next read needs; "
    "a lower bound.",
    labels=TABLE_LABELS,
    unit="seconds",
    rollup="min",
    drop_rank=1,
)
FILES_BY_SIZE = _gauge(
    "files_by_size", "Live files of the table, by size class.", "files", "size_class"
)
SIZE_CLASS = _gauge(
    "size_class_bytes", "Size of the live files of each size class.", "bytes", "size_class"
)
PARTITIONS = _gauge("partitions", "Partitions that hold live files.", "partitions")
LARGEST_PARTITION = _gauge(
    "largest_partition_ratio", "Share of the table's bytes in its largest partition.", "ratio"
)
SKEW = _gauge(
    "partition_skew", "Size of the largest partition, in times that of the median one.", ""
)
DELETED_ROWS = _gauge(
    "deleted_rows_ratio", "Share of the rows in live files that deletion vectors mark.", "ratio"
)
VECTORS = _gauge("deletion_vector_files", "Live files that have a deletion vector.", "files")
CHECKPOINT = _gauge(
    "last_checkpoint_timestamp_seconds",
    "Unix time of the newest complete checkpoint of the log.",
    "seconds",
)
SINCE_CHECKPOINT = _gauge(
    "commits_since_checkpoint", "Versions since the newest complete checkpoint.", "commits"
)
OPTIMIZED = _gauge(
    "last_optimize_timestamp_seconds", "Unix time of the newest OPTIMIZE in the log.", "seconds"
)
VACUUMED = _gauge(
    "last_vacuum_timestamp_seconds", "Unix time of the newest VACUUM that ended.", "seconds"
)
LOG_SIZE = _gauge("log_size_bytes", "Size of the files in the log.", "bytes")
LOG_FILES = _gauge("log_files", "Files in the log.", "files")
LOG_RETENTION = _gauge(
    "log_retention_seconds",
    "How long the table keeps its log; absent where it is never cleaned.",
    "seconds",
)
FILE_RETENTION = _gauge(
    "deleted_file_retention_seconds",
    "How long the table keeps removed files and change data, by its properties.",
    "seconds",
)
FEED = _gauge("change_feed_enabled", "Whether the table keeps a change feed: 1 or 0.", "")
MEMORY = _gauge(
    "memory_bytes",
    "Estimated size of all live rows in memory, as Arrow or as a DataFrame of pandas.",
    "bytes",
    "form",
)
BATCHES = _gauge(
    "load_batches", "Batches of the configured size that load all rows.", "batches", "form"
)
METRICS = (
    SMALL_FILES, GAP_MARGIN, FILES_BY_SIZE, SIZE_CLASS, PARTITIONS, LARGEST_PARTITION, SKEW,
    DELETED_ROWS, VECTORS, CHECKPOINT, SINCE_CHECKPOINT, OPTIMIZED, VACUUMED, LOG_SIZE, LOG_FILES,
    LOG_RETENTION, FILE_RETENTION, FEED, MEMORY, BATCHES,
)  # fmt: skip

SMALL_MIB = 32
_MANY_FILES = 10_000
"""Live files beyond which not every commit is worth looking at all of them."""
_CHANGED = 0.25
"""Share of the rows after whose coming or going a row's width is sampled anew."""


class Config(BaseModel):
    """How a table is laid out, maintained and kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    # A quarter of the 128 MiB that Spark's optimised writes and auto-compaction aim at, a third of
    # delta-rs's 100 MiB: what compaction leaves over is seldom smaller.
    small_file_mib: float = Field(
        default=SMALL_MIB, gt=0, description="Files smaller than this are small, in MiB."
    )
    every_minutes: int = Field(
        default=15,
        ge=0,
        description="Least minutes between two looks at the files of a table with very many.",
    )
    log_every_hours: int = Field(
        default=6,
        ge=0,
        description="Least hours between two looks at the log's folder: a request each.",
    )
    batch_gib: float | None = Field(
        default=None,
        gt=0,
        description="Plan to load the table into memory in batches of so many GiB; samples data.",
    )

    @property
    def small_bytes(self) -> int:
        return int(self.small_file_mib * MIB)


def layout_due(health: Health, config: Config, now: datetime) -> bool:
    """Whether to look at the live files again."""
    look = health.layout
    if look is None or health.moved is None or look.seen.small_bytes != config.small_bytes:
        return True
    if not health.moved:
        return False
    if look.seen.files <= _MANY_FILES or health.moved * 10 >= look.seen.files:
        return True
    return now.timestamp() - look.looked >= config.every_minutes * 60


def log_due(health: Health, config: Config, now: datetime) -> bool:
    """Whether to list the log again: it changes with commits only, whoever cleans it commits."""
    look = health.log
    if look is None:
        return True
    late = now.timestamp() - look.looked >= config.log_every_hours * 3600
    return late and look.version != health.version


def width_due(
    width: Width | None, columns: str, rows: int | None, config: Config, now: datetime
) -> bool:
    """Whether to sample the width of a row; one that could not be had is asked for again later."""
    if config.batch_gib is None or not rows:
        return False
    if width is None or (columns and columns != width.columns):
        return True
    if width.width.reason:
        return now.timestamp() - width.asked >= config.log_every_hours * 3600
    return abs(rows - width.table_rows) > _CHANGED * width.table_rows


async def read(
    source: TableSource,
    subject: Subject,
    config: Config,
    cursor: Cursor | None,
    states: Mapping[str, State],
    now: datetime,
) -> Reading:
    """How the table is laid out, when it was maintained, and how long it keeps what we need."""
    tail = await source.tail(cursor.position if cursor else None)
    fresh = tail.first or tail.recreated
    before = Health() if fresh else health_in(states)
    commits = tail.commits
    if before.version < 0 and not fresh:
        # What was kept is not of our format: find the maintenance in the log again.
        commits = (await source.tail(None)).commits
    health = await _renewed(before, source, tail, commits, config, now)
    retention = retention_of(tail.snapshot.properties)
    measurements = (
        *_of_layout(health.layout, subject),
        *_of_log(health, subject),
        *_of_retention(retention, tail.snapshot, subject),
        *_of_plan(health.width, tail.snapshot, config, subject),
    )
    return Reading(
        measurements=measurements,
        events=tail.events,
        states=() if health == before else (health.state(),),
        cursor=Cursor(tail.position, cursor.totals if cursor else {}),
        problems=tuple(_problems(health, retention, tail.snapshot, config)),
        recreated=tail.recreated,
    )


async def _renewed(
    before: Health,
    source: TableSource,
    tail: Tail,
    commits: Sequence[CommitFact],
    config: Config,
    now: datetime,
) -> Health:
    snapshot, at = tail.snapshot, tail.snapshot.at.timestamp()
    optimized, vacuumed = maintained(before, commits, now)
    health = replace(
        before,
        version=snapshot.version,
        optimized=optimized,
        vacuumed=vacuumed,
        moved=moved(before, tail),
    )
    if layout_due(health, config, now):
        files = await source.live_files()
        layout = layout_of(files, snapshot.partition_columns, config.small_bytes)
        health = replace(
            health, layout=Look(layout, snapshot.version, at, now.timestamp()), moved=0
        )
    if log_due(health, config, now):
        folder = await source.log_folder()
        health = replace(health, log=Look(folder, snapshot.version, at, now.timestamp()))
    columns = columns_in(tail)
    if width_due(health.width, columns, snapshot.rows, config, now):
        columns = columns or (health.width.columns if health.width else "")
        found = await source.row_width()
        width = Width(found, columns, snapshot.rows or 0, now.timestamp())
        health = replace(health, width=width)
    return health


def _of_layout(look: Look[Layout] | None, subject: Subject) -> Iterator[Measurement]:
    if look is None:
        return
    layout, labels, at = look.seen, subject.labels, _time(look.at)
    parts = layout.partitions
    values = (
        (SMALL_FILES, layout.small_ratio),
        (PARTITIONS, parts.number if parts else None),
        (LARGEST_PARTITION, layout.largest_ratio),
        (SKEW, layout.skew),
        (DELETED_ROWS, layout.deleted_ratio),
        (VECTORS, layout.vectors),
    )
    for metric, value in values:
        if value is not None:
            yield metric(value, *labels, at=at)
    for name, (files, size) in zip(CLASSES, layout.classes or (), strict=False):
        yield FILES_BY_SIZE(files, *labels, name, at=at)
        yield SIZE_CLASS(size, *labels, name, at=at)


def _of_log(health: Health, subject: Subject) -> Iterator[Measurement]:
    labels = subject.labels
    for metric, time in ((OPTIMIZED, health.optimized), (VACUUMED, health.vacuumed)):
        if time is not None:
            yield metric(time, *labels, at=_time(time))
    if health.log is None:
        return
    folder, at = health.log.seen, _time(health.log.at)
    yield LOG_SIZE(folder.size_bytes, *labels, at=at)
    yield LOG_FILES(folder.files, *labels, at=at)
    if folder.checkpoint_at is not None:
        yield CHECKPOINT(folder.checkpoint_at.timestamp(), *labels, at=folder.checkpoint_at)
    if folder.checkpoint_version is not None:
        yield SINCE_CHECKPOINT(health.log.version - folder.checkpoint_version, *labels, at=at)


def _of_retention(
    retention: Retention, snapshot: Snapshot, subject: Subject
) -> Iterator[Measurement]:
    values = (
        (GAP_MARGIN, retention.gap_margin),
        (LOG_RETENTION, retention.log if retention.cleanup else None),
        (FILE_RETENTION, retention.deleted_files),
        (FEED, float(snapshot.feed)),
    )
    for metric, value in values:
        if value is not None:
            yield metric(value, *subject.labels, at=snapshot.at)


def _of_plan(
    width: Width | None, snapshot: Snapshot, config: Config, subject: Subject
) -> Iterator[Measurement]:
    if width is None or config.batch_gib is None or snapshot.rows is None:
        return
    for form, of_row in (("arrow", width.width.arrow), ("pandas", width.width.pandas)):
        if of_row is not None:
            plan = batch_plan(snapshot.rows, of_row, config.batch_gib * GIB)
            yield MEMORY(plan.bytes, *subject.labels, form, at=snapshot.at)
            yield BATCHES(plan.batches, *subject.labels, form, at=snapshot.at)


def _problems(
    health: Health, retention: Retention, snapshot: Snapshot, config: Config
) -> Iterator[Problem]:
    if health.layout is not None:
        yield from unknown_sizes(health.layout.seen)
    yield from unclear(retention)
    if config.batch_gib is None:
        return
    if snapshot.rows is None:
        reason, mend = "the number of live rows is unknown", "see the mend of the rows"
        yield Problem("batch plan", "not_assessed", reason, mend)
    elif snapshot.rows and health.width is not None and health.width.width.reason:
        width = health.width.width
        yield Problem("batch plan", "not_assessed", width.reason, width.mend)


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


MONITOR = Monitor(
    name="table_health",
    summary="Small files, partitions, maintenance and retention of a table, and a batch plan.",
    scope="table",
    config=Config,
    metrics=METRICS,
    read=read,
    needs=("commits",),
)
