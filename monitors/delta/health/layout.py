"""How a table's live files are laid out: sizes, partitions, deletion vectors."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from monitors.core import Problem

if TYPE_CHECKING:
    import pyarrow as pa

MIB = 1024 * 1024
CLASSES = ("<1MiB", "1-8MiB", "8-32MiB", "32-128MiB", "128MiB-1GiB", ">=1GiB")
_EDGES = (1 * MIB, 8 * MIB, 32 * MIB, 128 * MIB, 1024 * MIB)
_ENOUGH = 0.95
"""Share of the files whose size must be known before something is said of all of them."""


@dataclass(frozen=True, slots=True)
class Partitions:
    """The partitions of a table; sizes are bytes, None while any file's size is unknown.

    `largest` is the name of the one with the most bytes, as in `day=2026-03-01/language=en`.
    """

    number: int
    largest: str = ""
    largest_bytes: int | None = None
    median_bytes: float | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """What is worth telling of all live files. Sizes are bytes; None is unknown.

    `small` counts the files below `small_bytes`, among the `sized` ones. `classes` holds the files
    and bytes of each of `CLASSES`. `deleted` rows are those that deletion vectors mark, of
    physical `rows`. `partitions` is None for a table without partition columns.
    """

    small_bytes: int
    files: int
    sized: int
    small: int
    size_bytes: int | None
    classes: tuple[tuple[int, int], ...] | None
    rows: int | None
    deleted: int | None
    vectors: int
    partitions: Partitions | None

    @property
    def small_ratio(self) -> float | None:
        """The share of small files; None without files, or where too few sizes are known."""
        if not self.sized or self.sized < _ENOUGH * self.files:
            return None
        return self.small / self.sized

    @property
    def average_bytes(self) -> float | None:
        """The mean size of a file; None where there is none, or any size is unknown."""
        return None if self.size_bytes is None or not self.files else self.size_bytes / self.files

    @property
    def deleted_ratio(self) -> float | None:
        """The share of the physical rows that deletion vectors mark; None without rows."""
        if self.deleted is None or not self.rows:
            return None
        return self.deleted / self.rows

    @property
    def largest_ratio(self) -> float | None:
        """The largest partition's share of the bytes."""
        parts = self.partitions
        if parts is None or parts.largest_bytes is None or not self.size_bytes:
            return None
        return parts.largest_bytes / self.size_bytes

    @property
    def skew(self) -> float | None:
        """How many times the median partition's bytes the largest partition has."""
        parts = self.partitions
        if parts is None or parts.largest_bytes is None or not parts.median_bytes:
            return None
        return parts.largest_bytes / parts.median_bytes

    def document(self) -> dict[str, Any]:
        """The layout as JSON can hold it."""
        return asdict(self)


def layout_in(document: Mapping[str, Any]) -> Layout:
    """The layout of a document; KeyError, TypeError or ValueError when it is none."""
    classes, partitions = document["classes"], document["partitions"]
    return Layout(
        **{
            **document,
            "classes": None if classes is None else tuple((n, size) for n, size in classes),
            "partitions": None if partitions is None else Partitions(**partitions),
        }
    )


def unknown_sizes(layout: Layout) -> Iterator[Problem]:
    """What is wrong where too few sizes are known to tell the share of small files."""
    if layout.files and layout.small_ratio is None:
        yield Problem(
            "small files",
            "not_assessed",
            f"the log tells the size of {layout.sized} of {layout.files} live files",
            "rewrite the files with OPTIMIZE, or have their writer record sizes",
        )


def layout_of(files: "pa.Table", partition_columns: Sequence[str], small_bytes: int) -> Layout:
    """The layout of live files as `TableSource.live_files` tells them."""
    import numpy as np

    # A log may claim any size: sums of floats grow large where those of integers wrap around.
    size = files["size"].drop_null().to_numpy().astype(np.float64)
    count, known = files.num_rows, len(size) == files.num_rows
    place = np.digitize(size, _EDGES)
    numbers = np.bincount(place, minlength=len(CLASSES))
    totals = np.bincount(place, weights=size, minlength=len(CLASSES))
    classes = tuple((int(n), int(total)) for n, total in zip(numbers, totals, strict=True))
    vector = files["vector"].drop_null().to_numpy().astype(np.float64)
    return Layout(
        small_bytes=small_bytes,
        files=count,
        sized=len(size),
        small=int((size < small_bytes).sum()),
        size_bytes=int(size.sum()) if known else None,
        classes=classes if known else None,
        rows=_total(files["rows"]),
        deleted=_total(files["vector"]),
        # A vector whose cardinality is unknown is one all the same.
        vectors=int((vector > 0).sum()) + files["vector"].null_count,
        partitions=_partitions(files) if partition_columns else None,
    )


def _partitions(files: "pa.Table") -> Partitions:
    import numpy as np

    encoded = files["partition"].combine_chunks().dictionary_encode()
    names = [str(name) for name in encoded.dictionary.to_pylist()]
    first: dict[str, int] = {}
    # Writers differ in the order of the columns.
    same = [first.setdefault(_sorted(name), at) for at, name in enumerate(names)]
    number = len(first)
    if not number or files["size"].null_count:
        return Partitions(number)
    place = np.array(same)[encoded.indices.to_numpy()]
    size = files["size"].to_numpy().astype(np.float64)
    totals = np.bincount(place, weights=size, minlength=len(names))
    largest = int(totals.argmax())
    of_each = totals[sorted(set(same))]
    return Partitions(number, names[largest], int(totals[largest]), float(np.median(of_each)))


def _sorted(name: str) -> str:
    return "/".join(sorted(name.split("/")))


def _total(column: Any) -> int | None:
    """The sum of a column, None when any of its values is."""
    import numpy as np

    return None if column.null_count else int(column.to_numpy().astype(np.float64).sum())
