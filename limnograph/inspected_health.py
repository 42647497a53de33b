"""The part of the inspect document on a table's health; the numbers are those of table_health."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from monitors.core import LogFolder, Problem, RowWidth, Snapshot, Tail
from monitors.delta.health.batches import GIB, batch_plan
from monitors.delta.health.kept import Health, maintained
from monitors.delta.health.layout import CLASSES, Layout, Partitions, layout_of, unknown_sizes
from monitors.delta.health.retention import Retention, retention_of, unclear
from monitors.errors import UnreadableError
from monitors.lakes.embedded import EmbeddedTable
from monitors.table_health import Config

Document = dict[str, Any]


async def health_of(
    table: EmbeddedTable, tail: Tail, batch_gib: float | None, now: datetime
) -> tuple[Document | None, list[Problem]]:
    """The health of a table whose log was just read, and what of it could not be had."""
    try:
        files, folder = await table.live_files(), await table.log_folder()
    except UnreadableError as error:
        return None, [Problem("health", "error", error.reason, error.mend)]
    snapshot = tail.snapshot
    layout = layout_of(files, snapshot.partition_columns, Config().small_bytes)
    retention = retention_of(snapshot.properties)
    problems = [*unknown_sizes(layout), *unclear(retention)]
    document = {
        "layout": layout_document(layout, _logical_names(tail)),
        "maintenance": maintenance_document(tail, folder, now),
        "retention": retention_document(retention),
        "batch_plan": None,
    }
    if batch_gib is not None:
        width = await table.row_width() if snapshot.rows else RowWidth(0.0, 0.0)
        document["batch_plan"] = plan_document(snapshot, width, batch_gib)
        problems.extend(_no_plan(snapshot, width))
    return document, problems


def layout_document(layout: Layout, names: Mapping[str, str]) -> Document:
    """Files by size, partitions and deletion vectors; `names` are columns by physical name."""
    classes = layout.classes
    return {
        "small_file_bytes": layout.small_bytes,
        "small_files": layout.small if layout.small_ratio is not None else None,
        "small_files_ratio": layout.small_ratio,
        "average_file_bytes": layout.average_bytes,
        "size_classes": classes
        and [
            {"size_class": name, "files": files, "bytes": size}
            for name, (files, size) in zip(CLASSES, classes, strict=True)
        ],
        "deleted_rows": layout.deleted,
        "deleted_rows_ratio": layout.deleted_ratio,
        "deletion_vector_files": layout.vectors,
        "partitions": layout.partitions and _partitions(layout, layout.partitions, names),
    }


def _partitions(layout: Layout, partitions: Partitions, names: Mapping[str, str]) -> Document:
    parts = (part.partition("=") for part in partitions.largest.split("/"))
    largest = "/".join(f"{names.get(name, name)}{equals}{value}" for name, equals, value in parts)
    return {
        "number": partitions.number,
        "largest": largest or None,
        "largest_bytes": partitions.largest_bytes,
        "largest_ratio": layout.largest_ratio,
        "times_median": layout.skew,
    }


def _logical_names(tail: Tail) -> dict[str, str]:
    """Columns by their physical names, where the table maps columns."""
    told = [*([tail.before] if tail.before else []), *tail.definitions]
    columns = told[-1].columns if told else ()
    return {column.id: column.path[0] for column in columns if column.id and len(column.path) == 1}


def maintenance_document(tail: Tail, folder: LogFolder, now: datetime) -> Document:
    """What was done to the table and its log; `commits_from` is the first commit looked at."""
    optimized, vacuumed = maintained(Health(), tail.commits, now)
    checkpoint, at = folder.checkpoint_version, folder.checkpoint_at
    return {
        "last_optimize": _iso(optimized),
        "last_vacuum": _iso(vacuumed),
        "commits_from": min((fact.version for fact in tail.commits), default=None),
        "checkpoint_version": checkpoint,
        "last_checkpoint": _iso(at.timestamp() if at else None),
        "commits_since_checkpoint": None
        if checkpoint is None
        else tail.snapshot.version - checkpoint,
        "log_files": folder.files,
        "log_size_bytes": folder.size_bytes,
        "log_from": folder.first_version,
    }


def retention_document(retention: Retention) -> Document:
    """How long the table keeps things, in seconds; null is unknown, or for ever without cleanup."""
    return {
        "log_seconds": retention.log if retention.cleanup else None,
        "log_cleanup": retention.cleanup,
        "deleted_files_seconds": retention.deleted_files,
        "gap_margin_seconds": retention.gap_margin,
    }


def plan_document(snapshot: Snapshot, width: RowWidth, batch_gib: float) -> Document:
    """Batches that load all rows, as Arrow and as pandas has them; null where that is unknown."""
    return {
        "batch_gib": batch_gib,
        "sampled_rows": width.rows,
        "arrow": _plan(snapshot.rows, width.arrow, batch_gib),
        "pandas": _plan(snapshot.rows, width.pandas, batch_gib),
    }


def _plan(rows: int | None, of_row: float | None, batch_gib: float) -> Document | None:
    if rows is None or of_row is None:
        return None
    plan = batch_plan(rows, of_row, batch_gib * GIB)
    return {"bytes": plan.bytes, "batches": plan.batches, "rows_per_batch": plan.rows_per_batch}


def _no_plan(snapshot: Snapshot, width: RowWidth) -> Iterator[Problem]:
    if snapshot.rows is None:
        reason, mend = "the number of live rows is unknown", "see the mend of the rows"
        yield Problem("batch plan", "not_assessed", reason, mend)
    elif width.reason:
        yield Problem("batch plan", "not_assessed", width.reason, width.mend)


def _iso(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")
