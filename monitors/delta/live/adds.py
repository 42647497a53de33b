"""The actions that added some live files: what is kept between cycles does not hold their paths."""

from collections.abc import Collection, Mapping

from monitors.delta.live.table import TableState
from monitors.delta.log import checkpoints
from monitors.delta.log.actions import FileAction, parse_commit
from monitors.delta.log.listing import commit_path
from monitors.delta.log.logstore import LogStore
from monitors.delta.log.tail import whole_log
from monitors.errors import UnreadableError
from monitors.storage.paths import Root


async def live_adds(log: LogStore, root: Root, keys: Collection[int]) -> Mapping[int, FileAction]:
    """The newest adds of some files by key, as far as the log names them.

    Reads the newest checkpoint and the commits after it. Raises UnreadableError.
    """
    listing = await whole_log(log)
    state = TableState(root)
    found: dict[int, FileAction] = {}
    start = -1
    for checkpoint in listing.checkpoints_upto(listing.head or 0):
        try:
            contents = await checkpoints.load(log, checkpoint, lambda _: None)
        except UnreadableError:
            continue
        found.update((state.identity(add), add) for add in contents.adds)
        start = checkpoint.version
        break
    versions = [version for version in sorted(listing.commits) if version > start]
    bodies = await log.get_all([commit_path(version) for version in versions])
    for version, body in zip(versions, bodies, strict=True):
        file = listing.commits[version]
        commit = parse_commit(version, body, file.modified, file.path)
        found.update((state.identity(add), add) for add in commit.adds)
    return {key: action for key, action in found.items() if key in keys}
