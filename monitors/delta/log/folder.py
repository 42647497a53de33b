"""What a table's log takes and how far back it reaches."""

from monitors.core import LogFolder
from monitors.delta.log.listing import Checkpoint, Listing
from monitors.delta.log.logstore import LogStore


async def log_folder(log: LogStore, listing: Listing) -> LogFolder:
    """The log of a listing of all of it; one more LIST where checkpoints may have sidecars.

    Raises UnreadableError when they cannot be listed.
    """
    newest = max(listing.checkpoints, key=lambda c: c.version, default=None)
    sidecars = await log.sidecars() if any(map(_is_v2, listing.checkpoints)) else []
    return LogFolder(
        files=listing.files + len(sidecars),
        size_bytes=listing.size + sum(file.size for file in sidecars),
        first_version=min(listing.commits, default=None),
        checkpoint_version=newest.version if newest else None,
        checkpoint_at=max(file.modified for file in newest.files) if newest else None,
    )


def _is_v2(checkpoint: Checkpoint) -> bool:
    # Under its classic name a v2 checkpoint is one file without parts.
    return len(checkpoint.files) == 1
