"""Deletion vectors: which rows of a data file are deleted.

Format: https://github.com/delta-io/delta/blob/master/PROTOCOL.md, "Deletion Vectors", and
https://github.com/RoaringBitmap/RoaringFormatSpec. Size, checksum and cardinality must agree; a
vector that contradicts itself raises UnreadableError, since a wrong row count would be silent.
"""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

import numpy as np
import numpy.typing as npt

from monitors.errors import UnreadableError
from monitors.storage.local_files import demand_file
from monitors.storage.paths import Location
from monitors.storage.stores import StorageErrors, Stores, unreadable

Positions: TypeAlias = npt.NDArray[np.int64]
"""Row positions in a file, from 0, strictly ascending."""

NONE: Positions = np.empty(0, np.int64)

_PORTABLE = struct.pack("<I", 1681511377)
# The format before: the protocol's inline example still has it, with numbers of 4 bytes.
_NATIVE = {struct.pack(f"{order}I", 1681511376): order for order in "<>"}
_RUNS, _NO_RUNS = 12347, 12346
_OFFSETS_FROM = 4  # with runs, fewer containers than this have no offset header
_ARRAY_LIMIT = 4096
_BITMAP_BYTES = 8192
_UUID_CHARS = 20
_INT32, _INT64 = 2**31 - 1, 2**63 - 1
_Z85 = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
_DIGIT = np.full(256, 255, np.uint64)
_DIGIT[np.frombuffer(_Z85, np.uint8)] = np.arange(85, dtype=np.uint64)


@dataclass(frozen=True, slots=True)
class Vector:
    """A descriptor. `storage` is `u` (file in the table), `p` (file anywhere) or `i` (inline).

    `size` is bytes of the bitmap, `cardinality` the rows it deletes.
    """

    storage: str
    text: str
    offset: int | None
    size: int
    cardinality: int

    @property
    def unique_id(self) -> str:
        """What tells two vectors of one file apart, as the protocol derives it."""
        where = "" if self.offset is None else f"@{self.offset}"
        return f"{self.storage}{self.text}{where}"


def parse(descriptor: Mapping[str, Any] | None) -> Vector | None:
    """The `deletionVector` of an action; None when it has none. UnreadableError when broken."""
    if not descriptor:
        return None
    try:
        storage, text = descriptor["storageType"], descriptor["pathOrInlineDv"]
        offset, size = descriptor.get("offset"), descriptor["sizeInBytes"]
        vector = Vector(
            str(storage),
            str(text),
            None if offset is None else int(offset),
            int(size),
            int(descriptor["cardinality"]),
        )
    except (KeyError, OverflowError, TypeError, ValueError) as problem:
        raise _broken(f"descriptor {dict(descriptor)}", f"{problem!r}") from problem
    if vector.storage not in ("u", "p", "i"):
        raise _broken(vector.unique_id, f"storage type {vector.storage!r} is unknown")
    numbers = (vector.size, vector.offset or 0, vector.cardinality)
    if min(numbers) < 0:
        raise _broken(vector.unique_id, "its descriptor has a negative number")
    if max(numbers[:2]) > _INT32 or numbers[2] > _INT64:
        raise _broken(vector.unique_id, "its descriptor has a number beyond its type")
    return vector


def cardinality(descriptor: Mapping[str, Any] | None) -> int:
    """Rows deleted by the vector of an action, 0 without one; UnreadableError when broken."""
    vector = parse(descriptor)
    return vector.cardinality if vector else 0


def location(vector: Vector, stores: Stores) -> Location:
    """The file an `u` or `p` vector is in."""
    if vector.storage == "p":
        return stores.locate(vector.text)
    prefix, encoded = vector.text[:-_UUID_CHARS], vector.text[-_UUID_CHARS:]
    if len(encoded) != _UUID_CHARS:
        raise _broken(vector.unique_id, "its name is too short")
    name = f"deletion_vector_{UUID(bytes=z85_decode(encoded))}.bin"
    return Location(f"{prefix}/{name}" if prefix else name)


def read(vector: Vector | None, stores: Stores) -> Positions:
    """The deleted rows; empty without a vector.

    VacuumedError when its file is gone, UnreadableError when anything disagrees.
    """
    if vector is None:
        return NONE
    bitmap = _inline(vector) if vector.storage == "i" else _stored(vector, stores)
    return decode(bitmap, vector.cardinality, vector.unique_id)


def _inline(vector: Vector) -> bytes:
    bitmap = z85_decode(vector.text)
    # The encoding is padded to whole groups of four bytes.
    if not 0 <= len(bitmap) - vector.size < 4:
        raise _broken(vector.unique_id, f"{len(bitmap)} bytes inline for {vector.size}")
    return bitmap[: vector.size]


def _stored(vector: Vector, stores: Stores) -> bytes:
    file = location(vector, stores)
    # The first byte of a file is its version, so no vector starts at 0.
    start = vector.offset or 1
    end = start + 4 + vector.size + 4
    demand_file(stores.of(file), file.path)
    try:
        body = bytes(stores.of(file).get_range(file.path, start=start, end=end))
    except StorageErrors as error:
        raise unreadable(error, str(file)) from None
    return checked(body, vector.size, f"{file}@{start}")


