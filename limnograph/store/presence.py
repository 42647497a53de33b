"""An SQLite store is the file at its path, also when that is moved away while it is open.

A connection knows its file by inode: it would go on writing into one that was deleted, and a new
connection would create an empty one in its place. So each is compared with the path before it is
used, and given up when it leads elsewhere; and only the first may create the file.
"""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, event
from sqlalchemy.exc import DisconnectionError

_FILE = "limnograph_file"


def follow(engine: Engine, path: Path) -> None:
    """Keep the connections of an engine to the file that is at the path."""
    uri = f"file:{quote(str(path))}?mode=rw"
    created = False

    def open_only(_dialect: object, _record: object, args: list[Any], options: Any) -> None:
        if created:
            args[0], options["uri"] = uri, True

    def remember(_connection: object, record: Any) -> None:
        nonlocal created
        created, record.info[_FILE] = True, _inode(path)

    def compare(_connection: object, record: Any, _proxy: object) -> None:
        if record.info[_FILE] != _inode(path):
            raise DisconnectionError

    event.listen(engine, "do_connect", open_only)
    event.listen(engine, "connect", remember)
    event.listen(engine, "checkout", compare)


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
