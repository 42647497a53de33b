"""The rows a commit inserted, updated and deleted, judged from the log alone.

Truth is what the table's change feed holds or would hold. Where a commit carries no `cdc` files the
protocol derives the feed from its file actions ("Reader Requirements for AddCDCFile" in
https://github.com/delta-io/delta/blob/master/PROTOCOL.md): added rows are inserted, removed rows
are deleted, and a file whose deletion vector changed yields the difference. Where it carries them,
or where no feed was kept and rows may have been copied from old files to new ones, the operation's
row metrics answer if they are complete and do not contradict the file actions.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from monitors.delta import reasons, row_metrics
from monitors.delta.live.files import LiveFile
from monitors.delta.log.actions import Commit, FileAction, total

# Operations whose removed rows are gone and whose added rows are new: nothing is copied.
_WHOLE_FILES = frozenset(
    {
        "CLONE",
        "CONVERT",
        "COPY INTO",
        "CREATE OR REPLACE TABLE",
        "CREATE OR REPLACE TABLE AS SELECT",
        "CREATE TABLE",
        "CREATE TABLE AS SELECT",
        "REPLACE TABLE",
        "REPLACE TABLE AS SELECT",
        "RESTORE",
        "STREAMING UPDATE",
        "TRUNCATE",
    }
)
_OUTPUT_IS_INSERTED = _WHOLE_FILES - {"CLONE", "CONVERT", "RESTORE", "TRUNCATE"} | {"WRITE"}
# Operations that leave every row as it is, whatever a writer says of dataChange.
_MAINTENANCE = frozenset({"COMPUTE STATS", "OPTIMIZE", "REORG", "ROW TRACKING BACKFILL"})
_ROW_BY_ROW = frozenset({"DELETE", "MERGE", "UPDATE"})


class Touched(NamedTuple):
    """A file that a commit added or removed, and what is known of it (None: nothing).

    `key` is that of its path. `stray` says that it was removed without having been there, or added
    though it was.
    """

    action: FileAction
    key: int
    file: LiveFile | None
    stray: bool = False

    @property
    def live_rows(self) -> int | None:
        return self.file.live_rows if self.file else None


class Count(NamedTuple):
    """Rows; None is unknown. `read_feed` says that the commit's change data would answer better."""

    inserted: int | None
    updated: int | None
    deleted: int | None
    net: int | None
    exact: bool
    reason: str = ""
    read_feed: bool = False


class _ByFiles(NamedTuple):
    """What the file actions say. `swaps`: some file stayed with another vector; `fresh`: some
    file is new; `ambiguous`: the vectors themselves would tell more."""

    inserted: int | None
    deleted: int | None
    net: int | None
    swaps: bool
    fresh: bool
    ambiguous: bool
    doubt: str


NOTHING = Count(0, 0, 0, 0, exact=True)


def count(
    commit: Commit, *, feed: bool | None, added: Sequence[Touched], removed: Sequence[Touched]
) -> Count:
    """The commit's rows from its actions; `added` and `removed` are those with dataChange.

    `feed` says whether the table kept a change feed at this version; None is unknown.
    """
    if not (added or removed or commit.cdc):
        return NOTHING
    files = _by_files(commit, added, removed)
    if commit.cdc:
        stated = _by_metrics(commit, files)
        return stated if stated.exact else stated._replace(read_feed=True)
    if row_metrics.changed_nothing(commit):
        return _by_metrics(commit, files)
    if not (added and removed) or copies_nothing(commit):
        return _from_files(commit, files)
    if feed is None:
        return _either(_from_files(commit, files), _without_feed(commit, files))
    return _from_files(commit, files) if feed else _without_feed(commit, files)


def _either(kept: Count, lost: Count) -> Count:
    """The count of a commit from a time of which nobody knows whether a feed was kept."""
    if kept[:4] == lost[:4] or not lost.exact:
        return lost
    return lost._replace(exact=False, reason=reasons.UNKNOWN_FEED)


def _by_files(commit: Commit, added: Sequence[Touched], removed: Sequence[Touched]) -> _ByFiles:
    old = {touched.key: touched for touched in removed}
    new = {touched.key: touched for touched in added}
    both = old.keys() & new.keys()
    gone = [touched for key, touched in old.items() if key not in both]
    come = [touched for key, touched in new.items() if key not in both]
    inserted, deleted = total(t.live_rows for t in come), total(t.live_rows for t in gone)
    if inserted is None and not both and commit.operation in _OUTPUT_IS_INSERTED:
        inserted = None if row_metrics.replaces_some(commit) else row_metrics.output_rows(commit)
    doubt = _doubt(gone, inserted, stray=any(touched.stray for touched in removed))
    if not doubt and _added_again(commit, old, new):
        doubt = reasons.ADDED_AGAIN
    swaps = ambiguous = False
    for key in both:
        restored, dropped, unsure = _swap(old[key].action, new[key].action)
        inserted, deleted = total((inserted, restored)), total((deleted, dropped))
        swaps, ambiguous = swaps or (restored, dropped) != (0, 0) or unsure, ambiguous or unsure
    net = None if inserted is None or deleted is None else inserted - deleted
    return _ByFiles(inserted, deleted, net, swaps, bool(come), ambiguous, doubt)


