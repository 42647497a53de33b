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
from monitors.delta.log.actions import Commit, FileAction

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
_NO_PREDICATE = frozenset({"", "[]", "null", "None", "true", '["true"]'})


class Touched(NamedTuple):
    """A file that a commit added or removed, and what is known of it (None: nothing)."""

    action: FileAction
    key: int
    file: LiveFile | None

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
    inserted: int | None
    deleted: int | None
    net: int | None
    swaps: bool
    ambiguous: bool
    reason: str


NOTHING = Count(0, 0, 0, 0, exact=True)


def count(
    commit: Commit, *, feed: bool, added: Sequence[Touched], removed: Sequence[Touched]
) -> Count:
    """The commit's rows from its actions; `added` and `removed` are those with dataChange.

    `feed` says whether the table kept a change feed at this version.
    """
    if not (added or removed or commit.cdc):
        return NOTHING
    files = _by_files(commit, added, removed)
    if commit.cdc:
        stated = _by_metrics(commit, files.net)
        return stated if stated.exact else stated._replace(read_feed=True)
    if feed or not (added and removed):
        return _from_files(commit, files)
    if _copies_nothing(commit):
        return _from_files(commit, files)
    return _without_feed(commit, files)


def _by_files(commit: Commit, added: Sequence[Touched], removed: Sequence[Touched]) -> _ByFiles:
    old = {touched.key: touched for touched in removed}
    new = {touched.key: touched for touched in added}
    both = old.keys() & new.keys()
    inserted = _sum([t.live_rows for key, t in new.items() if key not in both])
    deleted = _sum([t.live_rows for key, t in old.items() if key not in both])
    ambiguous = False
    for key in both:
        restored, dropped, unsure = _swap(old[key], new[key])
        inserted, deleted = _plus(inserted, restored), _plus(deleted, dropped)
        ambiguous = ambiguous or unsure
    if inserted is None and not both and commit.operation in _OUTPUT_IS_INSERTED:
        inserted = None if _predicate(commit) else _output_rows(commit)
    net = None if inserted is None or deleted is None else inserted - deleted
    return _ByFiles(inserted, deleted, net, bool(both), ambiguous, _why_unknown(old, inserted))


def _why_unknown(old: Mapping[int, Touched], inserted: int | None) -> str:
    unknown_old = any(touched.file is None for touched in old.values())
    return reasons.UNKNOWN_FILES if unknown_old and inserted is not None else reasons.NO_STATISTICS


def _swap(old: Touched, new: Touched) -> tuple[int | None, int | None, bool]:
    """(restored, dropped, unsure) rows of a file that stayed and whose vector changed.

    The vectors' sizes alone do not tell whether one contains the other, unless one is empty.
    """
    before, after = old.action.cardinality, new.action.cardinality
    if before is None or after is None:
        return None, None, True
    if old.action.vector == new.action.vector:
        return 0, 0, False
    unsure = bool(before and after)
    return max(before - after, 0), max(after - before, 0), unsure


def _from_files(commit: Commit, files: _ByFiles) -> Count:
    known = files.inserted is not None and files.deleted is not None
    if files.ambiguous and known:
        corroborated = (
            commit.operation == "DELETE"
            and files.inserted == 0
            and _deleted_rows(commit) == files.deleted
        )
        reason = "" if corroborated else reasons.VECTOR_SWAP
        return _count(files, exact=corroborated, reason=reason, read_feed=not corroborated)
    reason = "" if known else files.reason
    return _count(files, exact=known, reason=reason, read_feed=files.ambiguous)


def _without_feed(commit: Commit, files: _ByFiles) -> Count:
    if commit.operation in ("MERGE", "UPDATE", "DELETE") or _predicate(commit):
        return _by_metrics(commit, files.net)
    if not files.swaps or files.inserted is None or files.deleted is None:
        reason = reasons.UNKNOWN_OPERATION
        return _count(files, exact=False, reason=reason, read_feed=False)
    # Vectors and new files in one commit of an unknown kind: an update is as likely as a merge.
    return Count(None, None, None, files.net, exact=False, reason=reasons.UNKNOWN_OPERATION)


def _count(files: _ByFiles, *, exact: bool, reason: str, read_feed: bool) -> Count:
    return Count(files.inserted, 0, files.deleted, files.net, exact, reason, read_feed)


def _by_metrics(commit: Commit, net: int | None) -> Count:
    """The operation's own row metrics, held against the net of the file actions."""
    stated = _stated(commit, net)
    inserted, updated, deleted = stated.inserted, stated.updated, stated.deleted
    if inserted is None or deleted is None or updated is None:
        return stated._replace(net=net, exact=False)
    if net is not None and inserted - deleted != net:
        return Count(None, None, None, net, exact=False, reason=reasons.METRICS_DISAGREE)
    return stated._replace(net=inserted - deleted)


def _stated(commit: Commit, net: int | None) -> Count:
    if commit.operation == "MERGE":
        return _merge(commit)
    if commit.operation == "UPDATE":
        return _update(commit)
    if commit.operation == "DELETE":
        return _delete(commit, net)
    if _predicate(commit):
        return _replace_where(commit, net)
    return Count(None, None, None, net, exact=False, reason=reasons.NO_METRICS)


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


def _replace_where(commit: Commit, net: int | None) -> Count:
    """Spark's numOutputRows holds the copied rows too; delta-rs counts only the written ones."""
    output, copied = commit.metric("numOutputRows"), commit.metric("numCopiedRows")
    inserted, deleted = commit.metric("num_added_rows"), _deleted_rows(commit)
    exact = inserted is None
    if output is not None and copied is not None:
        inserted = output - copied
    if inserted is None and deleted is not None and net is not None:
        inserted = net + deleted
    if deleted is None and inserted is not None and net is not None:
        deleted = inserted - net
    if inserted is None or deleted is None or inserted < 0 or deleted < 0:
        return Count(None, None, None, net, exact=False, reason=reasons.REPLACE_WHERE)
    return Count(inserted, 0, deleted, net, exact, "" if exact else reasons.REPLACE_WHERE)


def _copies_nothing(commit: Commit) -> bool:
    if commit.operation in _WHOLE_FILES:
        return True
    mode = str(_parameters(commit).get("mode", "")).lower()
    return commit.operation == "WRITE" and mode == "overwrite" and not _predicate(commit)


def _predicate(commit: Commit) -> bool:
    """Whether a write replaced only the rows that meet a condition, and so may have copied some."""
    parameters = _parameters(commit)
    named = (parameters.get(name) for name in ("predicate", "replaceOn", "replaceUsing"))
    return commit.operation == "WRITE" and any(
        value is not None and str(value) not in _NO_PREDICATE for value in named
    )


def _parameters(commit: Commit) -> Mapping[str, object]:
    parameters = commit.info.get("operationParameters")
    return parameters if isinstance(parameters, Mapping) else {}


def _output_rows(commit: Commit) -> int | None:
    return commit.metric("numOutputRows", "num_added_rows")


def _deleted_rows(commit: Commit) -> int | None:
    return commit.metric("numDeletedRows", "num_deleted_rows")


def _sum(numbers: Sequence[int | None]) -> int | None:
    return None if None in numbers else sum(n for n in numbers if n is not None)


def _plus(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
