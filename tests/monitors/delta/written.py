"""Small tables written file by file: Parquet files, deletion vectors, and the actions they need."""

import json
import struct
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from monitors.delta.feed.commits import ChangedCommit, ChangedFile, Table
from monitors.delta.feed.deletion_vectors import Vector, parse
from monitors.delta.schema import Schema
from monitors.delta.schema import parse as parse_schema

AT = datetime(2026, 3, 1, 12, 30, 0, 123000, tzinfo=UTC)
MAGIC = 1681511377

# The protocol's inline example: rows 3, 4, 7, 11, 18, 29.
SIX_ROWS = (3, 4, 7, 11, 18, 29)
SIX_INLINE = "^Bg9^0rr910000000000iXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L"
SIX_DESCRIPTOR = {
    "storageType": "i",
    "pathOrInlineDv": SIX_INLINE,
    "sizeInBytes": 44,
    "cardinality": 6,
}


def schema_string(*fields: tuple[str, Any] | tuple[str, Any, dict[str, Any]]) -> str:
    """A Delta schemaString of (name, type[, metadata])."""
    return json.dumps({"type": "struct", "fields": [field(*f) for f in fields]})


def field(name: str, kind: Any, metadata: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"name": name, "type": kind, "nullable": True, "metadata": metadata or {}}


def mapped(physical: str, number: int) -> dict[str, Any]:
    """The metadata of a column under column mapping."""
    return {"delta.columnMapping.physicalName": physical, "delta.columnMapping.id": number}


def parquet(folder: Path, path: str, table: pa.Table, **options: Any) -> int:
    """Write a data file; its size in bytes."""
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    write: Any = pq.write_table
    write(table, file, **options)
    return file.stat().st_size


def array_container(low: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(low)}H", *low)


def bitmap_container(low: Sequence[int]) -> bytes:
    bits = bytearray(8192)
    for value in low:
        bits[value // 8] |= 1 << value % 8
    return bytes(bits)


def run_container(*runs: tuple[int, int]) -> bytes:
    """Runs of (first, how many more)."""
    return struct.pack(f"<H{2 * len(runs)}H", len(runs), *(n for run in runs for n in run))


def plain_bitmap(*containers: tuple[int, int, bytes]) -> bytes:
    """A 32-bit bitmap without runs, of (key, cardinality, container)."""
    head = struct.pack("<II", 12346, len(containers))
    return head + _headers(containers) + _offsets(len(head), containers) + _bodies(containers)


def run_bitmap(flags: int, *containers: tuple[int, int, bytes]) -> bytes:
    """A 32-bit bitmap whose containers flagged in `flags` are runs."""
    head = struct.pack("<I", 12347 | len(containers) - 1 << 16)
    head += flags.to_bytes((len(containers) + 7) // 8, "little")
    offsets = _offsets(len(head), containers) if len(containers) >= 4 else b""
    return head + _headers(containers) + offsets + _bodies(containers)


def _headers(containers: Sequence[tuple[int, int, bytes]]) -> bytes:
    return b"".join(struct.pack("<HH", key, size - 1) for key, size, _ in containers)


def _offsets(head: int, containers: Sequence[tuple[int, int, bytes]]) -> bytes:
    at, found = head + 8 * len(containers), b""
    for _, _, body in containers:
        found += struct.pack("<I", at)
        at += len(body)
    return found


def _bodies(containers: Sequence[tuple[int, int, bytes]]) -> bytes:
    return b"".join(body for _, _, body in containers)


def portable(*bitmaps: tuple[int, bytes]) -> bytes:
    """A RoaringBitmapArray of (high 32 bits, bitmap)."""
    body = b"".join(struct.pack("<I", key) + bitmap for key, bitmap in bitmaps)
    return struct.pack("<IQ", MAGIC, len(bitmaps)) + body


def bitmap_of(positions: Sequence[int]) -> bytes:
    """A RoaringBitmapArray of positions below 65,536."""
    if not positions:
        return portable()
    return portable((0, plain_bitmap((0, len(positions), array_container(positions)))))


def stored(bitmap: bytes) -> bytes:
    """A vector as it lies in a file: size, bitmap, CRC-32."""
    return struct.pack(">i", len(bitmap)) + bitmap + struct.pack(">I", zlib.crc32(bitmap))


Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


def z85(body: bytes) -> str:
    body += bytes(-len(body) % 4)
    words = struct.unpack(f">{len(body) // 4}I", body)
    return "".join(Z85[word // 85**power % 85] for word in words for power in (4, 3, 2, 1, 0))


def inline(*positions: int) -> Vector:
    """An inline vector."""
    bitmap = bitmap_of(positions)
    descriptor = {
        "storageType": "i",
        "pathOrInlineDv": z85(bitmap),
        "sizeInBytes": len(bitmap),
        "cardinality": len(positions),
    }
    return known(parse(descriptor))


def in_file(folder: Path, number: int, *positions: int) -> Vector:
    """A vector in a file of its own."""
    name, bitmap = UUID(int=number), bitmap_of(positions)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"deletion_vector_{name}.bin").write_bytes(b"\x01" + stored(bitmap))
    descriptor = {
        "storageType": "u",
        "pathOrInlineDv": z85(name.bytes),
        "offset": 1,
        "sizeInBytes": len(bitmap),
        "cardinality": len(positions),
    }
    return known(parse(descriptor))


def known(vector: Vector | None) -> Vector:
    assert vector is not None
    return vector


def commits(folder: Path) -> list[tuple[ChangedCommit, Table]]:
    """The commits of a table on disk, each with the table as of then."""
    found: list[tuple[ChangedCommit, Table]] = []
    schema, partitions = Schema(()), tuple[str, ...]()
    for log in sorted((folder / "_delta_log").glob("0*.json")):
        if not log.stem.isdigit():
            continue  # the manifest of a v2 checkpoint
        actions = [json.loads(line) for line in log.read_text().splitlines()]
        for metadata in _of("metaData", actions):
            mapping = metadata["configuration"].get("delta.columnMapping.mode")
            schema = parse_schema(metadata["schemaString"], mapping)
            partitions = tuple(metadata["partitionColumns"])
        commit = ChangedCommit(
            int(log.stem),
            _written_at(actions),
            tuple(changed(a) for a in _of("add", actions) if a["dataChange"]),
            tuple(changed(a) for a in _of("remove", actions) if a["dataChange"]),
            tuple(changed(a) for a in _of("cdc", actions)),
        )
        found.append((commit, Table(str(folder), schema, partitions)))
    return found


def changed(action: dict[str, Any]) -> ChangedFile:
    stats = json.loads(action.get("stats") or "{}")
    return ChangedFile(
        action["path"],
        action.get("partitionValues"),
        action.get("size"),
        stats.get("numRecords"),
        parse(action.get("deletionVector")),
    )


def _of(kind: str, actions: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [action[kind] for action in actions if kind in action]


def _written_at(actions: Sequence[dict[str, Any]]) -> datetime:
    (milliseconds,) = [info["timestamp"] for info in _of("commitInfo", actions)] or [0]
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
