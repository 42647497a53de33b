"""Writing a configuration whole or not at all."""

import contextlib
import os
import tempfile
from pathlib import Path

from monitors.errors import ConfigError


def write(path: Path, content: bytes, before: bytes | None) -> None:
    """Put a file in place of what was `before` (None: of nothing); links stay links.

    ConfigError, and the old file as it was, when it was changed in between or cannot be written.
    """
    target = Path(os.path.realpath(path))
    try:
        if _content(target) != before:
            raise ConfigError(f"{path}: was changed in between; nothing was written, try again")
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, _mode(target))
            os.replace(name, target)
        except BaseException:
            # Ctrl-C too must leave nothing behind.
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}; nothing changed") from None


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _mode(path: Path) -> int:
    """The permissions of the file that is there, else those of any new file."""
    try:
        return path.stat().st_mode & 0o7777
    except FileNotFoundError:
        mask = os.umask(0)
        os.umask(mask)
        return 0o666 & ~mask
