"""A Delta table of bad rows: appended by delta-rs, once for each commit of their source.

Every append carries a transaction of the Delta protocol: its application is the check on this very
table, its version that of the newest source commit in it. Rows of commits up to the version that
the table knows were written before. Two writers at once collide on that application, and the second
finds the rows there. Format: https://github.com/delta-io/delta/blob/master/PROTOCOL.md,
"Transaction Identifiers".
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from monitors.errors import LimnographError, UnavailableError, UnreadableError

if TYPE_CHECKING:
    from deltalake import DeltaTable

VERSION = "_commit_version"
"""The column of bad rows that says which commit wrote them; without it all are of one version."""

_FEED = ("_change_type", VERSION, "_commit_timestamp")
_OURS = (
    pa.field("_check", pa.string()),
    pa.field("_reason", pa.string()),
    pa.field("_source_table", pa.string()),
    pa.field("_source_version", pa.int64()),
    pa.field("_run", pa.string()),
    pa.field("_quarantined_at", pa.timestamp("us", "UTC")),
)
_MASK = "***"
_TRIES = 5

Batches = Callable[[], Iterator[pa.RecordBatch]]


@dataclass(frozen=True, slots=True)
class Where:
    """A quarantine: where it is, and the columns of whose values only asterisks are written."""

    uri: str
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    mask: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """Where bad rows come from: the check in full, and its table by name, Delta id and version."""

    check: str
    reason: str
    table: str
    table_id: str
    version: int
    run: str
    now: datetime

    @property
    def application(self) -> str:
        """Who writes, as a transaction identifier of the quarantine."""
        return f"limnograph/{self.check}@{self.table_id}"


def append(where: Where, origin: Origin, bad: Batches) -> int:
    """Append bad rows that are not there yet; how many were.

    `bad` gives them anew whenever it is called. Raises UnreadableError when they cannot be read
    or written.
    """
    for _ in range(_TRIES):
        marked = _Marked(where, origin)
        try:
            if _written(where, origin, marked, bad):
                return marked.rows
        except LimnographError:
            raise
        except Exception as error:
            if marked.trouble is not None:
                raise marked.trouble from None
            raise _refused(where, error) from None
    raise UnavailableError(
        f"the quarantine {where.uri} is being written by too many at once", "the next run tries it"
    )


def _written(where: Where, origin: Origin, marked: "_Marked", bad: Batches) -> bool:
    """Whether the rows are there now; False when another writer was faster."""
    from deltalake import CommitProperties, Transaction, write_deltalake
    from deltalake.exceptions import CommitFailedError

    table = _opened(where)
    known = table.transaction_version(origin.application) if table else None
    if known is not None and known >= origin.version:
        return True
    batches = marked.of(bad(), known)
    first = next(batches, None)
    if first is None:
        return True
    if table is None:
        table = _created(where, first.schema)
    _demand_types(where, table, first.schema)
    transaction = Transaction(origin.application, origin.version)
    try:
        write_deltalake(
            table,
            pa.RecordBatchReader.from_batches(first.schema, chain((first,), batches)),
            mode="append",
            schema_mode="merge",
            commit_properties=CommitProperties(app_transactions=[transaction]),
        )
    except CommitFailedError:
        marked.rows = 0
        return False
    return True


def _opened(where: Where) -> "DeltaTable | None":
    """The quarantine as it is; None when there is none yet."""
    from deltalake import DeltaTable
    from deltalake.exceptions import TableNotFoundError

    with suppress(TableNotFoundError):
        return DeltaTable(where.uri, storage_options=dict(where.options) or None)
    return None


def _created(where: Where, schema: pa.Schema) -> "DeltaTable":
    """An empty quarantine; that of another writer if that one was faster."""
    from deltalake import DeltaTable
    from deltalake.exceptions import DeltaError
    from deltalake.schema import Schema

    options = dict(where.options) or None
    try:
        return DeltaTable.create(
            where.uri, Schema.from_arrow(schema), mode="error", storage_options=options
        )
    except DeltaError:
        table = _opened(where)
        if table is None:
            raise
        return table


class _Marked:
    """Bad rows on their way: those of known commits left out, masked, and marked as ours."""

    def __init__(self, where: Where, origin: Origin) -> None:
        self._mask = {name.casefold() for name in where.mask}
        self._origin = origin
        self.rows = 0
        self.trouble: Exception | None = None

    def of(self, bad: Iterator[pa.RecordBatch], known: int | None) -> Iterator[pa.RecordBatch]:
        """The rows as they are written; `known` is the newest commit that was written before."""
        try:
            for batch in bad:
                fresh = batch
                if known is not None and VERSION in batch.schema.names:
                    fresh = batch.filter(pc.field(VERSION) > known)
                if fresh.num_rows:
                    self.rows += fresh.num_rows
                    yield self._marked(fresh)
        except Exception as error:
            # On its way through the writer it would lose its reason.
            self.trouble = error
            raise

    def _marked(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        origin, count = self._origin, batch.num_rows
        version: Any = _same(origin.version, pa.int64(), count)
        if VERSION in batch.schema.names:
            version = batch[VERSION]
        values = {
            "_check": origin.check,
            "_reason": origin.reason,
            "_source_table": origin.table,
            "_run": origin.run,
            "_quarantined_at": origin.now,
        }
        columns: list[Any] = [self._shown(batch, field) for field in _kept(batch.schema)]
        columns += [
            version
            if ours.name == "_source_version"
            else _same(values[ours.name], ours.type, count)
            for ours in _OURS
        ]
        kept = [self._field(field) for field in _kept(batch.schema)]
        return pa.RecordBatch.from_arrays(columns, schema=pa.schema([*kept, *_OURS]))

    def _field(self, field: "pa.Field[Any]") -> "pa.Field[Any]":
        kind = pa.string() if field.name.casefold() in self._mask else field.type
        return pa.field(field.name, kind)

    def _shown(self, batch: pa.RecordBatch, field: "pa.Field[Any]") -> Any:
        column: Any = batch[field.name]
        if field.name.casefold() not in self._mask:
            return column
        return pc.if_else(column.is_valid(), pa.scalar(_MASK), pa.scalar(None, pa.string()))


def _same(value: Any, kind: Any, count: int) -> Any:
    """A column of one value."""
    return pa.repeat(pa.scalar(value, kind), count)


def _arrow(schema: Any) -> pa.Schema:
    """A schema of deltalake as Arrow has it."""
    found: pa.Schema = pa.schema(schema.to_arrow())
    return found


def _kept(schema: pa.Schema) -> "list[pa.Field[Any]]":
    """The columns of bad rows that are written; UnreadableError when one has a name of ours."""
    ours = {field.name for field in _OURS}
    if clash := ours & set(schema.names):
        raise UnreadableError(
            f"the table has a column {min(clash)!r}, which the quarantine needs for itself",
            "name it in drop of the quarantine",
        )
    return [f for f in schema if f.name not in _FEED and not pa.types.is_null(f.type)]


def _demand_types(where: Where, table: "DeltaTable", schema: pa.Schema) -> None:
    """UnreadableError where a column is there already, with another type.

    The writer would say so with a value of it.
    """
    from deltalake.schema import Schema

    there = {known.name.casefold(): known.type for known in _arrow(table.schema())}
    for new in _arrow(Schema.from_arrow(schema)):
        known = there.get(new.name.casefold(), new.type)
        if known != new.type:
            raise UnreadableError(
                f"the quarantine {where.uri} has the column {new.name!r} as {known},"
                f" not as {new.type}",
                "write to another folder, or leave the column out by drop",
            )


def _refused(where: Where, error: Exception) -> UnreadableError:
    """The error of the writer, in one line and without its Rust."""
    if type(error) is Exception:
        # What is not classed may quote a value of a row.
        return UnreadableError(
            f"the quarantine {where.uri} refused the rows", "write to another folder"
        )
    text = " ".join(str(error).split())[:300]
    return UnreadableError(
        f"the quarantine {where.uri} could not be written: {text}",
        "check the folder and the rights of its storage_options",
    )
