"""What a row of a table takes in memory, from a sample of its live files."""

from dataclasses import dataclass

import numpy as np

from monitors.core import RowWidth
from monitors.delta.feed.commits import Table
from monitors.delta.feed.widths import widths
from monitors.delta.feed_reader import FeedReader, changed_file
from monitors.delta.live.adds import live_adds
from monitors.delta.live.files import UNKNOWN, LiveFiles
from monitors.delta.live.table import schema_of
from monitors.delta.log.actions import Metadata
from monitors.delta.log.logstore import LogStore
from monitors.errors import UnreadableError
from monitors.storage.paths import Root

_PLACES = (0.5, 1 / 6, 5 / 6)
"""Which files are sampled, in the order of their sizes: the middle one first."""


@dataclass(slots=True)
class RowWidthBySample:
    """Reads some rows of a few live files, neither the smallest ones nor the largest."""

    log: LogStore
    root: Root
    feed: FeedReader

    async def find(self, metadata: Metadata, files: LiveFiles) -> RowWidth:
        """The width of a row; where it cannot be had, why."""
        if self.feed.caller is None:
            return RowWidth(
                reason="a row's size in memory is only in the data, and only the log may be read",
                mend="set log_only: false in `run`, or leave batch_gib out",
            )
        keys = sample(files)
        if not keys:
            return RowWidth(reason="the table has no live rows", mend="ask again when it has some")
        try:
            return await self._read(metadata, keys)
        except UnreadableError as error:
            return RowWidth(reason=error.reason, mend=error.mend)

    async def _read(self, metadata: Metadata, keys: tuple[int, ...]) -> RowWidth:
        adds = await live_adds(self.log, self.root, keys)
        asked = [changed_file(adds[key], None) for key in keys if key in adds]
        if not asked:
            raise UnreadableError(
                "the log does not name the files to sample any more", "write a checkpoint"
            )
        feed, columns = self.feed, metadata.partition_columns
        table = Table(feed.uri, schema_of(metadata), columns, feed.options)
        assert feed.caller is not None
        found = await feed.caller.call(widths, table, asked, timeout=feed.timeout)
        feed.cost += found.cost
        if not found.rows:
            raise UnreadableError("the sampled files hold no live rows", "ask again later")
        return RowWidth(found.arrow / found.rows, found.pandas / found.rows, found.rows)


def sample(files: LiveFiles) -> tuple[int, ...]:
    """The keys of at most three live files that may have live rows."""
    table = files.table()
    rows, vector = table["rows"].to_numpy(), table["vector"].to_numpy()
    alive = (rows == UNKNOWN) | (rows != vector)
    by_size = np.argsort(table["size"].to_numpy()[alive], kind="stable")
    keys = table["key"].to_numpy()[alive][by_size]
    places = dict.fromkeys(int(len(keys) * place) for place in _PLACES)
    return tuple(int(keys[place]) for place in places if place < len(keys))
