"""The live files of a table at one version: compact, and cheap to move by one commit.

A file is known by a 64-bit hash of its canonical path and its deletion vector: the protocol takes
a file with another vector for another file. What is kept of it: physical rows, deletion-vector
cardinality, size in bytes, partition, and the maximum of the event-time column with what that
maximum is worth. The base is columnar (numpy, sorted by hash); what later commits added or removed
lies over it in a dictionary and a set. Blobs are Arrow IPC streams, compressed, behind a digest:
Arrow trusts what it decodes, and a damaged stream can end the process.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from monitors.delta.live.statistics import Bound
from monitors.delta.log.actions import GREATEST, total

FORMAT = "files.arrow.2"
UNKNOWN = -1
_DIGEST = 16  # bytes

_COLUMNS = (
    ("key", pa.uint64()),
    ("rows", pa.int64()),
    ("vector", pa.int64()),
    ("size", pa.int64()),
    ("partition", pa.string()),
    ("newest", pa.int64()),
    ("bound", pa.int8()),
)
_SCHEMA = pa.schema(_COLUMNS)
_EMPTY = _SCHEMA.empty_table()
_NO_KEYS = np.empty(0, np.uint64)
_REMOVED = b"removed"


class LiveFile(NamedTuple):
    """One file. Rows are physical; unknown numbers are None."""

    key: int
    rows: int | None
    vector: int | None
    size: int | None
    partition: str
    newest: int | None
    bound: int

    @property
    def live_rows(self) -> int | None:
        return None if self.rows is None or self.vector is None else self.rows - self.vector


class Delta(NamedTuple):
    """What one commit did to the live files."""

    added: tuple[LiveFile, ...]
    removed: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Sums:
    """Totals over live files; `unknown_*` counts the files that a sum leaves out."""

    files: int = 0
    rows: int = 0
    unknown_rows: int = 0
    size: int = 0
    unknown_size: int = 0

    @property
    def live_rows(self) -> int | None:
        return None if self.unknown_rows else total((self.rows,))

    @property
    def size_bytes(self) -> int | None:
        return None if self.unknown_size else total((self.size,))

    def moved(self, file: LiveFile, sign: int) -> "Sums":
        """The totals with a file added (+1) or taken away (-1)."""
        rows, size = file.live_rows, file.size
        return Sums(
            self.files + sign,
            self.rows + sign * (rows or 0),
            self.unknown_rows + sign * (rows is None),
            self.size + sign * (size or 0),
            self.unknown_size + sign * (size is None),
        )


class LiveFiles:
    """The live files of a table; starts empty, or from a blob of `encode`."""

    def __init__(self, base: pa.Table | None = None) -> None:
        self._base = _EMPTY if base is None else base
        self._keys = _NO_KEYS if base is None else np.asarray(base["key"].to_numpy())
        self._over: dict[int, LiveFile] = {}
        self._gone: set[int] = set()

    def get(self, key: int) -> LiveFile | None:
        """The live file with that key, or None."""
        over = self._over.get(key)
        if over is not None:
            return over
        return None if key in self._gone else self._in_base(key)

    def apply(self, delta: Delta) -> None:
        """Move by one commit: removals first, since a rewrite of its vector re-adds a path."""
        for key in delta.removed:
            self._over.pop(key, None)
            self._gone.add(key)
        for file in delta.added:
            self._over[file.key] = file
            self._gone.add(file.key)

    def table(self) -> pa.Table:
        """All live files as one Arrow table, sorted by key."""
        base = self._base
        if self._gone:
            gone = np.fromiter(self._gone, np.uint64, len(self._gone))
            base = base.filter(pa.array(~np.isin(self._keys, gone)))
        merged = pa.concat_tables([base, as_table(self._over.values())])
        return merged.sort_by("key").combine_chunks()

    def told(self) -> pa.Table:
        """What a monitor is told of all live files: unknown numbers are null, no keys."""
        table = self.table()
        columns = {name: _nulled(table[name]) for name in ("rows", "vector", "size")}
        return pa.table({**columns, "partition": table["partition"]})

    def sums(self) -> Sums:
        """Totals over all live files."""
        table = self.table()
        rows, vector = (table[name].to_numpy() for name in ("rows", "vector"))
        size = table["size"].to_numpy()
        known = (rows != UNKNOWN) & (vector != UNKNOWN)
        sized = size != UNKNOWN
        return Sums(
            files=table.num_rows,
            rows=_sum((rows - vector)[known]),
            unknown_rows=int((~known).sum()),
            size=_sum(size[sized]),
            unknown_size=int((~sized).sum()),
        )

    def newest(self) -> tuple[int | None, Bound]:
        """The maximum of the event-time column over live files with rows, and its worth."""
        table = self.table()
        alive = _alive(table)
        bound, value = table["bound"].to_numpy()[alive], table["newest"].to_numpy()[alive]
        if (bound == Bound.UNKNOWN).any():
            return None, Bound.UNKNOWN
        held = bound != Bound.EMPTY
        if not held.any():
            return None, Bound.EMPTY
        greatest = int(value[held].max())
        tight = bool((bound[held & (value == greatest)] == Bound.TIGHT).any())
        return greatest, Bound.TIGHT if tight else Bound.LOOSE

    def open_bounds(self) -> tuple[int | None, frozenset[int]]:
        """The greatest proven value, and the keys of live files that may hold a greater one."""
        table = self.table()
        alive = _alive(table)
        bound, value = table["bound"].to_numpy(), table["newest"].to_numpy()
        tight = alive & (bound == Bound.TIGHT)
        least = int(value[tight].max()) if tight.any() else None
        above = value > least if least is not None else np.ones(len(value), np.bool_)
        maybe = alive & ((bound == Bound.UNKNOWN) | ((bound == Bound.LOOSE) & above))
        return least, frozenset(int(key) for key in table["key"].to_numpy()[maybe])

    def without_bounds(self) -> "LiveFiles":
        """The same files, with nothing known of the event-time column."""
        table = self.table()
        unknown = pa.array(np.full(table.num_rows, Bound.UNKNOWN, np.int8))
        return LiveFiles(table.set_column(table.schema.get_field_index("bound"), "bound", unknown))

    def _in_base(self, key: int) -> LiveFile | None:
        if not len(self._keys):
            return None
        index = int(np.searchsorted(self._keys, np.uint64(key)))
        if index >= len(self._keys) or int(self._keys[index]) != key:
            return None
        return _file(self._base.slice(index, 1).to_pylist()[0])


def key_of(canonical: str) -> int:
    """The 64-bit key of a text; two of a million files share one with probability 3e-8."""
    digest = hashlib.blake2b(canonical.encode("utf-8", "surrogatepass"), digest_size=8)
    return int.from_bytes(digest.digest(), "big")


def as_table(files: Iterable[LiveFile]) -> pa.Table:
    """Files as columns; unknown numbers become -1."""
    rows = [
        (f.key, _or(f.rows), _or(f.vector), _or(f.size), f.partition, f.newest or 0, f.bound)
        for f in files
    ]
    columns = list(zip(*rows, strict=True)) or [()] * len(_COLUMNS)
    arrays = [pa.array(c, type=t) for c, (_, t) in zip(columns, _COLUMNS, strict=True)]
    return pa.Table.from_arrays(arrays, schema=_SCHEMA)


def encode(table: pa.Table, removed: Iterable[int] = ()) -> bytes:
    """A snapshot (or a delta, with the removed keys in the schema's metadata) as bytes."""
    keys = np.fromiter(removed, np.uint64).tobytes()
    table = table.replace_schema_metadata({_REMOVED: keys} if keys else None)
    column = table["partition"].combine_chunks().dictionary_encode()
    table = table.set_column(4, "partition", column)
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    body = sink.getvalue().to_pybytes()
    return _digest(body) + body


def decode(blob: bytes) -> tuple[pa.Table, tuple[int, ...]]:
    """The table and the removed keys of a blob of `encode`; pa.ArrowInvalid when it is none."""
    body = blob[_DIGEST:]
    if _digest(body) != blob[:_DIGEST]:
        raise pa.ArrowInvalid("the blob is damaged")
    table = pa.ipc.open_stream(body).read_all()
    keys = (table.schema.metadata or {}).get(_REMOVED, b"")
    removed = tuple(int(key) for key in np.frombuffer(keys, np.uint64))
    return table.cast(_SCHEMA).replace_schema_metadata(None), removed


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_DIGEST).digest()


