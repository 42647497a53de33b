"""A table while its log is walked: metadata, protocol, live files and their totals."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from monitors.delta.counts import Touched
from monitors.delta.live.files import Delta, LiveFile, LiveFiles, Sums, key_of
from monitors.delta.live.statistics import (
    Bound,
    EventColumn,
    microseconds,
    newest,
    parse,
    plausible,
    row_count,
)
from monitors.delta.log.actions import Clustering, Commit, FileAction, Metadata, Protocol
from monitors.delta.partition_values import partition_value
from monitors.delta.schema import Primitive, Schema
from monitors.delta.schema import parse as parse_schema
from monitors.errors import UnreadableError
from monitors.storage.paths import Root, data_path

# A relative path without anything to decode or to clean is canonical as it is.
_PLAIN = re.compile(r"(?:[\w=-][\w=.-]*/)*[\w=-][\w=.-]*", re.ASCII)
_EVENT_TYPES = ("timestamp", "timestamp_ntz", "date")


@dataclass(slots=True)
class TableState:
    """What is known of a table at `version` (-1: before its first commit).

    `complete` says whether `files` holds every live file: false where commits are gone, the first
    of them `lost`, and no checkpoint has been met yet. `event` is the declared event-time column
    as the schema has it, or as `pinned` says whatever the schema; `unsettled` that it became
    another one, so that what is kept of it is void.
    """

    root: Root
    version: int = -1
    metadata: Metadata | None = None
    protocol: Protocol | None = None
    clustering: Clustering = ()
    files: LiveFiles = field(default_factory=LiveFiles)
    sums: Sums = field(default_factory=Sums)
    complete: bool = True
    lost: int = 0
    event_name: str | None = None
    event: EventColumn | None = None
    pinned: EventColumn | None = None
    unsettled: bool = False

    @property
    def feed(self) -> bool | None:
        """Whether a change feed is kept; None where the log no longer tells."""
        return None if self.metadata is None else self.metadata.feed

    def set_metadata(self, metadata: Metadata) -> None:
        """Take over a schema; the event-time column may become another one by it."""
        before = self.event
        self.metadata = metadata
        self.event = self.pinned or event_column(metadata, self.event_name)
        if self.sums.files and _place(self.event) != _place(before):
            self.unsettled = True

    def lose(self, version: int) -> None:
        """Move past commits whose content is gone: anything may have changed in them."""
        if self.complete:
            self.lost = self.version + 1
        self.version, self.complete = version, False
        self.metadata = self.event = None

    def apply(self, delta: Delta) -> None:
        """Move files and totals by one commit."""
        # A file may be added again without a removal: new statistics, a new row id.
        for key in {*delta.removed, *(file.key for file in delta.added)}:
            file = self.files.get(key)
            if file is not None:
                self.sums = self.sums.moved(file, -1)
        for file in delta.added:
            self.sums = self.sums.moved(file, 1)
        self.files.apply(delta)

    def key(self, action: FileAction) -> int:
        """The key of the path that an action names, however it is spelled."""
        if _PLAIN.fullmatch(action.path):
            return key_of(action.path)
        try:
            return key_of(data_path(action.path, self.root).key)
        except (UnreadableError, UnicodeDecodeError):
            return key_of(action.path)

    def identity(self, action: FileAction) -> int:
        """The key of the logical file that an action names: its path with its deletion vector."""
        return _identity(self.key(action), action)

    def live_file(
        self,
        action: FileAction,
        rows: int | None,
        parsed: Mapping[str, Any] | None = None,
    ) -> LiveFile:
        """The file of an add.

        `rows` is its physical row count, where statistics lack it; `parsed` are the struct
        statistics of a checkpoint, where it has no others.
        """
        stated = row_count(action.stats) if parsed is None else plausible(parsed.get("numRecords"))
        rows = rows if stated is None else stated
        vector = action.cardinality
        if rows is not None and vector is not None and vector > rows:
            rows = None
        value, bound = self._newest(action, rows, parsed)
        partition = "/".join(
            f"{name}={'' if text is None else text}"
            for name, text in (action.partition or {}).items()
        )
        return LiveFile(self.identity(action), rows, vector, action.size, partition, value, bound)

    def _newest(
        self, action: FileAction, rows: int | None, parsed: Mapping[str, Any] | None
    ) -> tuple[int | None, Bound]:
        if self.event is None:
            return None, Bound.UNKNOWN
        if self.event.partition:
            return self._partition_bound(action)
        stats = parse(action.stats) if parsed is None else parsed
        return newest(stats, self.event, rows, whole=action.cardinality == 0)

    def _partition_bound(self, action: FileAction) -> tuple[int | None, Bound]:
        assert self.event is not None
        if action.partition is None:
            return None, Bound.UNKNOWN
        kind = Primitive(self.event.kind)
        try:
            value = partition_value(action.partition.get(self.event.path[0]), kind)
        except (ValueError, UnreadableError):
            return None, Bound.UNKNOWN
        if value is None:
            return None, Bound.EMPTY
        at = microseconds(value)
        return at, Bound.UNKNOWN if at is None else Bound.TIGHT

    def added(self, actions: Sequence[FileAction], rows: Mapping[str, int]) -> list[Touched]:
        """The files of some adds; one that is named twice is one file, as the last add says."""
        found = {
            file.key: Touched(action, self.key(action), file, self._there(file.key))
            for action in actions
            for file in (self.live_file(action, rows.get(action.path)),)
        }
        return list(found.values())

    def _there(self, identity: int) -> bool:
        return self.files.get(identity) is not None

    def removed(self, actions: Sequence[FileAction], rows: Mapping[str, int]) -> list[Touched]:
        """Removed files as the state before the commit, or the action itself, knows them."""
        found = {self.identity(action): action for action in actions}
        return [self._removed(action, identity, rows) for identity, action in found.items()]

    def _removed(self, action: FileAction, identity: int, rows: Mapping[str, int]) -> Touched:
        file = self.files.get(identity)
        stray = self.complete and file is None
        if file is None or file.rows is None:
            known = row_count(action.stats)
            known = rows.get(action.path) if known is None else known
            vector = action.cardinality
            if known is not None and (vector is None or vector <= known):
                file = LiveFile(identity, known, vector, action.size, "", None, Bound.UNKNOWN)
        return Touched(action, self.key(action), file, stray)

    def moved_metadata(self, commit: Commit) -> None:
        """Take over the commit's protocol, metaData and clustering."""
        if commit.clustering is not None:
            self.clustering = commit.clustering
        if commit.protocol is not None:
            self.protocol = commit.protocol
        if commit.metadata is not None:
            self.set_metadata(commit.metadata)


def _place(event: EventColumn | None) -> tuple[tuple[str, ...], bool] | None:
    return (event.path, event.partition) if event else None


def _identity(key: int, action: FileAction) -> int:
    return key_of(f"{key:x} {action.vector_id}") if action.vector else key


def schema_of(metadata: Metadata) -> Schema:
    """The table's schema; UnreadableError when its text is broken."""
    mode = metadata.properties.get("delta.columnMapping.mode")
    return parse_schema(metadata.schema_string, mode)


def event_column(metadata: Metadata, name: str | None) -> EventColumn | None:
    """The declared event-time column in this schema; None where there is none of that name."""
    if name is None:
        return None
    try:
        leaf = schema_of(metadata).leaf(name)
    except UnreadableError:
        return None
    if not isinstance(leaf.type, Primitive) or leaf.type.name not in _EVENT_TYPES:
        return None
    partition = len(leaf.path) == 1 and leaf.path[0] in metadata.partition_columns
    return EventColumn(name, leaf.physical_path, leaf.type.name, partition)
