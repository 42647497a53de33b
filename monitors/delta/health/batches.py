"""Loading a whole table into memory, in batches of bounded size."""

import math
from dataclasses import dataclass

GIB = 1024**3


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """Estimated bytes of all rows in memory; batches of so many rows each load them."""

    bytes: int
    batches: int
    rows_per_batch: int


def batch_plan(rows: int, bytes_per_row: float, batch_bytes: float) -> BatchPlan:
    """Batches of at most `batch_bytes`; a row that is larger than that is a batch of its own.

    >>> batch_plan(1000, 10.0, 2048)
    BatchPlan(bytes=10000, batches=5, rows_per_batch=204)
    """
    if bytes_per_row <= 0:
        return BatchPlan(0, min(rows, 1), rows)
    in_one = max(1, int(batch_bytes / bytes_per_row))
    return BatchPlan(math.ceil(rows * bytes_per_row), math.ceil(rows / in_one), in_one)