def merged(deltas: Iterable[Delta]) -> Delta:
    """One delta with the effect of several in order."""
    added: dict[int, LiveFile] = {}
    removed: set[int] = set()
    for delta in deltas:
        for key in delta.removed:
            added.pop(key, None)
        removed.update(delta.removed)
        added.update((file.key, file) for file in delta.added)
    return Delta(tuple(added.values()), tuple(sorted(removed)))


def delta_of(blob: bytes) -> Delta:
    """A delta from its blob."""
    table, removed = decode(blob)
    return Delta(tuple(_file(row) for row in table.to_pylist()), removed)


def _file(row: dict[str, int | str]) -> LiveFile:
    number = {name: int(row[name]) for name in ("key", "rows", "vector", "size", "newest", "bound")}
    held = number["bound"] in (Bound.LOOSE, Bound.TIGHT)
    return LiveFile(
        number["key"],
        _known(number["rows"]),
        _known(number["vector"]),
        _known(number["size"]),
        str(row["partition"]),
        number["newest"] if held else None,
        number["bound"],
    )


def _alive(table: pa.Table) -> Any:
    """Which files may have live rows: all but those whose every row is known to be deleted."""
    rows = table["rows"].to_numpy()
    return (rows != table["vector"].to_numpy()) | (rows == UNKNOWN)


def _nulled(column: Any) -> Any:
    numbers = column.to_numpy()
    return pa.array(numbers, mask=numbers == UNKNOWN)


def _sum(numbers: Any) -> int:
    """A sum that does not wrap around: a log may claim any size."""
    if len(numbers) and int(numbers.max()) > GREATEST // len(numbers):
        return sum(map(int, numbers))
    return int(numbers.sum())


def _or(number: int | None) -> int:
    return UNKNOWN if number is None else number


def _known(number: int) -> int | None:
    return None if number == UNKNOWN else number
