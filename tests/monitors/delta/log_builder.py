"""Small Delta logs written by hand: commits, checkpoints of every kind, checksums.

A file's path is its name; unless a test writes data, there is none behind it.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from tests.monitors.delta.written import bitmap_of, schema_string, z85

Action = dict[str, Any]
FEED = {"delta.enableChangeDataFeed": "true"}
ID = schema_string(("id", "long"))
MANIFEST = UUID(int=1)


def protocol(reader: int = 1, writer: int = 2, **features: Sequence[str]) -> Action:
    """`readerFeatures` and `writerFeatures` as they are given."""
    return {"protocol": {"minReaderVersion": reader, "minWriterVersion": writer, **features}}


def metadata(
    properties: Mapping[str, str] | None = None,
    schema: str = ID,
    partitions: Sequence[str] = (),
    table_id: str = "a table",
) -> Action:
    body = {
        "id": table_id,
        "format": {"provider": "parquet", "options": {}},
        "schemaString": schema,
        "partitionColumns": list(partitions),
        "configuration": dict(properties or {}),
        "createdTime": 0,
    }
    return {"metaData": body}


def info(operation: str, metrics: Mapping[str, Any] | None = None, **parameters: Any) -> Action:
    body: dict[str, Any] = {
        "timestamp": 1_770_000_000_000,
        "operation": operation,
        "operationParameters": parameters,
    }
    return {"commitInfo": body if metrics is None else body | {"operationMetrics": metrics}}


def add(path: str, rows: int | None = None, **more: Any) -> Action:
    """An add; `rows` become its statistics, `more` overrides what it says."""
    body = {
        "path": path,
        "partitionValues": {},
        "size": 100,
        "modificationTime": 0,
        "dataChange": True,
    }
    if rows is not None:
        body["stats"] = json.dumps({"numRecords": rows})
    return {"add": body | more}


def remove(path: str, **more: Any) -> Action:
    return {"remove": {"path": path, "deletionTimestamp": 0, "dataChange": True} | more}


def cdc(path: str) -> Action:
    return {"cdc": {"path": path, "partitionValues": {}, "size": 1, "dataChange": False}}


def vector(*positions: int) -> dict[str, Any]:
    """An inline deletion vector."""
    bitmap = bitmap_of(positions)
    return {
        "storageType": "i",
        "pathOrInlineDv": z85(bitmap),
        "sizeInBytes": len(bitmap),
        "cardinality": len(positions),
    }


def without(action: Action, *keys: str) -> Action:
    """The action less some of its keys."""
    ((kind, body),) = action.items()
    return {kind: {key: value for key, value in body.items() if key not in keys}}


BIRTH = (protocol(), metadata())


@dataclass
class Log:
    """The log of a table in a folder."""

    table: Path

    @property
    def uri(self) -> str:
        return str(self.table)

    def path(self, name: str) -> Path:
        file = self.table / "_delta_log" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        return file

    def commit(self, version: int, *actions: Action, at: float | None = None) -> Path:
        """A commit; `at` is its file's time in seconds since 1970."""
        return self.text(version, lines(actions), at)

    def text(self, version: int, body: str | bytes, at: float | None = None) -> Path:
        """A commit file of just these characters or bytes."""
        file = self.path(f"{version:020d}.json")
        file.write_bytes(body.encode() if isinstance(body, str) else body)
        if at is not None:
            os.utime(file, (at, at))
        return file

    def commits(self, *commits: Sequence[Action]) -> "Log":
        """Commits from version 0 on."""
        for version, actions in enumerate(commits):
            self.commit(version, *actions)
        return self

    def compacted(self, first: int, last: int, *actions: Action) -> Path:
        file = self.path(f"{first:020d}.{last:020d}.compacted.json")
        file.write_text(lines(actions))
        return file

    def crc(self, version: int, body: str | bytes | Mapping[str, Any]) -> Path:
        file = self.path(f"{version:020d}.crc")
        text = json.dumps(body) if isinstance(body, Mapping) else body
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    def checkpoint(self, version: int, *actions: Action, parts: int = 1) -> list[Path]:
        """A classic checkpoint, in one file or in parts."""
        names = [f"{version:020d}.checkpoint.parquet"]
        if parts > 1:
            numbers = range(1, parts + 1)
            names = [f"{version:020d}.checkpoint.{n:010d}.{parts:010d}.parquet" for n in numbers]
        files = [self.path(name) for name in names]
        for number, file in enumerate(files):
            pq.write_table(table_of(actions[number::parts]), file)
        return files

    def manifest(
        self, version: int, *actions: Action, kind: str = "json", sidecars: Sequence[str] = ()
    ) -> Path:
        """A v2 checkpoint's manifest; its sidecars are named as given."""
        named = [{"sidecar": {"path": s, "sizeInBytes": 1}} for s in sidecars]
        every = [{"checkpointMetadata": {"version": version}}, *actions, *named]
        file = self.path(f"{version:020d}.checkpoint.{MANIFEST}.{kind}")
        if kind == "json":
            file.write_text(lines(every))
        else:
            pq.write_table(table_of(every), file)
        return file

    def sidecar(self, name: str, *actions: Action) -> Path:
        file = self.path(f"_sidecars/{name}")
        pq.write_table(table_of(actions), file)
        return file


def lines(actions: Sequence[Action]) -> str:
    return "\n".join(json.dumps(action) for action in actions)


_MAP = pa.map_(pa.string(), pa.string())
_VECTOR = pa.struct(
    [
        pa.field("storageType", pa.string()),
        pa.field("pathOrInlineDv", pa.string()),
        pa.field("offset", pa.int32()),
        pa.field("sizeInBytes", pa.int32()),
        pa.field("cardinality", pa.int64()),
    ]
)
_ADD = [
    pa.field("path", pa.string()),
    pa.field("partitionValues", _MAP),
    pa.field("size", pa.int64()),
    pa.field("modificationTime", pa.int64()),
    pa.field("dataChange", pa.bool_()),
    pa.field("stats", pa.string()),
    pa.field("deletionVector", _VECTOR),
]
_OTHERS = {
    "metaData": pa.struct(
        [
            pa.field("id", pa.string()),
            pa.field("schemaString", pa.string()),
            pa.field("partitionColumns", pa.list_(pa.string())),
            pa.field("configuration", _MAP),
        ]
    ),
    "protocol": pa.struct(
        [
            pa.field("minReaderVersion", pa.int32()),
            pa.field("minWriterVersion", pa.int32()),
            pa.field("readerFeatures", pa.list_(pa.string())),
            pa.field("writerFeatures", pa.list_(pa.string())),
        ]
    ),
    "sidecar": pa.struct([pa.field("path", pa.string()), pa.field("sizeInBytes", pa.int64())]),
}


def table_of(actions: Sequence[Action]) -> pa.Table:
    """Actions as a checkpoint has them; the type of `stats_parsed` follows from its values."""
    parsed = [a["add"]["stats_parsed"] for a in actions if "stats_parsed" in a.get("add", {})]
    more = [pa.field("stats_parsed", pa.array(parsed).type)] if parsed else []
    kinds = {"add": pa.struct([*_ADD, *more]), **_OTHERS}
    columns = {
        kind: pa.array([_mapped(action.get(kind)) for action in actions], of)
        for kind, of in kinds.items()
    }
    return pa.table(columns)


def _mapped(body: Action | None) -> Action | None:
    """An action with its maps as pairs, as Arrow wants them."""
    maps = ("partitionValues", "configuration")
    if body is None:
        return None
    return {k: list(v.items()) if k in maps and v is not None else v for k, v in body.items()}
