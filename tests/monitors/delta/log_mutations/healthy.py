"""The healthy table that mutations spoil: ten versions, a checkpoint, and every way of counting.

| version | what it did | counted from |
|---|---|---|
| 0 | created, change feed and deletion vectors on | |
| 1 | appended A (10 rows) and B (20) | statistics |
| 2 | appended C (5), without statistics | C's footer |
| 3 | deleted two rows of A: an inline vector | the vector's size |
| 4 | deleted two more and restored one: a vector in a file | both vectors |
| 5 | compacted B and C to D (25); the checkpoint | nothing changed |
| 6 | updated three rows of D, rewritten as D2; a change file | the change file |
| 7 | appended E (7); an earlier cycle read as far as this | statistics |
| 8 | deleted E | metrics |
| 9 | appended F (11); the checksum | statistics |
"""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa

from tests.monitors.delta.log_builder import (
    FEED,
    Action,
    Log,
    add,
    info,
    metadata,
    protocol,
    remove,
    vector,
)
from tests.monitors.delta.written import in_file, parquet, schema_string

HEAD, CHECKPOINT, READ_BEFORE = 9, 5, 7
COUNTS = {
    0: (0, 0, 0),
    1: (30, 0, 0),
    2: (5, 0, 0),
    3: (0, 0, 2),
    4: (1, 0, 2),
    5: (0, 0, 0),
    6: (0, 3, 0),
    7: (7, 0, 0),
    8: (0, 0, 7),
    9: (11, 0, 0),
}
"""Inserted, updated, deleted of each version, all exact."""
ROWS, FILES, SIZE = 43, 3, 300
NEWEST = "2026-02-09T00:00:00+00:00"
"""The newest event time, of F."""

SCHEMA = schema_string(("id", "long"), ("at", "timestamp"), ("part", "string"))
IN = "part=x%20y"
FEATURES = ["deletionVectors", "v2Checkpoint"]
PROTOCOL = protocol(3, 7, readerFeatures=FEATURES, writerFeatures=[*FEATURES, "changeDataFeed"])
METADATA = metadata(FEED, SCHEMA, ("part",))
FIRST_VECTOR = vector(1, 2)
CHANGES = "_change_data/cdc.parquet"


def path_of(name: str) -> str:
    return f"{IN}/{name}.parquet"


def written(name: str, rows: int | None, day: int, **more: Any) -> Action:
    """An add of the healthy table; `day` of February 2026 is its newest event time."""
    body = {"partitionValues": {"part": "x y"}} | more
    if rows is not None:
        newest = f"2026-02-{day:02d}T00:00:00.000Z"
        stated = {"numRecords": rows, "maxValues": {"at": newest}, "nullCount": {"at": 0}}
        if "deletionVector" in more:
            stated["tightBounds"] = False
        body["stats"] = json.dumps(stated)
    return add(path_of(name), **body)


def gone(name: str, **more: Any) -> Action:
    return remove(path_of(name), size=100, partitionValues={"part": "x y"}, **more)


def build(table: Path) -> Log:
    """Write the table, as it was when it was read before: the versions up to READ_BEFORE."""
    log = Log(table)
    second = write_data(table)
    log.commits(
        [PROTOCOL, METADATA, told(0, "CREATE TABLE")],
        [told(1, "WRITE"), written("A", 10, 1), written("B", 20, 2)],
        [told(2, "WRITE"), written("C", None, 3)],
        [
            told(3, "DELETE", {"numDeletedRows": "2"}),
            gone("A"),
            written("A", 10, 1, deletionVector=FIRST_VECTOR),
        ],
        [
            told(4, "UPDATE"),
            gone("A", deletionVector=FIRST_VECTOR),
            written("A", 10, 1, deletionVector=second),
        ],
        [
            told(5, "OPTIMIZE"),
            gone("B", dataChange=False),
            gone("C", dataChange=False),
            written("D", 25, 4, dataChange=False),
        ],
        [
            told(6, "UPDATE"),
            gone("D"),
            written("D2", 25, 4),
            {"cdc": {"path": CHANGES, "partitionValues": {"part": "x y"}, "size": 1}},
        ],
        [told(7, "WRITE"), written("E", 7, 5)],
    )
    log.checkpoint(CHECKPOINT, *checkpointed(second))
    point(log, CHECKPOINT, 2)
    return log


def checkpointed(second: Action) -> tuple[Action, ...]:
    """What the checkpoint holds."""
    kept = written("A", 10, 1, deletionVector=second)
    return (PROTOCOL, METADATA, kept, written("D", 25, 4))


def finish(log: Log) -> None:
    """Write what happened since it was read before."""
    log.commit(8, told(8, "DELETE", {"numDeletedRows": "7"}), gone("E"))
    log.commit(9, told(9, "WRITE"), written("F", 11, 9))
    log.crc(9, {"numFiles": FILES, "tableSizeBytes": SIZE})


def told(version: int, operation: str, metrics: dict[str, str] | None = None) -> Action:
    """A commitInfo; each version was written an hour after the one before it."""
    ((kind, body),) = info(operation, metrics).items()
    return {kind: body | {"timestamp": body["timestamp"] + version * 3_600_000}}


def point(log: Log, version: Any, files: Any) -> None:
    """Write `_last_checkpoint`."""
    pointer = {"version": version, "size": 4, "numOfAddFiles": files}
    log.path("_last_checkpoint").write_text(json.dumps(pointer))


def write_data(table: Path) -> dict[str, Any]:
    """The files that are opened to count; the second deletion vector of A."""
    times = [pa.scalar(1_770_076_800_000_000 + n, pa.timestamp("us", "UTC")) for n in range(5)]
    parquet(table, "part=x y/C.parquet", pa.table({"id": list(range(5)), "at": times}))
    kinds = ["update_preimage", "update_postimage"] * 3
    parquet(table, CHANGES, pa.table({"id": [1, 1, 2, 2, 3, 3], "_change_type": kinds}))
    found = in_file(table, 1, 2, 3, 4)
    return {
        "storageType": found.storage,
        "pathOrInlineDv": found.text,
        "offset": found.offset,
        "sizeInBytes": found.size,
        "cardinality": found.cardinality,
    }
