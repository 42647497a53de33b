"""The actions of one commit of a Delta log, parsed from its JSON.

Format: https://github.com/delta-io/delta/blob/master/PROTOCOL.md, "Actions". A number that is not a
whole number of the expected range is None (unknown), so that one odd field costs no more than the
figure it belongs to; a line that is not a JSON object makes the commit unreadable.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from monitors.errors import UnreadableError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
GREATEST = 2**63 - 1
"""The greatest count and the greatest version: both are 64-bit integers in the log."""
_EXACT_FLOAT = 2**53
_KINDS = frozenset({"add", "remove", "cdc", "commitInfo", "metaData", "protocol", "domainMetadata"})
_CLUSTERING = "delta.clustering"
# A time beyond the year 9999 cannot be a datetime.
_LAST_MS = 253_402_300_799_000


def whole(value: Any) -> int | None:
    """A count: an int, its text or a float without fraction, from 0 to 2^63 - 1; else unknown."""
    if isinstance(value, str):
        value = int(value) if value.isascii() and value.isdigit() and len(value) < 20 else None
    elif isinstance(value, float):
        value = int(value) if value.is_integer() and value <= _EXACT_FLOAT else None
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= GREATEST:
        return value
    return None


def total(numbers: Iterable[int | None]) -> int | None:
    """A sum of counts; None when one of them is unknown, or when no 64 bits hold it."""
    known = 0
    for number in numbers:
        if number is None:
            return None
        known += number
    return known if known <= GREATEST else None


def time_of(milliseconds: Any) -> datetime | None:
    """A Unix time in milliseconds as a datetime; None when it is none."""
    value = whole(milliseconds)
    if value is None or value > _LAST_MS:
        return None
    return _EPOCH + timedelta(milliseconds=value)


@dataclass(slots=True)
class FileAction:
    """An add or a remove. `path` is as written (URI-encoded); `size` is bytes.

    `partition` is None where the action does not say; a value that it leaves out is null.
    """

    path: str
    size: int | None
    data_change: bool
    stats: str | None
    vector: Mapping[str, Any] | None
    partition: Mapping[str, str | None] | None

    @property
    def cardinality(self) -> int | None:
        """Rows that the deletion vector marks; 0 without a vector, None when it does not say."""
        rows = whole(self.vector.get("cardinality")) if self.vector else 0
        # No file holds more rows.
        return rows if rows is not None and rows <= _EXACT_FLOAT else None

    @property
    def vector_id(self) -> str:
        """What tells two vectors of one file apart, as the protocol derives it; empty without."""
        if not self.vector:
            return ""
        offset = self.vector.get("offset")
        where = "" if offset is None else f"@{offset}"
        return f"{self.vector.get('storageType')}{self.vector.get('pathOrInlineDv')}{where}"


@dataclass(frozen=True, slots=True)
class Protocol:
    """What a reader and a writer of the table must be able to do."""

    reader: int
    writer: int
    reader_features: tuple[str, ...] = ()
    writer_features: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Metadata:
    """The table's identity, schema and properties, as its newest metaData action says."""

    id: str
    schema_string: str
    partition_columns: tuple[str, ...]
    properties: Mapping[str, str]

    @property
    def feed(self) -> bool:
        return self.properties.get("delta.enableChangeDataFeed", "").lower() == "true"


Clustering = tuple[tuple[str, ...], ...]
"""The columns by which a table is clustered: the physical path of each."""


@dataclass(slots=True)
class Commit:
    """One commit. `at` follows design: in-commit timestamp, commitInfo, then the file's time."""

    version: int
    at: datetime
    info: Mapping[str, Any] = field(default_factory=dict)
    protocol: Protocol | None = None
    metadata: Metadata | None = None
    clustering: Clustering | None = None
    adds: list[FileAction] = field(default_factory=list)
    removes: list[FileAction] = field(default_factory=list)
    cdc: list[FileAction] = field(default_factory=list)

    @property
    def operation(self) -> str:
        name = self.info.get("operation")
        return name if isinstance(name, str) else ""

    @property
    def changes_data(self) -> bool:
        return any(action.data_change for action in (*self.adds, *self.removes))

    def metric(self, *names: str) -> int | None:
        """The first of some operationMetrics that is there; None when none of them is."""
        metrics = self.info.get("operationMetrics")
        if not isinstance(metrics, Mapping):
            return None
        found = (whole(metrics.get(name)) for name in names)
        return next((value for value in found if value is not None), None)


def parse_commit(version: int, body: bytes, written: datetime, name: str) -> Commit:
    """A commit from the bytes of its JSON; `written` is the file's modification time.

    Raises UnreadableError with the file and the line that cannot be read.
    """
    commit = Commit(version, written)
    actions = parse_lines(body, name)
    if not actions:
        # What a crash leaves behind; what the commit was to hold is unknown.
        raise broken(name, "is empty")
    for number, action in actions:
        _take(commit, action, f"{name}:{number}")
    info = commit.info
    stamp = time_of(info.get("inCommitTimestamp")) or time_of(info.get("timestamp"))
    commit.at = stamp or written
    return commit