def _added_again(commit: Commit, old: Mapping[int, Touched], new: Mapping[int, Touched]) -> bool:
    """Whether a file came that was there already: rewritten in place, or only told of anew."""
    if commit.operation in _MAINTENANCE:
        return False
    return any(
        touched.action.vector_id == old[key].action.vector_id if key in old else touched.stray
        for key, touched in new.items()
    )


def _doubt(gone: Sequence[Touched], inserted: int | None, *, stray: bool) -> str:
    """Why the file actions may not tell all; empty where the files' rows are known."""
    if stray:
        return reasons.UNKNOWN_FILES
    if inserted is None:
        return reasons.NO_STATISTICS
    if any(touched.live_rows is None for touched in gone):
        unknown = any(touched.file is None for touched in gone)
        return reasons.UNKNOWN_FILES if unknown else reasons.NO_STATISTICS
    return ""


def _swap(old: FileAction, new: FileAction) -> tuple[int | None, int | None, bool]:
    """(restored, dropped, unsure) rows of a file that stayed and whose vector changed.

    The vectors' sizes alone do not tell whether one contains the other, unless one is empty.
    """
    if old.vector_id == new.vector_id:
        return 0, 0, False
    before, after = old.cardinality, new.cardinality
    if before is None or after is None:
        return None, None, True
    return max(before - after, 0), max(after - before, 0), bool(before and after)


def _from_files(commit: Commit, files: _ByFiles) -> Count:
    if files.doubt or not files.ambiguous:
        known = not files.doubt
        # The files themselves do not tell what to make of one that was added again.
        ask = files.ambiguous and files.doubt != reasons.ADDED_AGAIN
        return _count(files, exact=known, reason=files.doubt, read_feed=ask)
    sure = _corroborated(commit, files)
    reason = "" if sure else reasons.VECTOR_SWAP
    return _count(files, exact=sure, reason=reason, read_feed=not sure)


def _corroborated(commit: Commit, files: _ByFiles) -> bool:
    """Whether the operation's metrics say the same as the sizes of its vectors."""
    stated = _by_metrics(commit, files)
    said = commit.operation == "MERGE" or row_metrics.deleted_rows(commit) is not None
    same = (stated.inserted, stated.updated, stated.deleted) == (files.inserted, 0, files.deleted)
    return said and stated.exact and same


def _without_feed(commit: Commit, files: _ByFiles) -> Count:
    stated = _by_metrics(commit, files)
    if stated.exact:
        return stated
    if not files.fresh:
        # No row was written, so that none can have been copied or updated.
        return _from_files(commit, files)
    if commit.operation in _ROW_BY_ROW or row_metrics.replaces_some(commit):
        return stated
    if not files.swaps or files.inserted is None or files.deleted is None:
        reason = reasons.UNKNOWN_OPERATION
        return _count(files, exact=False, reason=reason, read_feed=False)
    # Vectors and new files in one commit of an unknown kind: an update is as likely as a merge.
    return Count(None, None, None, files.net, exact=False, reason=reasons.UNKNOWN_OPERATION)


def _count(files: _ByFiles, *, exact: bool, reason: str, read_feed: bool) -> Count:
    return Count(files.inserted, 0, files.deleted, files.net, exact, reason, read_feed)


def _by_metrics(commit: Commit, files: _ByFiles) -> Count:
    """The operation's own row metrics, held against the net of the file actions."""
    net = files.net
    stated = row_metrics.stated(commit, net, None if files.swaps else files.inserted)
    inserted, updated, deleted, exact, reason = stated
    if inserted is None or deleted is None or updated is None:
        return Count(inserted, updated, deleted, net, exact=False, reason=reason)
    if net is not None and inserted - deleted != net:
        return Count(None, None, None, net, exact=False, reason=reasons.METRICS_DISAGREE)
    return Count(inserted, updated, deleted, inserted - deleted, exact, reason)


def copies_nothing(commit: Commit) -> bool:
    if commit.operation in _WHOLE_FILES:
        return True
    mode = str(row_metrics.parameters(commit).get("mode", "")).lower()
    whole = mode == "overwrite" and not row_metrics.replaces_some(commit)
    return commit.operation == "WRITE" and whole
