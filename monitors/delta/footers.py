"""The number of rows of a Parquet file from its footer alone: two small reads, no data."""

from monitors.core import Cost
from monitors.errors import UnreadableError
from monitors.storage.errors import failed
from monitors.storage.local_files import demand_file
from monitors.storage.stores import StorageErrors, Store, VacuumedError, unreadable

TAIL = 64 * 1024
GREATEST_FOOTER = 64 * 1024 * 1024
_MAGIC = b"PAR1"
_ENCRYPTED = b"PARE"
_END = 8  # the footer's length and the magic


async def row_count(
    store: Store, path: str, size: int | None = None, *, spelled: str = ""
) -> tuple[int, Cost]:
    """The rows of the file at `path` (decoded, in `store`), and what the answer cost.

    `size` is bytes, as the log says; None asks the storage. `spelled` is tried where `path` is
    not there. Raises VacuumedError when the file is gone, UnreadableError when it cannot be read
    or is not Parquet.
    """
    try:
        return await _row_count(store, path, size)
    except VacuumedError:
        if not spelled:
            raise
    return await _row_count(store, spelled, size)


async def _row_count(store: Store, path: str, size: int | None) -> tuple[int, Cost]:
    demand_file(store, path)
    reads = _Reads(store, path)
    try:
        if size is None:
            size = await reads.size()
        try:
            footer = await _footer(reads, size)
        except FileNotFoundError:
            raise
        except (*StorageErrors, UnreadableError) as error:
            if failed(error):
                raise
            # The log may be wrong about the size, so ask the storage before giving up.
            true_size = await reads.size()
            if true_size == size:
                raise
            footer = await _footer(reads, true_size)
    except StorageErrors as error:
        raise unreadable(error, path) from None
    return _rows(footer, path), reads.cost


class _Reads:
    """Reads of one file, counted."""

    def __init__(self, store: Store, path: str) -> None:
        self.path = path
        self.cost = Cost()
        self._store = store

    async def size(self) -> int:
        meta = await self._store.head_async(self.path)
        self.cost += Cost(1, 0)
        return meta["size"]

    async def range(self, start: int, end: int) -> bytes:
        body = bytes(await self._store.get_range_async(self.path, start=start, end=end))
        self.cost += Cost(1, len(body))
        return body


async def _footer(reads: _Reads, size: int) -> bytes:
    """The bytes of the footer's Thrift structure."""
    if size < _END + len(_MAGIC):
        raise _not_parquet(reads.path, f"it has {size} bytes")
    tail = await reads.range(max(0, size - TAIL), size)
    if len(tail) != min(size, TAIL):
        raise _not_parquet(reads.path, "it is shorter than the log says")
    if tail.endswith(_ENCRYPTED):
        raise UnreadableError(f"{reads.path} is encrypted", "count this table by another lake")
    if not tail.endswith(_MAGIC):
        raise _not_parquet(reads.path, "its last bytes are not PAR1")
    length = int.from_bytes(tail[-_END:-4], "little") + _END
    if length > min(GREATEST_FOOTER, size - len(_MAGIC)):
        raise _not_parquet(reads.path, f"its footer claims {length} bytes")
    if length > len(tail):
        tail = await reads.range(size - length, size)
    return tail[-length:]


def _rows(footer: bytes, path: str) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_metadata(pa.BufferReader(_MAGIC + footer))
    except (pa.ArrowException, OSError) as error:
        raise _not_parquet(path, str(error)) from error
    groups = sum(metadata.row_group(i).num_rows for i in range(metadata.num_row_groups))
    if groups != metadata.num_rows or groups < 0:
        raise _not_parquet(path, f"its row groups hold {groups} of {metadata.num_rows} rows")
    return groups


def _not_parquet(path: str, why: str) -> UnreadableError:
    return UnreadableError(f"{path} is not a Parquet file: {why}", "restore the file")
