"""Commits that contradict the checkpoint above them: one of the two is wrong.

The commits, where all of them are there, are what counts. Engines start from the checkpoint, so
that a contradiction has to be told. Reading every checkpoint for it would cost too much; the number
of files in `_last_checkpoint` makes suspicious, and only then is the checkpoint read. The number
alone proves nothing: writers are known that get it wrong.
"""

from dataclasses import dataclass, field

from monitors.core import Problem
from monitors.delta.live.table import TableState
from monitors.delta.log import checkpoints
from monitors.delta.log.listing import Checkpoint, Listing
from monitors.delta.log.logstore import LogStore
from monitors.delta.log.pointer import Pointer
from monitors.errors import UnreadableError


@dataclass(slots=True)
class Contradiction:
    """Compares the state of a walk with the newest checkpoint, when it comes by."""

    log: LogStore
    listing: Listing
    pointer: Pointer
    problems: list[Problem] = field(default_factory=list)

    async def look(self, state: TableState) -> None:
        """Note a problem where a complete state of commits has other files than the checkpoint."""
        if state.version != self.pointer.version or not state.complete:
            return
        if state.sums.files == self.pointer.files:
            return
        for checkpoint in self.listing.checkpoints:
            if checkpoint.version == state.version:
                await self._compare(state, checkpoint)

    async def _compare(self, state: TableState, checkpoint: Checkpoint) -> None:
        try:
            contents = await checkpoints.load(self.log, checkpoint, lambda _: None)
        except UnreadableError:
            # One that nobody can read misleads nobody.
            return
        theirs = {state.identity(add) for add in contents.adds}
        if theirs == set(state.files.table()["key"].to_pylist()):
            return
        what = f"checkpoint of version {checkpoint.version}"
        self.problems.append(
            Problem(
                what,
                "error",
                f"the {what} holds {len(theirs)} files, the commits up to it give others "
                f"({state.sums.files}): engines start from the checkpoint, these numbers are those "
                "of the commits",
                "find out which is right; then restore the commits, or have a checkpoint written",
            )
        )
