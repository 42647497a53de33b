"""Notices that the configuration was changed, however that was done.

Editors replace a file by renaming another one, Kubernetes swaps a symbolic link somewhere above it,
`cp` and `>` write in place: so the file behind the path is looked at, and what counts is content.
"""

import hashlib
import os
from pathlib import Path

Signature = tuple[int, int, int, int, int] | None
"""Of a file as it is now: device, inode, size and times of change; None where there is none."""


class ConfigFile:
    """A file, and the content that is known of it; at first what it holds now.

    A file that is missing, or cannot be read, counts as having no content.
    """

    def __init__(self, path: Path) -> None:
        # The working directory may change, and links must be followed anew each time.
        self._path = path.absolute()
        self._unsettled = False
        self.know()

    def know(self) -> None:
        """Take what the file holds now as known."""
        self._signature, self._known = _signature(self._path), _digest(self._path)
        self._unsettled = False

    def changed(self) -> bool:
        """Whether the file holds something new, once, when it kept still since the last look.

        So a file that is half written, or away for a moment, is given the time to be finished.
        """
        signature = _signature(self._path)
        if signature != self._signature:
            self._signature, self._unsettled = signature, True
            return False
        if not self._unsettled:
            return False
        self._unsettled = False
        before, self._known = self._known, _digest(self._path)
        return self._known != before


def _signature(path: Path) -> Signature:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _digest(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
