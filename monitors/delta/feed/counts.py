"""How many rows a commit changed, counted from its change feed with as few bytes as possible.

Synchronous, and from picklable values: it runs in worker processes.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from monitors.core import Cost
from monitors.delta.feed import deletion_vectors
from monitors.delta.feed.changes import change_types, require_change_type
from monitors.delta.feed.commits import (
    CHANGE_TYPE,
    CHANGE_TYPES,
    DELETE,
    INSERT,
    ChangedCommit,
    ChangedFile,
    Swap,
    Table,
    derive,
    each,
)
from monitors.delta.feed.deletion_vectors import Vector
from monitors.delta.feed.rows import DataFile
from monitors.delta.feed.stored_file import open_file
from monitors.delta.schema import Mapping
from monitors.errors import UnreadableError
from monitors.storage.stores import Stores


class Counted(NamedTuple):
    """Rows by change type, and what counting took."""

    rows: Counter[str]
    cost: Cost


def count_changes(table: Table, commit: ChangedCommit) -> Counted:
    """The rows of a commit's feed by change type, all four.

    Of cdc files only the change types are read; of added and removed files nothing where `rows`
    is known, else the footer; of a file whose vector changed at most the two vectors. Raises
    VacuumedError when a file is gone, UnreadableError when one cannot be read.
    """
    stores = Stores(table.uri, table.options)
    total: Counter[str] = Counter(dict.fromkeys(CHANGE_TYPES, 0))
    cost = Cost()
    for counted in each(lambda work: work(), _work(table, commit, stores)):
        total.update(counted.rows)
        cost += counted.cost
    return Counted(total, cost)


def _work(table: Table, commit: ChangedCommit, stores: Stores) -> list[Callable[[], Counted]]:
    if commit.cdc:
        return [partial(_recorded, file, stores, table.schema.mapping) for file in commit.cdc]
    feed = derive(commit, stores)
    return [
        *(partial(_whole, file, INSERT, stores) for file in feed.inserted),
        *(partial(_whole, file, DELETE, stores) for file in feed.deleted),
        *(partial(_swapped, swap, stores) for swap in feed.swapped),
    ]


def _recorded(file: ChangedFile, stores: Stores, mapping: Mapping) -> Counted:
    """The change types in a cdc file."""
    data = _open(file, stores)
    require_change_type(data, file)
    rows: Counter[str] = Counter()
    for (column,), _ in data.batches([CHANGE_TYPE], mapping):
        rows.update(change_types(column, file.path))
    return Counted(rows, data.cost)


def _whole(file: ChangedFile, change: str, stores: Stores) -> Counted:
    rows, cost = live_count(file, stores)
    return Counted(Counter({change: rows}), cost)


def live_count(file: ChangedFile, stores: Stores) -> tuple[int, Cost]:
    """The rows of a file less its deletion vector, and what asking took."""
    rows, cost = file.rows, Cost()
    if rows is None:
        data = _open(file, stores)
        rows, cost = data.rows, data.cost
    deleted = file.vector.cardinality if file.vector else 0
    if deleted > rows:
        raise UnreadableError(
            f"the log says that {deleted} of the {rows} rows of {file.path} are deleted",
            "repair the Delta log",
        )
    return rows - deleted, cost


def _swapped(swap: Swap, stores: Stores) -> Counted:
    old, new = swap.old.vector, swap.new.vector
    if old is None or new is None:
        # One of them is empty: the sizes tell, unless the one that changed cannot be trusted.
        dropped, restored = new.cardinality if new else 0, old.cardinality if old else 0
        return Counted(Counter({DELETE: dropped, INSERT: restored}), Cost())
    before, after = (deletion_vectors.read(vector, stores) for vector in (old, new))
    kept = len(np.intersect1d(before, after, assume_unique=True))
    rows = Counter({DELETE: len(after) - kept, INSERT: len(before) - kept})
    return Counted(rows, _vector_cost(old) + _vector_cost(new))


def _vector_cost(vector: Vector) -> Cost:
    return Cost() if vector.storage == "i" else Cost(1, vector.size + 8)


def _open(file: ChangedFile, stores: Stores) -> DataFile:
    return DataFile(open_file(stores, stores.locate(file.path), file.size), file.path)