def checked(body: bytes, size: int, name: str) -> bytes:
    """The bitmap of a vector from its bytes in a file: size, bitmap, CRC-32, all big-endian."""
    if len(body) != size + 8:
        raise _broken(name, f"{len(body)} of {size + 8} bytes are there")
    (stored,) = struct.unpack_from(">i", body)
    if stored != size:
        raise _broken(name, f"the file says {stored} bytes, the log {size}")
    bitmap = body[4:-4]
    (checksum,) = struct.unpack_from(">I", body, size + 4)
    if zlib.crc32(bitmap) != checksum:
        raise _broken(name, "its checksum is wrong")
    return bitmap


def z85_decode(text: str) -> bytes:
    """The bytes of a Z85 text; UnreadableError when it is none."""
    raw = np.frombuffer(text.encode("utf-8"), np.uint8)
    digits = _DIGIT[raw]
    if len(raw) % 5 or (digits == 255).any():
        raise _broken(repr(text), "it is not Z85")
    words = digits.reshape(-1, 5) @ np.array([85**4, 85**3, 85**2, 85, 1], np.uint64)
    if (words > 0xFFFFFFFF).any():
        raise _broken(repr(text), "it is not Z85")
    return words.astype(">u4").tobytes()


def decode(bitmap: bytes, expected: int, name: str) -> Positions:
    """The positions in a serialised RoaringBitmapArray of `expected` rows; `name` is for errors."""
    try:
        positions = _bitmap_array(_Bytes(bitmap, expected))
    except (OverflowError, struct.error, ValueError) as problem:
        raise _broken(name, str(problem)) from problem
    if len(positions) != expected:
        raise _broken(name, f"it deletes {len(positions)} rows, the log says {expected}")
    if (np.diff(positions) <= 0).any():
        raise _broken(name, "its rows are not in order")
    return positions


class _Bytes:
    """A reader that raises ValueError at the end of the data, or after too many positions."""

    def __init__(self, body: bytes, limit: int) -> None:
        self._body = body
        self._at = 0
        self._left = limit

    def take(self, count: int) -> bytes:
        return self.array("u1", count).tobytes()

    def number(self, code: str) -> int:
        (value,) = struct.unpack(code, self.take(struct.calcsize(code)))
        return int(value)

    def array(self, dtype: str, count: int) -> npt.NDArray[Any]:
        found = np.frombuffer(self._body, dtype, count, self._at) if count else np.empty(0, dtype)
        self._at += found.nbytes
        return found

    def promise(self, count: int) -> None:
        """Refuse positions beyond the log's number before room is made for them."""
        self._left -= count
        if self._left < 0:
            raise ValueError("it deletes more rows than the log says")


def _bitmap_array(source: _Bytes) -> Positions:
    magic = source.take(4)
    if magic == _PORTABLE:
        keys = (source.number("<I") for _ in range(source.number("<Q")))
    elif magic in _NATIVE:
        order = _NATIVE[magic]
        keys = (_native_key(source, key) for key in range(source.number(f"{order}I")))
    else:
        raise ValueError(f"its format {magic.hex()} is unknown")
    parts = [(key << 32) + part for key in keys for part in _bitmap(source)]
    return np.concatenate([NONE, *parts])


def _native_key(source: _Bytes, key: int) -> int:
    # Each bitmap is preceded by its size; its place is its key.
    source.take(4)
    return key


def _bitmap(source: _Bytes) -> list[Positions]:
    """The containers of one 32-bit bitmap."""
    cookie = source.number("<I")
    runs = np.zeros(0, np.uint8)
    if cookie & 0xFFFF == _RUNS:
        count = (cookie >> 16) + 1
        runs = np.unpackbits(source.array("u1", (count + 7) // 8), bitorder="little")
    elif cookie == _NO_RUNS:
        count = source.number("<I")
    else:
        raise ValueError(f"its bitmap has the unknown cookie {cookie}")
    header = source.array("<u2", 2 * count).astype(np.int64)
    if not len(runs) or count >= _OFFSETS_FROM:
        source.array("<u4", count)
    containers = []
    for index in range(count):
        key, size = int(header[2 * index]), int(header[2 * index + 1]) + 1
        source.promise(size)
        low = _container(source, size, is_run=bool(len(runs) and runs[index]))
        if len(low) != size:
            raise ValueError(f"a container holds {len(low)} of {size} rows")
        containers.append((key << 16) + low)
    return containers


def _container(source: _Bytes, size: int, *, is_run: bool) -> Positions:
    """The low 16 bits of the positions in one container."""
    if is_run:
        pairs = source.array("<u2", 2 * source.number("<H")).astype(np.int64).reshape(-1, 2)
        if pairs[:, 1].sum() + len(pairs) > 1 << 16:
            raise ValueError("its runs overlap")
        return np.concatenate([NONE, *(np.arange(s, s + more + 1) for s, more in pairs)])
    if size <= _ARRAY_LIMIT:
        return source.array("<u2", size).astype(np.int64)
    bits = np.unpackbits(source.array("u1", _BITMAP_BYTES), bitorder="little")
    return np.flatnonzero(bits).astype(np.int64)


def _broken(name: str, why: str) -> UnreadableError:
    return UnreadableError(
        f"deletion vector {name} is broken: {why}", "restore the file, or repair the Delta log"
    )
