"""What a commit's change feed is made of, in plain values that travel to worker processes.

Semantics: https://github.com/delta-io/delta/blob/master/PROTOCOL.md, "Reader Requirements for
AddCDCFile". A commit with `cdc` files changed exactly the rows in them. Otherwise added rows were
inserted and removed rows deleted, rows in deletion vectors left out; where a file stays and its
vector changes, the difference of the vectors.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, TypeVar

from monitors.delta.feed.deletion_vectors import Vector
from monitors.delta.schema import Field, Primitive, Schema
from monitors.errors import UnreadableError
from monitors.storage.stores import Stores

INSERT, DELETE = "insert", "delete"
PREIMAGE, POSTIMAGE = "update_preimage", "update_postimage"
CHANGE_TYPES = (INSERT, DELETE, PREIMAGE, POSTIMAGE)
CHANGE_TYPE = Field("_change_type", Primitive("string"), "_change_type")
"""The column of cdc files that says what happened to each row."""

_AT_ONCE = 8

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A file of an action. `path` is as written, `partition` by physical column name.

    `size` is bytes, `rows` the physical rows of the file (`numRecords`); None is unknown. A
    `partition` of None is unknown too (removes may lack it), a column that is not in it is null
    (Spark's removes leave null values out).
    """

    path: str
    partition: Mapping[str, str | None] | None = field(default_factory=dict)
    size: int | None = None
    rows: int | None = None
    vector: Vector | None = None


@dataclass(frozen=True, slots=True)
class ChangedCommit:
    """A commit: its cdc files, and those of its adds and removes that have dataChange.

    `at` is an aware datetime.
    """

    version: int
    at: datetime
    adds: tuple[ChangedFile, ...] = ()
    removes: tuple[ChangedFile, ...] = ()
    cdc: tuple[ChangedFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Where a table is, and the schema its rows are wanted in."""

    uri: str
    schema: Schema
    partition_columns: tuple[str, ...] = ()
    # Options may hold secrets, so they stay out of every message.
    options: Mapping[str, str] = field(default_factory=dict, repr=False)


class Swap(NamedTuple):
    """A file that stayed while its deletion vector changed."""

    old: ChangedFile
    new: ChangedFile


class Feed(NamedTuple):
    """The feed of a commit without cdc files."""

    inserted: tuple[ChangedFile, ...]
    deleted: tuple[ChangedFile, ...]
    swapped: tuple[Swap, ...]


def derive(commit: ChangedCommit, stores: Stores) -> Feed:
    """Pair a commit's adds and removes; UnreadableError when it names a file twice."""
    adds = _by_file(commit.adds, stores, f"version {commit.version} adds")
    removes = _by_file(commit.removes, stores, f"version {commit.version} removes")
    return Feed(
        tuple(file for key, file in adds.items() if key not in removes),
        tuple(file for key, file in removes.items() if key not in adds),
        tuple(
            Swap(old, adds[key])
            for key, old in removes.items()
            if key in adds and _vector_id(old) != _vector_id(adds[key])
        ),
    )


def _by_file(files: Iterable[ChangedFile], stores: Stores, what: str) -> dict[str, ChangedFile]:
    found: dict[str, ChangedFile] = {}
    for file in files:
        # The same file may be spelled in two ways.
        if found.setdefault(stores.locate(file.path).key, file) is not file:
            raise UnreadableError(f"{what} {file.path} twice", "repair the Delta log")
    return found


def _vector_id(file: ChangedFile) -> str | None:
    return file.vector.unique_id if file.vector else None


def each(function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """The results in order, a few at a time in threads: most of the time is spent waiting."""
    pool = ThreadPoolExecutor(_AT_ONCE)
    try:
        yield from pool.map(function, items)
    finally:
        pool.shutdown(cancel_futures=True)
