"""What is fuzzed: each target takes bytes, as a hostile log or a damaged store would hold them.

A target may raise UnreadableError and nothing else. Run one by
`python -m tests.proof.fuzz NAME --seconds 60 --seed 1`.
"""

import asyncio
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
from obstore.store import MemoryStore

from monitors.core import State
from monitors.delta import schema
from monitors.delta.counts import count
from monitors.delta.definitions import columns
from monitors.delta.facts import events_of, fact_of
from monitors.delta.feed import deletion_vectors
from monitors.delta.live import saved, statistics
from monitors.delta.live.files import FORMAT, Delta, LiveFiles, as_table, encode
from monitors.delta.live.statistics import EventColumn
from monitors.delta.live.table import TableState
from monitors.delta.log import checkpoints, features, pointer
from monitors.delta.log.actions import Commit, parse_commit
from monitors.delta.log.listing import Checkpoint, LogFile, sort_out
from monitors.delta.log.logstore import LogStore
from monitors.delta.log.position import Position
from monitors.delta.partition_values import partition_value
from monitors.errors import UnreadableError
from monitors.storage.paths import Root, data_path, table_root
from tests.monitors.delta.log_builder import (
    BIRTH,
    FEED,
    Action,
    add,
    info,
    lines,
    metadata,
    protocol,
    remove,
    table_of,
    vector,
)
from tests.monitors.delta.written import SIX_INLINE, bitmap_of, portable, run_bitmap, run_container

AT = datetime(2026, 3, 1, tzinfo=UTC)
ROOT = Root("s3", "bucket", "a table")
TYPES = ("string", "integer", "long", "decimal(5,2)", "boolean", "double", "date", "timestamp")
KINDS = (*TYPES, "timestamp_ntz", "binary", "byte", "void", "decimal(99,-9)", "decimal(1,9)")


@dataclass(frozen=True)
class Target:
    """A function to fuzz, the inputs to begin with, and words that it knows."""

    run: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    words: tuple[str, ...] = field(default=())


def commit(body: bytes) -> None:
    """A commit's JSON, taken over by a state and counted."""
    parsed = parse_commit(3, body, AT, "3.json")
    state = TableState(ROOT, version=2, event_name="at")
    walked(state, parsed)
    # Once more, on what the first left.
    walked(state, parsed)
    if state.protocol is not None and state.metadata is not None:
        features.names(state.protocol, state.metadata)
        features.demand_readable(state.protocol)


def walked(state: TableState, parsed: Commit) -> None:
    before = state.metadata
    removed = state.removed(parsed.removes, {})
    state.moved_metadata(parsed)
    added = state.added(parsed.adds, {})
    for feed in (True, False, None):
        counted = count(parsed, feed=feed, added=added, removed=removed)
        numbers = (counted.inserted, counted.updated, counted.deleted)
        assert not counted.exact or None not in numbers
        assert all(number is None or number >= 0 for number in numbers)
    fact_of(parsed, counted, added, removed)
    list(events_of(parsed, before, AT))
    gone = tuple(state.identity(touched.action) for touched in removed)
    state.apply(Delta(tuple(t.file for t in added if t.file is not None), gone))
    assert state.sums == state.files.sums()
    state.files.newest()


def checkpoint(body: bytes) -> None:
    """A checkpoint's Parquet file."""
    loaded(body, "parquet")


def manifest(body: bytes) -> None:
    """The JSON manifest of a v2 checkpoint, whose sidecar is sound."""
    loaded(body, "json")


def loaded(body: bytes, suffix: str) -> None:
    async def load() -> None:
        store = MemoryStore()
        log = LogStore("memory:", store)
        name = f"_delta_log/{3:020d}.checkpoint.{suffix}"
        await store.put_async(name, body)
        await store.put_async("_delta_log/_sidecars/s.parquet", parquet(add("a", 3)))
        file = LogFile(name, len(body), "", AT)
        contents = await checkpoints.load(log, Checkpoint(3, (file,)), lambda _: ("at",))
        state = TableState(ROOT, event_name="at")
        state.files = LiveFiles(
            as_table(
                {
                    file.key: file
                    for index, action in enumerate(contents.adds)
                    for file in (state.live_file(action, None, contents.parsed.get(index)),)
                }.values()
            )
        )
        state.files.sums()

    asyncio.run(load())


