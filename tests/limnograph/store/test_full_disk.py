"""A disk that is full keeps nothing half written, and readings go on once there is room again."""

import asyncio
import os
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import pytest
import stamina
from sqlalchemy import Engine, Pool, event, text
from stamina.instrumentation import set_on_retry_hooks

from limnograph.recorder import Recorder
from limnograph.store import Policy, Store, TransientStoreError, open_store
from limnograph.store.engine import Database
from limnograph.store.location import locate
from monitors.core import State
from monitors.errors import StoreError
from tests.databases import PostgresServer
from tests.limnograph.store.samples import NOW, POSTS, commit, look, read, record, write


class Disk(Protocol):
    """Where a store lies that can be kept from growing, and allowed to again."""

    folder: Path

    def fill(self) -> None: ...

    def free(self) -> None: ...

    def full(self) -> AbstractContextManager[None]:
        """A while in which not a byte can be written."""
        ...


@dataclass
class SmallDisk:
    """A file system of one megabyte, which another file can fill."""

    folder: Path

    def fill(self) -> None:
        with suppress(OSError), (self.folder / "filler").open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)

    def free(self) -> None:
        (self.folder / "filler").unlink()

    @contextmanager
    def full(self) -> Iterator[None]:
        self.fill()
        yield
        self.free()


@dataclass
class Limits:
    """Where nothing can be mounted: SQLite's own limit of pages, and the system's of file sizes."""

    folder: Path
    pages: int = 2**30

    def fill(self) -> None:
        self.pages = 1  # as few as it has already

    def free(self) -> None:
        self.pages = 2**30

    def apply(self, connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {self.pages}")

    @contextmanager
    def full(self) -> Iterator[None]:
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    mount = ("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path))
    if sys.platform == "linux" and subprocess.run(mount, capture_output=True).returncode == 0:
        try:
            yield SmallDisk(tmp_path)
        finally:
            subprocess.run(["umount", tmp_path], check=True)
        return
    limits = Limits(tmp_path)
    event.listen(Pool, "checkout", limits.apply)
    try:
        yield limits
    finally:
        event.remove(Pool, "checkout", limits.apply)


def at(disk: Disk) -> str:
    """The URL of a store on a disk."""
    return f"sqlite:///{disk.folder / 'limnograph.db'}"


def big(position: str) -> Any:
    """A reading that does not fit into what is left of the pages that are there."""
    blob = State("week", "week", 1, os.urandom(200_000))
    return read(position, 7, facts=(commit(1, "2026-03-10 09:00", 7),), states=(blob,))


def test_a_full_disk_may_be_tried_again_and_keeps_nothing_half_written(disk: Disk) -> None:
    with open_store(at(disk)) as store:
        write(store, read("v0", 5))
        disk.fill()
        with pytest.raises(TransientStoreError) as caught:
            write(store, big("v1"))
        assert caught.value.reason == f"store {disk.folder}/limnograph.db: database or disk is full"
        assert caught.value.mend.startswith("the disk is full: free some space")
        assert store.facts(POSTS.id) == []
        assert look(store).cursor == read("v0", 5).cursor
        disk.free()
        assert write(store, big("v1"))
        assert len(store.facts(POSTS.id)) == 1
    with sqlite3.connect(disk.folder / "limnograph.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_a_reading_is_tried_again_until_there_is_room(disk: Disk) -> None:
    retries = []

    def make_room(details: Any) -> None:
        retries.append(details.retry_num)
        if len(retries) == 2:
            disk.free()

    async def write_it(store: Store) -> bool:
        with Recorder(store) as recorder:
            return await recorder.write(record(store, big("v1")))

    set_on_retry_hooks([make_room])
    try:
        with open_store(at(disk)) as store, stamina.set_testing(True, attempts=5):
            write(store, read("v0", 5))
            disk.fill()
            assert asyncio.run(write_it(store))
            assert look(store).cursor == big("v1").cursor
    finally:
        set_on_retry_hooks(None)
    assert retries == [1, 2]


def test_a_store_that_cannot_be_opened_on_a_full_disk_may_come_later(disk: Disk) -> None:
    with open_store(at(disk)) as store:
        write(store, read("v0", 5))
    with disk.full(), pytest.raises(TransientStoreError):
        open_store(at(disk)).subjects("table")
    with open_store(at(disk)) as store:
        assert look(store).cursor == read("v0", 5).cursor


def test_a_store_that_may_not_grow_is_full(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'limnograph.db'}"
    open_store(url).close()

    def limit(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # as few as it has already

    event.listen(Engine, "connect", limit)
    try:
        with open_store(url) as store, pytest.raises(TransientStoreError, match="disk is full"):
            write(store, big("v1"))
    finally:
        event.remove(Engine, "connect", limit)
    with open_store(url) as store:
        assert look(store).cursor is None
        assert store.prune(Policy(), NOW) == {}
        assert write(store, big("v1"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "transient"),
    [
        pytest.param("53100", True, id="disk full"),
        pytest.param("53200", True, id="out of memory"),
        pytest.param("53300", True, id="too many connections"),
        pytest.param("57P01", True, id="admin shutdown"),
        pytest.param("57P03", True, id="starting up"),
        pytest.param("58030", True, id="disk error"),
        pytest.param("42501", False, id="no permission"),
        pytest.param("XX001", False, id="corrupted"),
    ],
)
def test_what_a_server_says_may_be_tried_again_or_not(
    postgres_server: PostgresServer, code: str, transient: bool
) -> None:
    database = Database(locate(postgres_server.url))
    statement = f"DO $$ BEGIN RAISE EXCEPTION 'told so' USING ERRCODE = '{code}'; END $$"
    with pytest.raises(StoreError, match="told so") as caught, database.writing() as connection:
        connection.execute(text(statement))
    database.close()
    assert isinstance(caught.value, TransientStoreError) is transient
