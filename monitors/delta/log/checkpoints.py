"""Checkpoints: the whole state of a table at a version, classic and v2.

Classic: one Parquet file, or several parts. V2: a manifest in JSON or Parquet whose `sidecar`
actions name Parquet files in `_delta_log/_sidecars`. Format:
https://github.com/delta-io/delta/blob/master/PROTOCOL.md, "Checkpoints".
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from monitors.delta.log.actions import (
    FileAction,
    Metadata,
    Protocol,
    broken,
    file_action,
    metadata_of,
    parse_lines,
    protocol_of,
)
from monitors.delta.log.listing import LOG, Checkpoint
from monitors.delta.log.logstore import LogStore

_MANIFEST = ("metaData", "protocol", "sidecar.path")
_FILES = (
    "add.path",
    "add.size",
    "add.stats",
    "add.stats_parsed.numRecords",
    "add.stats_parsed.tightBounds",
    "add.partitionValues",
    "add.deletionVector",
    "add.dataChange",
)
EventPath = Callable[[Metadata], tuple[str, ...] | None]


@dataclass(slots=True)
class Contents:
    """What a checkpoint holds. `parsed` are the struct statistics of a file where it has no JSON
    ones, by position in `adds`."""

    adds: list[FileAction] = field(default_factory=list)
    parsed: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    metadata: Metadata | None = None
    protocol: Protocol | None = None
    sidecars: list[str] = field(default_factory=list)


async def load(log: LogStore, checkpoint: Checkpoint, event_path: EventPath) -> Contents:
    """The contents of a checkpoint, its sidecars included.

    `event_path` names, for the table's metadata, the physical path of a column whose statistics
    are wanted. Raises UnreadableError when a file is missing or broken.
    """
    contents = Contents()
    bodies = await log.get_all([file.path for file in checkpoint.files])
    names = [file.path for file in checkpoint.files]
    # What to read of the files depends on the schema, which any part may hold.
    for name, body in zip(names, bodies, strict=True):
        await _read_into(contents, body, name, _MANIFEST)
    if contents.metadata is None or contents.protocol is None:
        raise broken(names[0], "holds no metaData or no protocol action")
    columns = (*_FILES, *_event_columns(event_path(contents.metadata)))
    for name, body in zip(names, bodies, strict=True):
        await _read_into(contents, body, name, columns)
    for sidecar in dict.fromkeys(contents.sidecars):
        path = sidecar if "/" in sidecar else f"{LOG}/_sidecars/{sidecar}"
        await _read_into(contents, await log.get(path), path, columns)
    return contents


def _event_columns(path: tuple[str, ...] | None) -> tuple[str, ...]:
    leaf = ".".join(path or ())
    return tuple(f"add.stats_parsed.{kind}.{leaf}" for kind in ("maxValues", "nullCount") if leaf)


async def _read_into(contents: Contents, body: bytes, path: str, wanted: tuple[str, ...]) -> None:
    read = _read_json if path.endswith(".json") else _read_parquet
    # Decoding is native code that frees the interpreter's lock for most of its time.
    await asyncio.to_thread(read, contents, body, path, wanted)


def _read_json(contents: Contents, body: bytes, path: str, wanted: tuple[str, ...]) -> None:
    roots = {name.partition(".")[0] for name in wanted}
    for number, action in parse_lines(body, path):
        kept = {kind: value for kind, value in action.items() if kind in roots}
        _take(contents, kept, f"{path}:{number}")


def _read_parquet(contents: Contents, body: bytes, path: str, wanted: tuple[str, ...]) -> None:
    try:
        file = pq.ParquetFile(pa.BufferReader(body))
        columns = _present(file, wanted)
        for group in range(file.num_row_groups if columns else 0):
            for row in _rows(file.read_row_group(group, columns=columns)):
                _take(contents, row, path)
    except (pa.ArrowException, OSError) as error:
        raise broken(path, f"is not a readable Parquet file ({str(error)[:200]})") from None


def _present(file: pq.ParquetFile, wanted: tuple[str, ...]) -> list[str]:
    """The leaf columns of the file that lie at or under a wanted one."""
    leaves = [file.schema.column(index).path for index in range(len(file.schema))]
    return [
        leaf
        for leaf in leaves
        if any(leaf == name or leaf.startswith(f"{name}.") for name in wanted)
    ]


def _rows(table: pa.Table) -> Iterator[dict[str, Any]]:
    for batch in table.to_batches(max_chunksize=8192):
        yield from batch.to_pylist()


def _take(contents: Contents, row: Mapping[str, Any], where: str) -> None:
    add, metadata, protocol = row.get("add"), row.get("metaData"), row.get("protocol")
    sidecar = row.get("sidecar")
    # Parquet turns an absent action into null, or into a struct of nulls.
    if add and add.get("path"):
        _take_add(contents, add, where)
    if metadata and (metadata.get("id") or metadata.get("schemaString")):
        contents.metadata = metadata_of(metadata)
    if protocol and protocol.get("minReaderVersion") is not None:
        contents.protocol = protocol_of(protocol)
    if sidecar and sidecar.get("path"):
        contents.sidecars.append(str(sidecar["path"]))


def _take_add(contents: Contents, add: Mapping[str, Any], where: str) -> None:
    body = dict(add)
    partition = body.get("partitionValues")
    if isinstance(partition, list):
        body["partitionValues"] = dict(partition)
    parsed = body.get("stats_parsed")
    if not body.get("stats") and isinstance(parsed, Mapping):
        contents.parsed[len(contents.adds)] = parsed
    contents.adds.append(file_action(body, where, default_change=True))
