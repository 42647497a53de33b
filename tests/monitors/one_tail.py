"""A source that has been read already, for tests of what monitors make of it."""

from dataclasses import dataclass, field

import pyarrow as pa

from monitors.core import Cost, EventTime, LogFolder, RowWidth, Tail

_COLUMNS = (
    ("rows", pa.int64()),
    ("vector", pa.int64()),
    ("size", pa.int64()),
    ("partition", pa.string()),
)
FILES = pa.schema(_COLUMNS)


@dataclass
class OneTail:
    """What a table's source gives; `asked` are the methods that cost something, as called."""

    found: Tail
    event: EventTime = field(default_factory=lambda: EventTime(None))
    files: pa.Table = field(default_factory=FILES.empty_table)
    folder: LogFolder = field(default_factory=lambda: LogFolder(0, 0, None, None, None))
    width: RowWidth = field(default_factory=RowWidth)
    cost: Cost = field(default_factory=Cost)
    asked: list[str] = field(default_factory=list)

    async def tail(self, position: str | None) -> Tail:
        return self.found

    async def event_time(self, *, scan: bool) -> EventTime:
        self.asked.append("event_time")
        return self.event

    async def live_files(self) -> pa.Table:
        self.asked.append("live_files")
        return self.files

    async def log_folder(self) -> LogFolder:
        self.asked.append("log_folder")
        return self.folder

    async def row_width(self) -> RowWidth:
        self.asked.append("row_width")
        return self.width