def bitmap(body: bytes) -> None:
    """The bitmap of a deletion vector; the first byte says how many rows it is to delete."""
    if body:
        quietly(deletion_vectors.checked, body[1:], body[0], "x")
        deletion_vectors.decode(body[1:], body[0], "x")


def descriptor(body: bytes) -> None:
    """The descriptor of a deletion vector, inline if it says so."""
    found = deletion_vectors.parse(mapping(body))
    if found is not None and found.storage == "i":
        deletion_vectors.read(found, None)  # type: ignore[arg-type]
    elif found is not None:
        deletion_vectors.z85_decode(found.text)


def schemas(body: bytes) -> None:
    """A schemaString; its first character says how columns are mapped."""
    text = body.decode("utf-8", "replace")
    modes: Mapping[str, str | None] = {"n": "name", "i": "id", "x": text[:20]}
    parsed = schema.parse(text[1:], modes.get(text[:1]))
    list(columns(parsed))
    for one in parsed.fields:
        str(one.type)
        quietly(lambda kind: schema.arrow_type(kind), one.type)
        quietly(parsed.leaf, one.name)


def partitions(body: bytes) -> None:
    """A partition value as each type; an odd one of them after the first line break."""
    text, _, kind = body.decode("utf-8", "replace").partition("\n")
    for name in (*KINDS, kind):
        quietly(lambda kind: partition_value(text, kind), schema.Primitive(name))


def stats(body: bytes) -> None:
    """The statistics of a file."""
    text = body.decode("utf-8", "replace")
    rows = statistics.row_count(text)
    parsed = statistics.parse(text)
    for path in (("at",), ("a", "b")):
        column = EventColumn("at", path, "timestamp")
        value, _ = statistics.newest(parsed, column, rows, whole=True)
        assert value is None or statistics.time_at(value) is not None


def paths(body: bytes) -> None:
    """The path of an action: total, and the same file however often it is told."""
    text = body.decode("utf-8", "replace")
    for root in (ROOT, Root("file", "", "tmp/t"), table_root("/a/b")):
        found = data_path(text, root)
        assert not found.path.startswith("/")
    table_root(text.replace("\0", ""))


def listing(body: bytes) -> None:
    """The names of a log's files, a line each."""
    names = body.decode("utf-8", "replace").split("\n")
    found = sort_out([LogFile(f"_delta_log/{name}", 1, "", AT) for name in names])
    head = found.head
    assert head is None or 0 <= head < 2**63
    for one in found.checkpoints_upto(2**63):
        assert one.files
    found.time_of(head or 0)


def kept(body: bytes) -> None:
    """The blobs that a store kept of a table, damaged: taken, or built again."""
    blob, _, rest = body.partition(b"\0\0")
    head = saved.head_of(State(saved.HEAD, HEAD_STATE.format, 1, blob))
    if head is None:
        head = saved.head_of(HEAD_STATE)
    assert head is not None
    states = {"files": State("files", FORMAT, 1, rest)}
    files = saved.live_files(head, states)
    if files is not None:
        files.sums()


def position(body: bytes) -> None:
    """A cursor, as a store kept it."""
    str(Position.parse(body.decode("utf-8", "replace")))


def mapping(body: bytes) -> Mapping[str, object] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def quietly(function: Callable[..., object], *values: object) -> None:
    """Call a function whose UnreadableError must not end the run."""
    try:
        function(*values)
    except UnreadableError:
        return


def parquet(*actions: Action) -> bytes:
    sink = io.BytesIO()
    pq.write_table(table_of(actions), sink)
    return sink.getvalue()


def a_head() -> State:
    state = TableState(ROOT)
    walked(state, parse_commit(0, lines((*BIRTH, add("a", 3))).encode(), AT, "0.json"))
    assert state.metadata is not None
    assert state.protocol is not None
    head = saved.Head(
        position=Position(0),
        at=AT,
        metadata=state.metadata,
        protocol=state.protocol,
        clustering=(),
        sums=state.sums,
        complete=True,
        event_name=None,
        newest=None,
        bound=statistics.Bound.UNKNOWN,
        footers=True,
        snapshot_files=1,
        deltas=(),
        delta_files=0,
    )
    return head.state()


def a_table() -> pa.Table:
    state = TableState(ROOT)
    walked(state, parse_commit(0, lines((*BIRTH, add("a", 3))).encode(), AT, "0.json"))
    return state.files.table()


