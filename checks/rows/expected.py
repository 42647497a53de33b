"""Expectations among the checks over rows; their library is not imported unless there is one.

Those that look at each row, and those that need all rows at once, see the batches of one pass; the
others are aggregates, computed with those of other checks.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from checks.core import Rows, Status, Verdict
from checks.rows.core import Aggregate, RowCheck
from checks.rows.outcome import failed, guarded
from checks.rows.statements import VERSION, form_of

if TYPE_CHECKING:
    import pyarrow as pa

Which = Literal["new", "all"]


class Expectations:
    """Some expectations on a table of this schema, by how they are evaluated."""

    def __init__(self, checks: Sequence[RowCheck], schema: "pa.Schema") -> None:
        self.row_wise: Sequence[RowCheck] = ()
        self.whole_set: Sequence[RowCheck] = ()
        self.aggregates: Sequence[Aggregate] = ()
        if checks:
            from checks.expectations.evaluate import aggregates, classified

            self.row_wise, aggregable, self.whole_set = classified(checks)
            self.aggregates = aggregates(aggregable, schema)


def examined(expectations: Expectations, rows: Rows) -> dict[str, Verdict]:
    """The verdicts, by the check's id, of those that look at batches; in a pass or two."""
    return _pass(expectations, rows, "new") | _pass(expectations, rows, "all")


def sampled(asked: RowCheck, rows: Rows) -> Sequence[Mapping[str, Any]]:
    """The first bad rows; none where the expectation is not about single rows."""
    make, most = bad_rows(asked, rows, None), form_of(asked.check).samples
    found: list[Mapping[str, Any]] = []
    for batch in make() if make else ():
        found += batch.slice(0, most - len(found)).to_pylist()
        if len(found) >= most:
            break
    return found


def bad_rows(
    asked: RowCheck, rows: Rows, wanted: Sequence[str] | None
) -> "Callable[[], Iterator[pa.RecordBatch]] | None":
    """What reads the bad rows anew, with these columns (None: all of them) and their version.

    None where the expectation is not about single rows.
    """
    from checks.expectations.evaluate import classified

    row_wise, _, _ = classified([asked])
    return partial(_bad_rows, asked, rows, wanted) if row_wise else None


def _bad_rows(
    asked: RowCheck, rows: Rows, wanted: Sequence[str] | None
) -> "Iterator[pa.RecordBatch]":
    import pyarrow as pa

    from checks.expectations.evaluate import bad_rows as mask_of
    from checks.expectations.evaluate import columns

    schema, which = rows.schema(), form_of(asked.check).rows
    shown = list(schema.names) if wanted is None else list(wanted)
    read = list(dict.fromkeys((*shown, *columns(asked, schema))))
    if wanted is not None and which == "new":
        shown.append(VERSION)
    for batch in rows.new(read) if which == "new" else rows.whole(read):
        bad = batch.filter(pa.array(mask_of(asked, batch, schema)))
        if bad.num_rows:
            yield bad.select(shown)


def _pass(expectations: Expectations, rows: Rows, which: Which) -> dict[str, Verdict]:
    row_wise = [a for a in expectations.row_wise if form_of(a.check).rows == which]
    whole_set = [a for a in expectations.whole_set if form_of(a.check).rows == which]
    if not row_wise and not whole_set:
        return {}
    try:
        return _passed(row_wise, whole_set, rows, which)
    except Exception as error:
        return {asked.check.id: failed(error) for asked in (*row_wise, *whole_set)}


def _passed(
    row_wise: Sequence[RowCheck], whole_set: Sequence[RowCheck], rows: Rows, which: Which
) -> dict[str, Verdict]:
    """One pass over rows, for everything that looks at batches."""
    from checks.expectations.evaluate import RowWise

    schema = rows.schema()
    examiner, holder = RowWise(row_wise, schema), _Holder(whole_set, schema, which)
    read = list(dict.fromkeys((*examiner.columns, *holder.columns)))
    seen = 0
    # Without a column a batch of live rows would not say how many they are.
    for batch in rows.new(read) if which == "new" else rows.whole(read or schema.names[:1]):
        seen += batch.num_rows
        examiner.feed(batch)
        holder.feed(batch)
    verdicts = {finding.check: finding.verdict for finding in examiner.findings()}
    verdicts |= holder.verdicts()
    return {name: _of_some(verdict, seen) for name, verdict in verdicts.items()}


def _of_some(verdict: Verdict, seen: int) -> Verdict:
    """A verdict on rows, which cannot pass without any."""
    if seen or verdict.status is not Status.PASS:
        return verdict
    return Verdict.not_assessed("there are no rows to judge", rows=0, bad=0)


@dataclass(slots=True)
class _Holder:
    """Holds rows for the expectations that need all of them, as many as one of them may hold."""

    checks: Sequence[RowCheck]
    schema: "pa.Schema"
    which: Which
    rows: int = 0
    _held: "list[pa.RecordBatch]" = field(default_factory=list)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the checks read."""
        from checks.expectations.evaluate import columns

        found = (name for asked in self.checks for name in columns(asked, self.schema))
        return tuple(dict.fromkeys(found))

    def feed(self, batch: "pa.RecordBatch") -> None:
        """Hold some rows, unless they are too many for every check."""
        self.rows += batch.num_rows
        if self.rows > max((_most(asked) for asked in self.checks), default=0):
            self._held.clear()
        else:
            version = (VERSION,) if self.which == "new" else ()
            self._held.append(batch.select([*self.columns, *version]))

    def verdicts(self) -> dict[str, Verdict]:
        """The verdicts on what was held, by the check's id."""
        from checks.expectations.evaluate import too_large, whole_set

        found: dict[str, Verdict] = {}
        for asked in self.checks:
            if self.rows > _most(asked):
                found[asked.check.id] = too_large(asked, self.rows)
            else:
                found[asked.check.id] = guarded(
                    partial(whole_set, asked, self._table(), self.schema)
                )
        return found

    def _table(self) -> "pa.Table":
        import pyarrow as pa

        if self._held:
            return pa.Table.from_batches(self._held)
        return pa.schema([self.schema.field(name) for name in self.columns]).empty_table()


def _most(asked: RowCheck) -> int:
    from checks.expectations.prepare import form_of as expectation_of

    return expectation_of(asked).max_rows
