"""Names on a local disk that lead to no file: who opens a pipe to read it waits for ever."""

import os
import stat
from pathlib import Path

from obstore.store import LocalStore

from monitors.errors import UnreadableError
from monitors.storage.stores import Store


def demand_file(store: Store, path: str) -> None:
    """Raise UnreadableError where a path of a local store leads to a pipe or a device.

    What is missing, or may not be looked at, is left to the read that follows.
    """
    if not isinstance(store, LocalStore):
        return
    try:
        mode = os.stat(Path(str(store.prefix)) / path).st_mode
    except (OSError, ValueError):
        return
    if not stat.S_ISDIR(mode):
        demand_regular(mode, path)


def demand_regular(mode: int, path: str) -> None:
    """Raise UnreadableError where the mode is not that of a file."""
    if stat.S_ISDIR(mode):
        raise UnreadableError(f"{path} is a folder, not a file", "remove it, or restore the file")
    if not stat.S_ISREG(mode):
        raise UnreadableError(
            f"{path} is a pipe or a device, not a file", "remove it, or restore the file"
        )
