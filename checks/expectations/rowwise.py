"""Expectations that look at each row by itself: batches are counted, and the counts are added."""

import gc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from checks.core import Finding, Verdict
from checks.expectations import library
from checks.expectations.distinct import Occurring, is_distinct
from checks.expectations.frames import frame
from checks.expectations.prepare import Prepared, prepare
from checks.expectations.problem import Unfit, missing, safe
from checks.expectations.verdicts import of_counts
from checks.rows.core import RowCheck

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

CHUNK_ROWS = 131_072
"""Rows that are looked at together: many, as each look costs milliseconds, but not too many to
hold as Python objects."""
CHUNK_BYTES = 48 * 2**20
# The library leaves circles that hold arrays; the collector counts their few objects, not bytes.
_COLLECT_EVERY = 4

_ROWS = "table.row_count"
_NULLS = "column_values.nonnull.unexpected_count"
_OF_ALL_ROWS = ("expect_column_values_to_be_null", "expect_column_values_to_not_be_null")
_UNDEFINED = "' is not defined"


@dataclass(slots=True)
class _Counting:
    """One check, and what was counted for it so far."""

    row_check: RowCheck
    prepared: Prepared | None = None
    failed: Verdict | None = None
    metrics: dict[str, Any] = field(default_factory=dict)
    sums: dict[str, int] = field(default_factory=dict)
    occurring: Occurring | None = None

    def verdict(self) -> Verdict:
        if self.failed or self.prepared is None:
            return self.failed or Verdict.error("it was not prepared")
        if self.occurring is not None:
            return self.occurring.verdict(self.prepared)
        expectation = self.prepared.expectation
        rows, bad = _judged(self.prepared, self.sums)
        # Where no row was seen the library has not been asked for counts: nothing is unexpected.
        passed = library.passes(expectation, self.sums) if self.sums else True
        return of_counts(self.prepared, rows, bad, passed)


def _judged(prepared: Prepared, sums: dict[str, int]) -> tuple[int, int]:
    """The rows that were judged, and the unexpected ones among them."""
    if not sums:
        return 0, 0
    metric = prepared.expectation.map_metric
    bad = sums[f"{metric}.unexpected_count"]
    if prepared.type in _OF_ALL_ROWS:
        return sums[_ROWS], bad
    filtered = sums.get(f"{metric}.filtered_row_count")
    return (sums[_ROWS] - sums[_NULLS] if filtered is None else filtered), bad


