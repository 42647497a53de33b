"""Runner processes that may be killed at any time: each runs cycles over the writer's tables.

Usage: life.py STORE_URL FOLDER. For each line `MODE FIFO` on stdin a process is born, whose id is
the answer on stdout: a fork of this one, which has imported everything and done nothing, because
the imports of fifty new interpreters would take minutes. MODE is `forever` or `once`. A life tells
what it does in single letters on its FIFO:

    r R   a table's log begins to be read, and has been read
    w     a transaction has moved a cursor or written facts, and is not committed
    C x   that transaction was committed, or rolled back
    E     the life ended by itself, without an error
"""

import asyncio
import os
import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

# A worker process runs the top of this file again, and needs none of the imports below.

COUNTING = ("UPDATE cursor SET position", "INSERT INTO commit_fact")


def main(store_url: str, folder: Path) -> None:
    bear(store_url, folder, "never", -1)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        mode, fifo = line.split()
        pid = os.fork()
        if pid == 0:
            bear_child(store_url, folder, mode, fifo)
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()


def bear_child(store_url: str, folder: Path, mode: str, fifo: str) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    marks = os.open(fifo, os.O_WRONLY)
    try:
        bear(store_url, folder, mode, marks)
        os.write(marks, b"E")
    finally:
        os._exit(1)


def bear(store_url: str, folder: Path, mode: str, marks: int) -> None:
    """Live in a mode; `never` only imports."""
    from datetime import UTC, datetime

    from sqlalchemy import Connection, Engine, Pool, event

    from limnograph import logs
    from limnograph.lakes import EmbeddedLake
    from limnograph.runner import run_cycle
    from limnograph.scheduler import everything
    from limnograph.settings import TableSettings
    from limnograph.store import open_store
    from monitors import ALL
    from monitors.core import Tail
    from monitors.lakes.embedded import Access, EmbeddedTable
    from monitors.lakes.workers import Workers

    if mode == "never":
        for later in ("alembic.runtime.migration", "sqlalchemy.dialects.postgresql.psycopg"):
            import_module(later)
        return

    def mark(letter: str) -> None:
        os.write(marks, letter.encode())

    def wrote(connection: Connection, _: Any, text: str, *__: Any) -> None:
        if text.startswith(COUNTING):
            connection.info["marked"] = True
            mark("w")

    def rolled_back(connection: Connection) -> None:
        if connection.info.pop("marked", False):
            mark("x")

    def given_back(_: Any, record: Any) -> None:
        if record is not None and record.info.pop("marked", False):
            mark("C")

    class MarkedTable(EmbeddedTable):
        async def tail(self, position: str | None) -> Tail:
            mark("r")
            try:
                return await super().tail(position)
            finally:
                mark("R")

    class MarkedLake(EmbeddedLake):
        table = MarkedTable

    async def cycles() -> None:
        tables = [
            TableSettings(path.name, str(path), monitors={m.name: m.config() for m in ALL})
            for path in sorted(folder.iterdir())
            if path.is_dir()
        ]
        due = everything(tables, ALL)
        with Workers(limit=1) as workers, open_store(store_url) as store:
            lake = MarkedLake(Access(workers))
            while True:
                await run_cycle(due, store, lake, clock=lambda: datetime.now(UTC))
                if mode == "once":
                    return

    event.listen(Engine, "after_cursor_execute", wrote)
    event.listen(Engine, "rollback", rolled_back)
    event.listen(Pool, "checkin", given_back)
    logs.configure(level="warning")
    asyncio.run(cycles())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
