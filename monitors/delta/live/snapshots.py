"""What the state of a table says to the outside, and what it must say to be believed."""

from datetime import datetime

from monitors.core import Problem, Snapshot
from monitors.delta.live.table import TableState
from monitors.delta.log import features
from monitors.delta.log.listing import Listing
from monitors.errors import UnreadableError


def demand_whole(uri: str, state: TableState, listing: Listing) -> None:
    """Raise UnreadableError unless the state is that of a table we can read, with all its files."""
    if state.protocol is not None:
        features.demand_readable(state.protocol)
    if state.protocol is None or state.metadata is None:
        raise UnreadableError(
            f"broken log: {uri}/_delta_log tells neither protocol nor schema",
            "restore the missing commits or a checkpoint",
        )
    if not state.complete:
        raise UnreadableError(
            f"broken log: {uri}/_delta_log lacks version {_first_missing(listing, state.version)}, "
            "and no later checkpoint makes up for it",
            "restore the missing commit, or rebuild the table from its newest checkpoint",
        )


def _first_missing(listing: Listing, head: int) -> int:
    start = max((c.version for c in listing.checkpoints), default=-1)
    return next((v for v in range(start + 1, head + 1) if v not in listing.commits), 0)


def snapshot_of(state: TableState, at: datetime) -> Snapshot:
    """The snapshot of a state that `demand_whole` has passed; `at` is its newest commit's time."""
    assert state.protocol is not None
    assert state.metadata is not None
    return Snapshot(
        version=state.version,
        at=at,
        table_id=state.metadata.id,
        rows=state.sums.live_rows,
        files=state.sums.files,
        size_bytes=state.sums.size_bytes,
        features=features.names(state.protocol, state.metadata),
        feed=state.feed,
        properties=state.metadata.properties,
        partition_columns=state.metadata.partition_columns,
    )


def unknown_rows(state: TableState, *, footers: bool) -> tuple[Problem, ...]:
    """The problem of files without a row count, if there are any."""
    if not state.sums.unknown_rows:
        return ()
    how = "their footers could not be read" if footers else "no data was to be read"
    mend = "let the writer keep statistics"
    return (
        Problem(
            "rows",
            "not_assessed",
            f"{state.sums.unknown_rows} of {state.sums.files} files carry no row count in their "
            f"statistics, and {how}",
            mend if footers else f"{mend}, or allow reading Parquet footers (without log-only)",
        ),
    )
