"""A file in an object store, for readers that want a seekable file.

The end of the file (where Parquet keeps its footer) is read with the first request, ranges named
in advance are fetched together; anything else is one request each.
"""

from collections.abc import Iterable
from typing import TypeAlias

from monitors.core import Cost
from monitors.storage.errors import failed
from monitors.storage.local_files import demand_file
from monitors.storage.paths import Location
from monitors.storage.stores import StorageErrors, Store, Stores, unreadable

TAIL = 64 * 1024
_GAP = 64 * 1024
_ROOM = 64 * 1024 * 1024
"""Bytes fetched in advance at most; beyond it a reader streams."""

Range: TypeAlias = tuple[int, int]


class StoredFile:
    """A read-only file; `cost` is what reading took so far. Raises what obstore raises, and
    UnreadableError for a pipe."""

    closed = False

    def __init__(self, store: Store, path: str, size: int | None = None) -> None:
        demand_file(store, path)
        self.path = path
        self.cost = Cost()
        self._store = store
        self._at = 0
        self._tail: list[tuple[int, memoryview]] = []
        self._ahead: list[tuple[int, memoryview]] = []
        self.size = self._true_size() if size is None else size
        self._keep_tail()

    def fetch(self, ranges: Iterable[Range]) -> None:
        """Read some ranges now, and forget the ones fetched before."""
        self._ahead = []
        wanted = _merged(range_ for range_ in ranges if self._held(*range_) is None)
        if not wanted or sum(end - start for start, end in wanted) > _ROOM:
            return
        starts, ends = zip(*wanted, strict=True)
        found = self._store.get_ranges(self.path, starts=starts, ends=ends)
        parts = [memoryview(part) for part in found]
        self._ahead = list(zip(starts, parts, strict=True))
        self.cost += Cost(len(parts), sum(map(len, parts)))

    def read(self, count: int | None = -1, /) -> memoryview:
        rest = max(self.size - self._at, 0)
        start, end = self._at, self._at + (rest if count is None or count < 0 else min(count, rest))
        self._at = end
        held = self._held(start, end)
        return self._get(start, end) if held is None else held

    def seek(self, offset: int, whence: int = 0, /) -> int:
        self._at = offset + (0, self._at, self.size)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def close(self) -> None:
        self._tail, self._ahead = [], []

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def _keep_tail(self) -> None:
        start = max(self.size - TAIL, 0)
        try:
            tail = self._get(start, self.size)
            true_size = start + len(tail) if len(tail) < self.size - start else self.size
        except FileNotFoundError:
            raise
        except StorageErrors as error:
            if failed(error):
                raise
            tail, true_size = memoryview(b""), -1
        if true_size != self.size or bytes(tail[-4:]) != b"PAR1":
            # The log may be wrong about the size.
            true_size = self._true_size()
            if true_size != self.size:
                self.size, start = true_size, max(true_size - TAIL, 0)
                tail = self._get(start, true_size)
        self._tail = [(start, tail)]

    def _true_size(self) -> int:
        self.cost += Cost(1, 0)
        return self._store.head(self.path)["size"]

    def _held(self, start: int, end: int) -> memoryview | None:
        if start >= end:
            return memoryview(b"")
        for at, part in (*self._ahead, *self._tail):
            if at <= start and end <= at + len(part):
                return part[start - at : end - at]
        return None

    def _get(self, start: int, end: int) -> memoryview:
        if start >= end:
            return memoryview(b"")
        part = memoryview(self._store.get_range(self.path, start=start, end=end))
        self.cost += Cost(1, len(part))
        return part


def open_file(stores: Stores, file: Location, size: int | None = None) -> StoredFile:
    """A file that the log names. VacuumedError when it is gone, UnreadableError otherwise."""
    store = stores.of(file)
    try:
        return StoredFile(store, file.path, size)
    except FileNotFoundError as gone:
        if not file.spelled:
            raise unreadable(gone, str(file)) from None
    except StorageErrors as error:
        raise unreadable(error, str(file)) from None
    try:
        return StoredFile(store, file.spelled, size)
    except StorageErrors as error:
        raise unreadable(error, str(file)) from None


def _merged(ranges: Iterable[Range]) -> list[Range]:
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged and start - merged[-1][1] <= _GAP:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
