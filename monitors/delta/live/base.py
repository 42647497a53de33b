"""The state of a table at the start of a walk: empty, or from a checkpoint."""

from collections.abc import Mapping
from dataclasses import dataclass

from monitors.delta.live.files import LiveFiles, as_table
from monitors.delta.live.rowcounts import Footers
from monitors.delta.live.statistics import EventColumn, plausible, row_count
from monitors.delta.live.table import TableState, event_column
from monitors.delta.log import checkpoints
from monitors.delta.log.actions import FileAction, Metadata
from monitors.delta.log.listing import Checkpoint, Listing
from monitors.delta.log.logstore import LogStore
from monitors.errors import UnavailableError, UnreadableError
from monitors.storage.paths import Root


@dataclass(slots=True)
class Base:
    """Builds states of one table.

    `event_name` is the declared event-time column; `pinned` where it is, whatever a schema says.
    `spoilt` is the error of the first checkpoint that was wanted and could not be read.
    """

    log: LogStore
    root: Root
    event_name: str | None
    footers: Footers
    pinned: EventColumn | None = None
    spoilt: UnreadableError | None = None

    def empty(self) -> TableState:
        """The state before version 0."""
        return TableState(self.root, event_name=self.event_name, pinned=self.pinned)

    def unknown(self, version: int) -> TableState:
        """The state at a version of which the log no longer tells the files."""
        state = self.empty()
        state.version, state.complete = version, False
        return state

    async def newest_upto(
        self, listing: Listing, version: int, least: int = 0
    ) -> TableState | None:
        """The state of the newest checkpoint that can be read, from `least` to `version`."""
        for checkpoint in listing.checkpoints_upto(version):
            if checkpoint.version < least:
                return None
            try:
                return await self.at(checkpoint)
            except UnavailableError:
                raise
            except UnreadableError as error:
                # An older checkpoint with the commits after it tells the same.
                self.spoilt = self.spoilt or error
        return None

    async def at(self, checkpoint: Checkpoint) -> TableState:
        """The state that a checkpoint holds; UnreadableError when it cannot be read."""
        contents = await checkpoints.load(self.log, checkpoint, self._event_path)
        state = self.empty()
        state.version, state.protocol = checkpoint.version, contents.protocol
        state.clustering = contents.clustering
        if contents.metadata is not None:
            state.set_metadata(contents.metadata)
        rows = await self.footers.rows(_without_rows(contents.adds, contents.parsed))
        files = {
            file.key: file
            for index, add in enumerate(contents.adds)
            for file in (state.live_file(add, rows.get(add.path), contents.parsed.get(index)),)
        }
        state.files = LiveFiles(as_table(files.values()).sort_by("key"))
        state.sums = state.files.sums()
        return state

    def _event_path(self, metadata: Metadata) -> tuple[str, ...] | None:
        column = self.pinned or event_column(metadata, self.event_name)
        return None if column is None or column.partition else column.path


def _without_rows(
    adds: list[FileAction], parsed: Mapping[int, Mapping[str, object]]
) -> list[FileAction]:
    return [
        add
        for index, add in enumerate(adds)
        if row_count(add.stats) is None
        and plausible(parsed.get(index, {}).get("numRecords")) is None
    ]
