"""The live-file state of a table between cycles: a head, a columnar snapshot, and deltas over it.

The head is JSON: version, position, metadata, protocol, totals and the newest event time. Each
cycle that saw commits adds one delta; when the deltas exceed a tenth of the snapshot they are
folded into it. A blob of another format, or of another event-time column, is rebuilt from the log.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pyarrow as pa

from monitors.core import State
from monitors.delta.live.files import (
    FORMAT,
    Delta,
    LiveFiles,
    Sums,
    as_table,
    decode,
    delta_of,
    encode,
)
from monitors.delta.live.statistics import Bound
from monitors.delta.log.actions import Clustering, Metadata, Protocol
from monitors.delta.log.position import Position

HEAD = "head"
_SNAPSHOT = "files"
_HEAD_FORMAT = "head.json.2"
_LEAST_FOLD = 64


@dataclass(frozen=True, slots=True)
class Head:
    """What an idle cycle needs of a table; the file blobs stay in the store.

    `newest` is in microseconds since 1970. `footers` says whether unknown row counts were looked
    up in Parquet footers.
    """

    position: Position
    at: datetime
    metadata: Metadata
    protocol: Protocol
    clustering: Clustering
    sums: Sums
    complete: bool
    event_name: str | None
    newest: int | None
    bound: Bound
    footers: bool
    snapshot_files: int
    deltas: tuple[str, ...]
    delta_files: int

    @property
    def version(self) -> int:
        return self.position.version

    def state(self) -> State:
        # A sum of what a log claims may have more digits than a number of JSON.
        sums = {name: str(number) for name, number in asdict(self.sums).items()}
        document = asdict(self) | {"at": self.at.timestamp(), "sums": sums}
        return State(HEAD, _HEAD_FORMAT, self.version, orjson.dumps(document))


def head_of(state: State | None) -> Head | None:
    """The head from its state; None when there is none, or none of our format."""
    if state is None or state.format != _HEAD_FORMAT:
        return None
    try:
        return _head(orjson.loads(state.blob))
    except (AttributeError, KeyError, OSError, OverflowError, TypeError, ValueError):
        return None


def _head(document: dict[str, Any]) -> Head:
    return Head(
        **document
        | {
            "position": Position(**document["position"]),
            "at": datetime.fromtimestamp(document["at"], UTC),
            "metadata": _metadata(document["metadata"]),
            "protocol": _protocol(document["protocol"]),
            "clustering": tuple(tuple(path) for path in document["clustering"]),
            "sums": Sums(**{name: int(number) for name, number in document["sums"].items()}),
            "bound": Bound(document["bound"]),
            "deltas": tuple(document["deltas"]),
        }
    )


def _metadata(document: dict[str, Any]) -> Metadata:
    columns = tuple(document.pop("partition_columns"))
    return Metadata(**document, partition_columns=columns)


def _protocol(document: dict[str, Any]) -> Protocol:
    readers, writers = document.pop("reader_features"), document.pop("writer_features")
    return Protocol(**document, reader_features=tuple(readers), writer_features=tuple(writers))


def live_files(head: Head, states: Mapping[str, State]) -> LiveFiles | None:
    """The live files at the head; None when a blob is missing, damaged or not of our format."""
    wanted = (_SNAPSHOT, *head.deltas)
    found = [states[key] for key in wanted if key in states and states[key].format == FORMAT]
    if len(found) != len(wanted):
        return None
    try:
        snapshot, _ = decode(found[0].blob)
        deltas = [delta_of(state.blob) for state in found[1:]]
    except (pa.ArrowException, OSError, KeyError, ValueError):
        return None
    # A stream that is cut between two of its messages is still a stream.
    changed = sum(len(delta.added) + len(delta.removed) for delta in deltas)
    if (snapshot.num_rows, changed) != (head.snapshot_files, head.delta_files):
        return None
    files = LiveFiles(snapshot)
    for delta in deltas:
        files.apply(delta)
    return files


@dataclass(frozen=True, slots=True)
class Saving:
    """What to write: states to put and keys to drop; `head` describes them."""

    head: Head
    put: tuple[State, ...]
    drop: tuple[str, ...]


def whole(head: Head, files: LiveFiles, stale: tuple[str, ...]) -> Saving:
    """A new snapshot; the deltas that it replaces are dropped."""
    table = files.table()
    head = replace(head, snapshot_files=table.num_rows, deltas=(), delta_files=0)
    snapshot = State(_SNAPSHOT, FORMAT, head.version, encode(table))
    return Saving(head, (head.state(), snapshot), stale)


def grown(head: Head, before: Head, delta: Delta, files: LiveFiles) -> Saving:
    """One more delta over the snapshot, or a fold when the deltas have grown too many."""
    changed = before.delta_files + len(delta.added) + len(delta.removed)
    if changed > max(_LEAST_FOLD, before.snapshot_files // 10):
        return whole(head, files, before.deltas)
    key = f"delta/{head.version:020d}"
    head = replace(
        head,
        snapshot_files=before.snapshot_files,
        deltas=(*before.deltas, key),
        delta_files=changed,
    )
    blob = encode(as_table(delta.added), delta.removed)
    return Saving(head, (head.state(), State(key, FORMAT, head.version, blob)), ())