def parse_lines(body: bytes, name: str) -> list[tuple[int, dict[str, Any]]]:
    """The (line number, action) pairs of newline-delimited JSON; raises UnreadableError."""
    actions = []
    for number, line in enumerate(body.split(b"\n"), 1):
        if not line or line.isspace():
            continue
        try:
            action = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise broken(f"{name}:{number}", f"is not JSON ({error.msg})") from None
        if not isinstance(action, dict):
            raise broken(f"{name}:{number}", "is not a JSON object")
        actions.append((number, action))
    return actions


def broken(where: str, what: str) -> UnreadableError:
    """The error for a log that contradicts the protocol at some place."""
    return UnreadableError(
        f"broken log: {where} {what}",
        "restore the file from a backup or a replica, or rebuild the table from a checkpoint",
    )


def _take(commit: Commit, action: Mapping[str, Any], where: str) -> None:
    for kind, body in action.items():
        if kind not in _KINDS or body is None:
            continue
        if kind == "cdc":
            commit.cdc.append(_change_file(body))
            continue
        if not isinstance(body, Mapping):
            if kind in ("commitInfo", "domainMetadata"):
                # Neither tells what the table holds, and both are told as the writer likes.
                continue
            raise broken(where, f"has an action {kind!r} that is not an object")
        if kind == "add":
            commit.adds.append(file_action(body, where))
        elif kind == "remove":
            commit.removes.append(file_action(body, where))
        elif kind == "commitInfo":
            commit.info = body
        elif kind == "metaData":
            commit.metadata = metadata_of(body, where)
        elif kind == "domainMetadata":
            commit.clustering = clustering_of(body, commit.clustering)
        else:
            commit.protocol = protocol_of(body, where)


def _change_file(body: Any) -> FileAction:
    """A cdc action. One without a path costs no more than its commit's feed, which says so."""
    body = body if isinstance(body, Mapping) else {}
    path = body.get("path")
    path = path if isinstance(path, str) else ""
    return FileAction(path, whole(body.get("size")), False, None, None, None)


def file_action(body: Mapping[str, Any], where: str) -> FileAction:
    """An add or remove action; raises UnreadableError when it names no file."""
    path = body.get("path")
    if not isinstance(path, str) or not path:
        raise broken(where, "has a file action without a path")
    stats, vector = body.get("stats"), body.get("deletionVector")
    return FileAction(
        path,
        whole(body.get("size")),
        # What is not called maintenance is a change.
        str(body.get("dataChange")).lower() != "false",
        stats if isinstance(stats, str) and stats else None,
        vector if isinstance(vector, Mapping) and vector.get("storageType") else None,
        _partition(body.get("partitionValues")),
    )


def _partition(values: Any) -> Mapping[str, str | None] | None:
    """Partition values as texts; some writers leave numbers unquoted, a checkpoint has pairs."""
    if isinstance(values, list):
        values = _pairs(values)
    if not isinstance(values, Mapping):
        return None
    if all(value is None or isinstance(value, str) for value in values.values()):
        return values
    return {key: _text(value) for key, value in values.items()}


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


def _pairs(values: list[Any]) -> dict[str, Any] | None:
    try:
        return {str(key): value for key, value in values}
    except (TypeError, ValueError):
        return None


def protocol_of(body: Mapping[str, Any], where: str) -> Protocol:
    """The protocol action; absent versions count as 1.

    What it asks of readers must be understood; what it asks of writers is told as far as it is.
    """
    reader, writers = whole(body.get("minReaderVersion", 1)), body.get("writerFeatures")
    if reader is None:
        raise broken(where, f"has the minReaderVersion {str(body['minReaderVersion'])[:40]!r}")
    return Protocol(
        reader,
        whole(body.get("minWriterVersion")) or 1,
        _texts(body.get("readerFeatures"), "readerFeatures", where),
        tuple(filter(_is_text, writers)) if isinstance(writers, list) else (),
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def metadata_of(body: Mapping[str, Any], where: str) -> Metadata:
    """The metaData action; properties of a checkpoint may come as a list of pairs."""
    properties = body.get("configuration") or {}
    pairs = _pairs(properties) if isinstance(properties, list) else properties
    if not isinstance(pairs, Mapping):
        raise broken(where, "has a metaData whose configuration is not an object")
    return Metadata(
        str(body.get("id") or ""),
        str(body.get("schemaString") or ""),
        _texts(body.get("partitionColumns"), "partitionColumns", where),
        {str(key): str(_text(value)) for key, value in pairs.items() if value is not None},
    )


def clustering_of(body: Mapping[str, Any], before: Clustering | None) -> Clustering | None:
    """The clustering that a domainMetadata action sets; `before` where it is about another domain.

    Format: https://github.com/delta-io/delta/blob/master/PROTOCOL.md, "Clustered Table".
    """
    if body.get("domain") != _CLUSTERING:
        return before
    if body.get("removed") is True:
        return ()
    try:
        columns = orjson.loads(body["configuration"])["clusteringColumns"]
        return tuple(tuple(str(part) for part in column) for column in columns)
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return before


def _texts(values: Any, name: str, where: str) -> tuple[str, ...]:
    if values is None:
        return ()
    if not isinstance(values, list) or not all(map(_is_text, values)):
        raise broken(where, f"has {name} that are not a list of names")
    return tuple(values)
