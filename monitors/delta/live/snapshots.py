"""What the state of a table says to the outside, and what it must say to be believed."""

from collections.abc import Mapping
from datetime import datetime

from monitors.core import Problem, Snapshot
from monitors.delta.live.table import TableState
from monitors.delta.log import features
from monitors.delta.log.listing import Listing
from monitors.errors import UnreadableError


def demand_whole(
    uri: str,
    state: TableState,
    broken: Mapping[int, UnreadableError],
    spoilt: UnreadableError | None,
) -> None:
    """Raise UnreadableError unless the state is that of a table we can read, with all its files.

    `broken` are commits that could not be read and that no checkpoint made up for; `spoilt` is the
    error of a checkpoint that might have.
    """
    if state.protocol is not None:
        features.demand_readable(state.protocol)
    if not state.complete and broken:
        raise broken[min(broken)]
    if not state.complete and spoilt is not None:
        raise UnreadableError(
            f"{spoilt.reason}, and without it the log lacks version {state.lost}", spoilt.mend
        )
    if not state.complete:
        raise UnreadableError(
            f"broken log: {uri}/_delta_log lacks version {state.lost}, "
            "and no later checkpoint makes up for it",
            "restore the missing commit, or rebuild the table from its newest checkpoint",
        )
    if state.protocol is None or state.metadata is None:
        raise UnreadableError(
            f"broken log: {uri}/_delta_log tells neither protocol nor schema",
            "restore the missing commits or a checkpoint",
        )


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
        feed=bool(state.feed),
        properties=state.metadata.properties,
        partition_columns=state.metadata.partition_columns,
    )


def passed_over(broken: Mapping[int, UnreadableError]) -> tuple[Problem, ...]:
    """The problems of commits that could not be read, though a checkpoint made up for them."""
    return tuple(
        Problem(f"version {version}", "error", error.reason, error.mend)
        for version, error in sorted(broken.items())
    )


def ahead(listing: Listing, state: TableState) -> tuple[Problem, ...]:
    """The problem of a state from a checkpoint that lies above every commit, if it is one.

    Logs are cleaned from their beginning, so either commits are lost or it is of another table;
    engines read it all the same.
    """
    newest = max(listing.commits, default=state.version)
    if newest >= state.version:
        return ()
    return (
        Problem(
            f"version {state.version}",
            "error",
            f"the checkpoint of version {state.version} lies above the newest commit, version "
            f"{newest}: commits up to its version that come later will not be read",
            "restore the commits between them, or remove the checkpoint if it is not of this table",
        ),
    )


def unknown(state: TableState, *, footers: bool) -> tuple[Problem, ...]:
    """The problems of files whose rows or size nobody tells, if there are any."""
    return (*_unknown_rows(state, footers=footers), *_unknown_size(state))


def _unknown_size(state: TableState) -> tuple[Problem, ...]:
    if state.sums.size_bytes is not None:
        return ()
    return (
        Problem(
            "size_bytes",
            "not_assessed",
            f"{state.sums.unknown_size or state.sums.files} of {state.sums.files} files carry no "
            "plausible size in the log",
            "have the files rewritten by another writer",
        ),
    )


def _unknown_rows(state: TableState, *, footers: bool) -> tuple[Problem, ...]:
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
