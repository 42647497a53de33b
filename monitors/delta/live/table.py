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
    row_count,
)
from monitors.delta.log.actions import Commit, FileAction, Metadata, Protocol
from monitors.delta.partition_values import partition_value
from monitors.delta.paths import Root, data_path
from monitors.delta.schema import Primitive, Schema
from monitors.delta.schema import parse as parse_schema
from monitors.errors import UnreadableError

# A relative path without anything to decode or to clean is canonical as it is.
_PLAIN = re.compile(r"(?:[\w=-][\w=.-]*/)*[\w=-][\w=.-]*", re.ASCII)
_EVENT_TYPES = ("timestamp", "timestamp_ntz", "date")


@dataclass(slots=True)
class TableState:
    """What is known of a table at `version` (-1: before its first commit).

    `complete` says whether `files` holds every live file: false where the log's start is gone and
    no checkpoint has been met yet. `event` is the declared event-time column as the schema has it.
    """

    root: Root
    version: int = -1
    metadata: Metadata | None = None
    protocol: Protocol | None = None
    files: LiveFiles = field(default_factory=LiveFiles)
    sums: Sums = field(default_factory=Sums)
    complete: bool = True
    event_name: str | None = None
    event: EventColumn | None = None

    @property
    def feed(self) -> bool:
        return self.metadata is not None and self.metadata.feed

    def set_metadata(self, metadata: Metadata) -> None:
        self.metadata = metadata
        self.event = event_column(metadata, self.event_name)

    def apply(self, delta: Delta) -> None:
        """Move files and totals by one commit."""
        # A path may be added again without a removal: new statistics, a new row id.
        for key in {*delta.removed, *(file.key for file in delta.added)}:
            file = self.files.get(key)
            if file is not None:
                self.sums = self.sums.moved(file, -1)
        for file in delta.added:
            self.sums = self.sums.moved(file, 1)
        self.files.apply(delta)

    def key(self, action: FileAction) -> int:
        """The key of the file that an action names, however its path is spelled."""
        if _PLAIN.fullmatch(action.path):
            return key_of(action.path)
        try:
            return key_of(data_path(action.path, self.root).key)
        except (UnreadableError, UnicodeDecodeError):
            return key_of(action.path)

    def live_file(self, action: FileAction, rows: int | None) -> LiveFile:
        """The file of an add; `rows` is its physical row count, where statistics lack it."""
        return self._file(action, self.key(action), rows)

    def _file(
        self,
        action: FileAction,
        key: int,
        rows: int | None,
        parsed: Mapping[str, Any] | None = None,
    ) -> LiveFile:
        stated = row_count(action.stats) if parsed is None else parsed.get("numRecords")
        rows = stated if isinstance(stated, int) and stated >= 0 else rows
        vector = action.cardinality
        if rows is not None and vector is not None and vector > rows:
            rows = None
        value, bound = self._newest(action, rows, vector or 0, parsed)
        partition = "/".join(
            f"{name}={'' if text is None else text}"
            for name, text in (action.partition or {}).items()
        )
        return LiveFile(key, rows, vector, action.size, partition, value, bound)

    def checkpoint_file(
        self, action: FileAction, rows: int | None, parsed: Mapping[str, Any] | None
    ) -> LiveFile:
        """The file of a checkpoint's add; `parsed` are its struct statistics, if it has them."""
        return self._file(action, self.key(action), rows, parsed)

    def _newest(
        self,
        action: FileAction,
        rows: int | None,
        vector: int,
        parsed: Mapping[str, Any] | None,
    ) -> tuple[int | None, Bound]:
        if self.event is None:
            return None, Bound.UNKNOWN
        if self.event.partition:
            return self._partition_bound(action)
        stats = parse(action.stats) if parsed is None else parsed
        return newest(stats, self.event, rows, vector)

    def _partition_bound(self, action: FileAction) -> tuple[int | None, Bound]:
        assert self.event is not None
        if action.partition is None:
            return None, Bound.UNKNOWN
        kind = Primitive(self.event.kind)
        try:
            value = partition_value(action.partition.get(self.event.path[0]), kind)
        except (ValueError, UnreadableError):
            return None, Bound.UNKNOWN
        at = microseconds(value)
        return at, Bound.EMPTY if at is None else Bound.TIGHT

    def touched(self, actions: Sequence[FileAction], rows: Mapping[str, int]) -> list[Touched]:
        """Removed files as the state before the commit, or the action itself, knows them."""
        return [self._touched(action, rows) for action in actions]

    def _touched(self, action: FileAction, rows: Mapping[str, int]) -> Touched:
        key = self.key(action)
        file = self.files.get(key)
        if file is None or file.rows is None:
            known = row_count(action.stats)
            known = rows.get(action.path) if known is None else known
            if known is not None:
                vector = action.cardinality
                file = LiveFile(key, known, vector, action.size, "", None, Bound.UNKNOWN)
        if file is not None and action.vector is not None:
            file = file._replace(vector=action.cardinality)
        return Touched(action, key, file)

    def moved_metadata(self, commit: Commit) -> None:
        """Take over the commit's protocol and metaData actions."""
        if commit.protocol is not None:
            self.protocol = commit.protocol
        if commit.metadata is not None:
            self.set_metadata(commit.metadata)


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
