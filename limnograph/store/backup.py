"""A copy of a store while it is used: of an SQLite file by its backup API, checked and whole.

The copy is made beside its final name and gets that name at the end, so a file of that name is
always a whole backup. A PostgreSQL server has its own tools; see `pg_dump`.
"""

import os
import shlex
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from limnograph.store.describing import existing
from limnograph.store.engine import BUSY_SECONDS
from limnograph.store.location import Location
from monitors.errors import StoreError


def pg_dump(location: Location, target: Path) -> str:
    """The command that backs up a PostgreSQL store, without its password."""
    url = location.url
    host = url.host or url.query.get("host")
    parts = ["pg_dump", "--format=custom", f"--file={target}"]
    parts += [f"--host={host}"] if host else []
    parts += [f"--port={url.port}"] if url.port else []
    parts += [f"--username={url.username}"] if url.username else []
    return shlex.join([*parts, f"--dbname={url.database or url.username or ''}"])


def back_up(location: Location, target: Path, *, force: bool = False) -> int:
    """Copy an SQLite store to a new file; its size in bytes.

    Raises StoreError when the copy cannot be made, is damaged, or is there already (unless
    `force`); nothing is left behind then. Writers do not wait for it.
    """
    existing(location).close()
    if target.is_dir():
        raise StoreError(f"backup {target}: is a folder", "name a file in it")
    if target.exists():
        if not force:
            raise StoreError(f"backup {target}: exists already", "name another file, or --force")
        if target.samefile(location.path):
            raise StoreError(f"backup {target}: is the store itself", "name another file")
    try:
        return _copy(location.path, target)
    except (OSError, sqlite3.Error) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise StoreError(
            f"backup {target}: {reason or error}", "see that there is room and leave to write it"
        ) from None


def _copy(source: Path, target: Path) -> int:
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    os.close(handle)
    part = Path(name)
    try:
        with (
            closing(sqlite3.connect(source, timeout=BUSY_SECONDS)) as store,
            closing(sqlite3.connect(part)) as copy,
        ):
            # In one step: it reads one state of the store, and writers go on writing ahead.
            store.backup(copy)
            # One file, with nothing beside it that could be forgotten.
            copy.execute("PRAGMA journal_mode = DELETE")
            _check(copy, target)
        shutil.copymode(source, part)
        size = part.stat().st_size
        _settle(part)
        os.replace(part, target)
        return size
    finally:
        part.unlink(missing_ok=True)


def _check(copy: sqlite3.Connection, target: Path) -> None:
    told = [str(line) for (line,) in copy.execute("PRAGMA integrity_check")]
    if told != ["ok"]:
        raise StoreError(
            f"backup {target}: the copy is damaged: {told[0]}",
            "see whether the store itself is damaged, by `PRAGMA integrity_check`",
        )


def _settle(part: Path) -> None:
    """See the file's bytes on the disk before it gets its name."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