class RowWise:
    """Examines batches for many row-wise expectations of one table at once.

    `schema` is the table's. What does not fit it is an error from the start.
    """

    def __init__(self, checks: Sequence[RowCheck], schema: "pa.Schema") -> None:
        self._schema = schema
        self._counting = [self._prepared(check) for check in checks]
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = self._waiting_bytes = self._looks = 0

    def _prepared(self, check: RowCheck) -> _Counting:
        try:
            prepared = prepare(check, self._schema)
        except Unfit as unfit:
            return _Counting(check, failed=unfit.verdict())
        found = Occurring(prepared) if is_distinct(prepared.type) else None
        return _Counting(check, prepared, occurring=found)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the checks read."""
        found = (one.prepared.columns for one in self._counting if one.prepared)
        return tuple(dict.fromkeys(name for names in found for name in names))

    def feed(self, batch: "pa.RecordBatch") -> None:
        """Count some rows, together with others; never raises for what is wrong with them."""
        if not self.columns:
            return
        for start in range(0, batch.num_rows, CHUNK_ROWS):
            piece = batch.slice(start, CHUNK_ROWS)
            self._waiting.append(piece)
            self._waiting_rows += piece.num_rows
            # nbytes counts what a slice refers to, and not the whole of its buffers.
            self._waiting_bytes += piece.nbytes
            if self._waiting_rows >= CHUNK_ROWS or self._waiting_bytes >= CHUNK_BYTES:
                self._count()

    def findings(self) -> Sequence[Finding]:
        """What was found in all the rows so far, by the ids of the checks."""
        self._count()
        return [Finding(one.row_check.check.id, one.verdict()) for one in self._counting]

    def _count(self) -> None:
        import pyarrow as pa

        if not self._waiting_rows:
            return
        rows = pa.Table.from_batches([batch.select(self.columns) for batch in self._waiting])
        self._waiting, self._waiting_rows, self._waiting_bytes = [], 0, 0
        self._count_rows(rows)
        self._looks += 1
        if self._looks % _COLLECT_EVERY == 0:
            gc.collect()

    def _count_rows(self, rows: "pa.Table") -> None:
        made = self._frame(rows)
        engine = library.engine(made)
        counted = list(self._countable(engine))
        wanted = {metric.id: metric for one in counted for metric in one.metrics.values()}
        values, _ = library.measured(engine, list(wanted.values()))
        for one in counted:
            own = {
                metric.id: values[metric.id]
                for metric in one.metrics.values()
                # The library makes floats of bounds for its ids, so that two may share one.
                if metric.id in values
                and metric.metric_value_kwargs == wanted[metric.id].metric_value_kwargs
            }
            self._add(one, own, engine)
        for one in self._counting:
            if one.occurring is not None and one.failed is None and one.prepared is not None:
                try:
                    one.occurring.add(engine)
                except Exception as error:  # whatever pandas raises for these values
                    one.failed = failure(str(error), self._schema)
        library.released(engine)

    def _countable(self, engine: Any) -> Iterator[_Counting]:
        for one in self._counting:
            if one.failed or one.prepared is None or one.occurring is not None:
                continue
            if not one.metrics:
                try:
                    one.metrics = library.dependencies(one.prepared.expectation, engine)
                except Exception as error:  # whatever the library raises while it plans
                    one.failed = failure(str(error), self._schema)
                    continue
            yield one

    def _add(self, one: _Counting, values: dict[Any, Any], engine: Any) -> None:
        if any(metric.id not in values for metric in one.metrics.values()):
            # Asked again by itself, so that the reason is its own and not that of another check.
            values, reason = library.measured(engine, list(one.metrics.values()))
            if any(metric.id not in values for metric in one.metrics.values()):
                one.failed = failure(reason, self._schema)
                return
        for name, metric in one.metrics.items():
            one.sums[name] = one.sums.get(name, 0) + int(values[metric.id])

    def _frame(self, rows: "pa.Table") -> "pd.DataFrame":
        try:
            return frame(rows, rows.column_names)
        except Exception:
            return self._frame_of_sound(rows)

    def _frame_of_sound(self, rows: "pa.Table") -> "pd.DataFrame":
        """The columns that can be read; checks of the others are errors."""
        sound = []
        for name in rows.column_names:
            try:
                frame(rows, [name])
                sound.append(name)
            except Exception as error:  # whatever Arrow raises for these values
                reason = (
                    f"the values of {name!r} cannot be read: {safe(str(error), rows.column_names)}"
                )
                for one in self._counting:
                    if one.prepared and name in one.prepared.columns:
                        one.failed = one.failed or Verdict.error(reason)
        return frame(rows, sound)


def failure(message: str, schema: "pa.Schema") -> Verdict:
    """The verdict where the library raised."""
    if message.startswith("name '") and _UNDEFINED in message:
        unknown = missing(message.split("'")[1], schema.names)
        return Verdict.error(f"in row_condition {unknown.reason}", unknown.mend)
    told = safe(message, schema.names) or "it gave no reason"
    return Verdict.error(f"great-expectations could not evaluate it: {told}")


def bad_rows(
    row_check: RowCheck, batch: "pa.RecordBatch", schema: "pa.Schema | None" = None
) -> Any:
    """A mask of numpy over a batch, true where a row is unexpected.

    Empty of true values where the check speaks of no single rows, or cannot be evaluated.
    """
    import numpy as np

    mask = np.zeros(batch.num_rows, dtype=bool)
    try:
        prepared = prepare(row_check, schema or batch.schema)
        made = frame(batch, prepared.columns)
    except Exception:
        return mask
    engine = library.engine(made)
    if is_distinct(prepared.type):
        places = Occurring(prepared).places(engine)
    else:
        places = _unexpected(prepared, engine)
    mask[places] = True
    return mask


def _unexpected(prepared: Prepared, engine: Any) -> Any:
    expectation = prepared.expectation
    metrics = library.dependencies(expectation, engine)
    count = metrics[f"{expectation.map_metric}.unexpected_count"]
    condition = library.condition_metric(expectation, count)
    values, _ = library.measured(engine, [condition])
    if condition.id not in values:
        return []
    unexpected = values[condition.id][0]
    return unexpected.index[unexpected.fillna(True).astype(bool)].to_numpy()
