"""The newest value of the event-time column: proven by statistics, else by reading a few files."""

from dataclasses import dataclass
from datetime import datetime

from monitors.core import EventTime
from monitors.delta.feed_reader import FeedReader, changed_file
from monitors.delta.live.adds import live_adds
from monitors.delta.live.files import LiveFiles
from monitors.delta.live.statistics import Bound, time_at
from monitors.delta.live.table import event_column, schema_of
from monitors.delta.log.actions import Metadata
from monitors.delta.log.logstore import LogStore
from monitors.errors import UnreadableError
from monitors.storage.paths import Root

_WHY = {
    Bound.LOOSE: "deletion vectors leave its statistics only an upper bound",
    Bound.UNKNOWN: "files carry no statistics of it",
}


def proven(name: str, metadata: Metadata, value: int | None, bound: Bound) -> EventTime:
    """What statistics alone say; `value` is in microseconds since 1970."""
    if event_column(metadata, name) is None:
        return EventTime(
            None,
            reason=f"the table has no timestamp or date column {name!r}",
            mend="correct event_time in the freshness stanza",
        )
    if bound is Bound.EMPTY:
        return EventTime(None)
    at = time_at(value) if bound is Bound.TIGHT and value is not None else None
    if at is not None:
        return EventTime(at)
    return EventTime(
        None,
        reason=f"the newest value of {name!r} is not proven: {_WHY[bound]}",
        mend="set scan: true in the freshness stanza to read the column where it must be",
    )


@dataclass(slots=True)
class NewestByScan:
    """Reads the event-time column of the few files that statistics leave open."""

    log: LogStore
    root: Root
    feed: FeedReader

    async def find(self, name: str, metadata: Metadata, files: LiveFiles) -> EventTime:
        """The newest value; files whose upper bound lies below a proven value are not read."""
        least, keys = files.open_bounds()
        try:
            actions = await live_adds(self.log, self.root, keys)
            if len(actions) < len(keys):
                raise UnreadableError(
                    f"the newest value of {name!r} needs files that the log no longer names",
                    "write a checkpoint of the table",
                )
            read = [changed_file(action, None) for action in actions.values()]
            found = await self.feed.newest(
                schema_of(metadata), metadata.partition_columns, read, name
            )
            values = [v for v in (least, found.microseconds) if v is not None]
            return EventTime(_time(name, max(values)) if values else None, source="scan")
        except UnreadableError as error:
            return EventTime(None, reason=error.reason, mend=error.mend)


def _time(name: str, value: int) -> datetime:
    at = time_at(value)
    if at is None:
        raise UnreadableError(
            f"the newest value of {name!r} lies beyond the year 9999",
            "declare a column that holds real times",
        )
    return at
