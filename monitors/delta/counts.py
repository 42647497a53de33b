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

from monitors.delta import reasons
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
_ROW_BY_ROW = frozenset({"DELETE", "MERGE", "UPDATE"})
_NO_PREDICATE = frozenset({"", "[]", "null", "None", "true", '["true"]'})


class Touched(NamedTuple):
    """A file that a commit added or removed, and what is known of it (None: nothing).

    `key` is that of its path. `stray` says that it was removed without having been there.
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
    if _changed_nothing(commit):
        return _by_metrics(commit, files)
    if not (added and removed) or _copies_nothing(commit):
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
        inserted = None if _predicate(commit) else _output_rows(commit)
    doubt = _doubt(gone, inserted, stray=any(touched.stray for touched in removed))
    swaps = ambiguous = False
    for key in both:
        restored, dropped, unsure = _swap(old[key].action, new[key].action)
        inserted, deleted = total((inserted, restored)), total((deleted, dropped))
        swaps, ambiguous = swaps or (restored, dropped) != (0, 0) or unsure, ambiguous or unsure
    net = None if inserted is None or deleted is None else inserted - deleted
    return _ByFiles(inserted, deleted, net, swaps, bool(come), ambiguous, doubt)


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
        return _count(files, exact=known, reason=files.doubt, read_feed=files.ambiguous)
    corroborated = (
        commit.operation == "DELETE"
        and files.inserted == 0
        and _deleted_rows(commit) == files.deleted
    )
    reason = "" if corroborated else reasons.VECTOR_SWAP
    return _count(files, exact=corroborated, reason=reason, read_feed=not corroborated)


def _without_feed(commit: Commit, files: _ByFiles) -> Count:
    stated = _by_metrics(commit, files)
    if stated.exact:
        return stated
    if not files.fresh:
        # No row was written, so that none can have been copied or updated.
        return _from_files(commit, files)
    if commit.operation in _ROW_BY_ROW or _predicate(commit):
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
    stated, net = _stated(commit, files), files.net
    inserted, updated, deleted = stated.inserted, stated.updated, stated.deleted
    if inserted is None or deleted is None or updated is None:
        return stated._replace(net=net, exact=False)
    if net is not None and inserted - deleted != net:
        return Count(None, None, None, net, exact=False, reason=reasons.METRICS_DISAGREE)
    return stated._replace(net=inserted - deleted)


def _stated(commit: Commit, files: _ByFiles) -> Count:
    if commit.operation == "MERGE":
        return _merge(commit)
    if commit.operation == "UPDATE":
        return _update(commit)
    if commit.operation == "DELETE":
        return _delete(commit, files.net)
    if _predicate(commit):
        return _replace_where(commit, files)
    return Count(None, None, None, files.net, exact=False, reason=reasons.NO_METRICS)


def _merge(commit: Commit) -> Count:
    inserted, updated, deleted = (
        commit.metric(f"numTargetRows{what}", f"num_target_rows_{what.lower()}")
        for what in ("Inserted", "Updated", "Deleted")
    )
    if None in (inserted, updated, deleted):
        return Count(None, None, None, None, exact=False, reason=reasons.NO_METRICS)
    return Count(inserted, updated, deleted, None, exact=True)


def _update(commit: Commit) -> Count:
    updated = commit.metric("numUpdatedRows")
    if updated is not None:
        return Count(0, updated, 0, None, exact=True)
    matched = commit.metric("num_updated_rows")
    reason = reasons.NO_METRICS if matched is None else reasons.DELTA_RS_UPDATE
    return Count(0, matched, 0, None, exact=False, reason=reason)


def _delete(commit: Commit, net: int | None) -> Count:
    deleted = _deleted_rows(commit)
    if deleted is not None:
        return Count(0, 0, deleted, None, exact=True)
    derived = -net if net is not None and net <= 0 else None
    return Count(0, 0, derived, None, exact=False, reason=reasons.NO_METRICS)


def _replace_where(commit: Commit, files: _ByFiles) -> Count:
    """Spark's numOutputRows holds the copied rows too; delta-rs counts only the written ones."""
    output, copied = commit.metric("numOutputRows"), commit.metric("numCopiedRows")
    inserted, deleted = commit.metric("num_added_rows"), _deleted_rows(commit)
    exact, net = inserted is None, files.net
    if output is not None and copied is not None and (deleted is not None or _holds(files, output)):
        inserted = output - copied
    if inserted is None and deleted is not None and net is not None:
        inserted = net + deleted
    if deleted is None and inserted is not None and net is not None:
        deleted = inserted - net
    if inserted is None or deleted is None or inserted < 0 or deleted < 0:
        return Count(None, None, None, net, exact=False, reason=reasons.REPLACE_WHERE)
    return Count(inserted, 0, deleted, net, exact, "" if exact else reasons.REPLACE_WHERE)


def _holds(files: _ByFiles, output: int) -> bool:
    """Whether the written files hold just the rows that a metric states, the copied ones too."""
    return not files.swaps and files.inserted == output


def _changed_nothing(commit: Commit) -> bool:
    """Whether a MERGE rewrote files without changing a row: Spark's feed leaves such a commit out.

    Its own metrics decide, by the names that Spark knows.
    """
    names = ("numTargetRowsInserted", "numTargetRowsUpdated", "numTargetRowsDeleted")
    return commit.operation == "MERGE" and all(commit.metric(name) == 0 for name in names)


def _copies_nothing(commit: Commit) -> bool:
    if commit.operation in _WHOLE_FILES:
        return True
    mode = str(_parameters(commit).get("mode", "")).lower()
    return commit.operation == "WRITE" and mode == "overwrite" and not _predicate(commit)


def _predicate(commit: Commit) -> bool:
    """Whether a write replaced only the rows that meet a condition, and so may have copied some."""
    # Spark's REPLACE ON and REPLACE USING are replaceOnCond and replaceUsingCols.
    return commit.operation == "WRITE" and any(
        value is not None and str(value) not in _NO_PREDICATE
        for name, value in _parameters(commit).items()
        if name == "predicate" or name.startswith("replace")
    )


def _parameters(commit: Commit) -> Mapping[str, object]:
    parameters = commit.info.get("operationParameters")
    return parameters if isinstance(parameters, Mapping) else {}


def _output_rows(commit: Commit) -> int | None:
    return commit.metric("numOutputRows", "num_added_rows")


def _deleted_rows(commit: Commit) -> int | None:
    return commit.metric("numDeletedRows", "num_deleted_rows")
