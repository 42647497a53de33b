"""Checkpoints: the whole state of a table at a version, classic and v2.

Classic: one Parquet file, or several parts. V2: a manifest in JSON or Parquet whose `sidecar`
actions name Parquet files in `_delta_log/_sidecars`. Format:
https://github.com/delta-io/delta/blob/master/PROTOCOL.md, "Checkpoints".
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from monitors.delta.log.actions import (
    Clustering,
    FileAction,
    Metadata,
    Protocol,
    broken,
    clustering_of,
    file_action,
    metadata_of,
    parse_lines,
    protocol_of,
)
from monitors.delta.log.listing import SIDECARS, Checkpoint
from monitors.delta.log.logstore import LogStore
from monitors.errors import UnreadableError

_ACTIONS = ("add", "metaData", "protocol", "sidecar", "domainMetadata")
_MANIFEST = ("metaData", "protocol", "sidecar.path", "domainMetadata")
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
_VALUES, _NULLS = "add.stats_parsed.maxValues", "add.stats_parsed.nullCount"
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
    clustering: Clustering = ()


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
    for path in dict.fromkeys(map(_sidecar, contents.sidecars)):
        await _read_into(contents, await log.get(path), path, columns)
    return contents


def _sidecar(path: str) -> str:
    """Where a sidecar is: always in its folder, though its path may be spelled out in full."""
    return f"{SIDECARS}/{unquote(path.rpartition('/')[2])}"


def _event_columns(path: tuple[str, ...] | None) -> tuple[str, ...]:
    leaf = ".".join(path or ())
    return tuple(f"{part}.{leaf}" for part in (_VALUES, _NULLS) if leaf)


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
    before = len(contents.adds)
    try:
        _take_all(contents, body, path, wanted)
    except (pa.ArrowException, OSError) as error:
        raise _not_parquet(path, error) from None
    except (OverflowError, ValueError) as error:
        times = [column for column in wanted if column.startswith(_VALUES)]
        if not times:
            raise _not_parquet(path, error) from None
        # A time beyond the year 9999 costs no more than the statistics it belongs to.
        del contents.adds[before:]
        less = tuple(column for column in wanted if column not in times)
        _read_parquet(contents, body, path, less)


def _take_all(contents: Contents, body: bytes, path: str, wanted: tuple[str, ...]) -> None:
    # Nanoseconds, the default, overflow in silence, and Python has no time that holds them.
    parquet_file: Any = pq.ParquetFile
    file: pq.ParquetFile = parquet_file(
        pa.BufferReader(body), coerce_int96_timestamp_unit="us", arrow_extensions_enabled=False
    )
    columns = _present(file, wanted)
    for group in range(file.num_row_groups if columns else 0):
        for row in _rows(file.read_row_group(group, columns=columns)):
            _take(contents, row, path)


def _not_parquet(path: str, error: Exception) -> UnreadableError:
    return broken(path, f"is not a readable Parquet file ({str(error)[:200]})")


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
    add, metadata, protocol, sidecar, domain = (_action(row, kind, where) for kind in _ACTIONS)
    # Parquet turns an absent action into null, or into a struct of nulls.
    if add and add.get("path"):
        _take_add(contents, add, where)
    if metadata and (metadata.get("id") or metadata.get("schemaString")):
        contents.metadata = metadata_of(metadata, where)
    if protocol and protocol.get("minReaderVersion") is not None:
        contents.protocol = protocol_of(protocol, where)
    if sidecar and sidecar.get("path"):
        contents.sidecars.append(str(sidecar["path"]))
    if domain:
        contents.clustering = clustering_of(domain, contents.clustering) or ()


def _action(row: Mapping[str, Any], kind: str, where: str) -> Mapping[str, Any] | None:
    action = row.get(kind)
    if action is not None and not isinstance(action, Mapping):
        raise broken(where, f"has an action {kind!r} that is not an object")
    return action


def _take_add(contents: Contents, add: Mapping[str, Any], where: str) -> None:
    parsed = add.get("stats_parsed")
    if not add.get("stats") and isinstance(parsed, Mapping):
        contents.parsed[len(contents.adds)] = parsed
    contents.adds.append(file_action(add, where))