HEAD_STATE = a_head()
BORN = (*BIRTH, info("WRITE", {"numOutputRows": "3"}, mode="Append"), add("a", 3))
SWAPPED = (
    protocol(3, 7, readerFeatures=["deletionVectors"]),
    metadata(FEED, '{"type":"struct","fields":[]}', ("part",)),
    info("MERGE", {"numTargetRowsInserted": "1", "numTargetRowsDeleted": 2}),
    remove("s3a://b/a%20b", deletionVector=vector(1, 2), stats='{"numRecords":5}'),
    add("./a b", 5, deletionVector=vector(2, 3), partitionValues={"part": None}),
    {"cdc": {"path": "_change_data/x", "size": 1}},
    {"domainMetadata": {"domain": "delta.clustering", "configuration": '{"clusteringColumns":[]}'}},
)
NESTED = (
    '{"type":"struct","fields":[{"name":"a","nullable":true,"metadata":'
    '{"delta.columnMapping.id":1,"delta.columnMapping.physicalName":"p"},"type":'
    '{"type":"map","keyType":"string","valueContainsNull":true,"valueType":'
    '{"type":"array","containsNull":false,"elementType":"decimal(5,2)"}}}]}'
)
KEYS = (
    *("add", "remove", "cdc", "commitInfo", "metaData", "protocol", "sidecar", "stats", "path"),
    *("deletionVector", "storageType", "pathOrInlineDv", "sizeInBytes", "cardinality", "offset"),
    *("numRecords", "maxValues", "nullCount", "tightBounds", "size", "dataChange"),
    *("partitionValues", "operationMetrics", "operationParameters", "timestamp", "configuration"),
    *("schemaString", "partitionColumns", "minReaderVersion", "readerFeatures", "domain"),
    *("9223372036854775808", "1e308", "null", "[]", "{}", "true", "-1"),
)
RUNS = portable((0, run_bitmap(1, (0, 6, run_container((3, 5))))))

TARGETS: dict[str, Target] = {
    "commit": Target(commit, (lines(BORN).encode(), lines(SWAPPED).encode()), KEYS),
    "checkpoint": Target(checkpoint, (parquet(*BIRTH, add("a", 3)), parquet(*SWAPPED[:2]))),
    "manifest": Target(
        manifest,
        (
            lines((*BIRTH, add("a", 3), {"sidecar": {"path": "s.parquet"}})).encode(),
            lines((*BIRTH, add("b", stats_parsed={"numRecords": 5}))).encode(),
        ),
        KEYS,
    ),
    "bitmap": Target(bitmap, (b"\x04" + bitmap_of((1, 2, 3, 9)), b"\x06" + RUNS)),
    "descriptor": Target(
        descriptor,
        (
            json.dumps(vector(1, 2)).encode(),
            json.dumps(
                {
                    "storageType": "i",
                    "sizeInBytes": 44,
                    "pathOrInlineDv": SIX_INLINE,
                    "cardinality": 6,
                }
            ).encode(),
        ),
        KEYS,
    ),
    "schema": Target(schemas, (b"n" + NESTED.encode(), b"i" + NESTED.encode()), KEYS),
    "partition": Target(
        partitions, (b"2026-03-01 12:30:00.123456+01:00\nudt", b"-1.50", b"true", b"\\u00ff")
    ),
    "statistics": Target(
        stats,
        (b'{"numRecords":5,"maxValues":{"at":"2026-03-01T00:00:00.000Z"},"nullCount":{"at":1}}',),
        KEYS,
    ),
    "path": Target(
        paths,
        (
            b"a%20b/./../c",
            b"s3a://bucket/a%20table/x",
            b"file:///tmp/t/x",
            b"abfss://c@a.dfs.core.windows.net/p",
            b"https://a.blob.core.windows.net/c/p",
        ),
    ),
    "listing": Target(
        listing,
        (
            b"00000000000000000003.json\n00000000000000000003.crc\n_last_checkpoint\n"
            b"00000000000000000003.checkpoint.0000000001.0000000002.parquet\n"
            b"00000000000000000003.00000000000000000005.compacted.json\n"
            b"00000000000000000003.checkpoint.00000000-0000-0000-0000-000000000001.parquet",
        ),
    ),
    "pointer": Target(pointer.parse, (b'{"version": 5, "size": 4, "numOfAddFiles": 2}',), KEYS),
    "kept": Target(kept, (HEAD_STATE.blob + b"\0\0" + encode(a_table()),)),
    "position": Target(position, (str(Position(5, 3, "x", "y")).encode(),), ("version", "etag")),
}
