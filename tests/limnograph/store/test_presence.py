"""What becomes of a store whose file is moved, deleted or replaced while it is open."""

from pathlib import Path

import pytest

from limnograph.store import Store, open_store
from monitors.errors import StoreError
from tests.limnograph.store.samples import look, read, write


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a store #1?.db"


@pytest.fixture
def store(path: Path) -> Store:
    return open_store(f"sqlite:///{str(path).replace('?', '%3F')}")


def test_nothing_is_written_into_a_file_that_was_deleted(path: Path, store: Store) -> None:
    with store:
        write(store, read("v1", 5))
        for file in path.parent.iterdir():
            file.unlink()
        for _ in range(3):
            with pytest.raises(StoreError, match="unable to open database file"):
                write(store, read("v2", 6))
        assert list(path.parent.iterdir()) == []


def test_a_file_that_was_moved_away_is_used_again_when_it_is_back(path: Path, store: Store) -> None:
    with store:
        write(store, read("v1", 5))
        path.rename(path.with_name("away"))
        with pytest.raises(StoreError):
            write(store, read("v2", 6))
        path.with_name("away").rename(path)
        assert look(store).cursor == read("v1", 5).cursor
        assert write(store, read("v2", 6))


def test_a_copy_put_in_its_place_is_the_store(path: Path, store: Store) -> None:
    with store:
        write(store, read("v1", 5))
        store.close()
        copy = path.read_bytes()
        write(store, read("v2", 6))
        store.close()
        path.with_name("copy").write_bytes(copy)
        path.with_name("copy").rename(path)
        assert look(store).cursor == read("v1", 5).cursor
