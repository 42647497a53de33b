"""The rows that an operation says it changed: the `operationMetrics` of a commit.

Spark and Databricks write camelCase and texts, delta-rs snake_case and numbers, others a mixture or
nothing at all. Whether the metrics are right is for the file actions to tell.
"""

from collections.abc import Mapping
from typing import NamedTuple

from monitors.delta import reasons
from monitors.delta.log.actions import Commit

_NO_CONDITION = frozenset({"", "[]", "null", "None", "true", '["true"]'})


class Stated(NamedTuple):
    """Rows; None is unknown. `exact` says that the metrics are all that the count needs."""

    inserted: int | None
    updated: int | None
    deleted: int | None
    exact: bool
    reason: str = ""


def stated(commit: Commit, net: int | None, written: int | None) -> Stated:
    """What a commit that may have copied rows says of itself.

    `net` is that of its file actions, `written` the rows in its new files; None is unknown.
    """
    if commit.operation == "MERGE":
        return _merge(commit)
    if commit.operation == "UPDATE":
        return _update(commit)
    if commit.operation == "DELETE":
        return _delete(commit, net)
    if replaces_some(commit):
        return _replace(commit, net, written)
    return Stated(None, None, None, exact=False, reason=reasons.NO_METRICS)


def changed_nothing(commit: Commit) -> bool:
    """Whether a MERGE rewrote files without changing a row: Spark's feed leaves such a commit out.

    Its own metrics decide, by the names that Spark knows.
    """
    names = ("numTargetRowsInserted", "numTargetRowsUpdated", "numTargetRowsDeleted")
    return commit.operation == "MERGE" and all(commit.metric(name) == 0 for name in names)


def replaces_some(commit: Commit) -> bool:
    """Whether a write replaced only the rows that meet a condition, and so may have copied some."""
    # Spark's REPLACE ON and REPLACE USING are replaceOnCond and replaceUsingCols.
    return commit.operation == "WRITE" and any(
        value is not None and str(value) not in _NO_CONDITION
        for name, value in parameters(commit).items()
        if name == "predicate" or name.startswith("replace")
    )


def parameters(commit: Commit) -> Mapping[str, object]:
    """The operation's parameters; empty where the commit has none."""
    found = commit.info.get("operationParameters")
    return found if isinstance(found, Mapping) else {}


def output_rows(commit: Commit) -> int | None:
    """The rows that an operation wrote; None when it does not say."""
    return commit.metric("numOutputRows", "num_added_rows")


def deleted_rows(commit: Commit) -> int | None:
    """The rows that a DELETE or a replacing write deleted; None when it does not say."""
    return commit.metric("numDeletedRows", "num_deleted_rows")


def _merge(commit: Commit) -> Stated:
    inserted, updated, deleted = (
        commit.metric(f"numTargetRows{what}", f"num_target_rows_{what.lower()}")
        for what in ("Inserted", "Updated", "Deleted")
    )
    if None in (inserted, updated, deleted):
        return Stated(None, None, None, exact=False, reason=reasons.NO_METRICS)
    return Stated(inserted, updated, deleted, exact=True)


def _update(commit: Commit) -> Stated:
    updated = commit.metric("numUpdatedRows")
    if updated is not None:
        return Stated(0, updated, 0, exact=True)
    matched = commit.metric("num_updated_rows")
    reason = reasons.NO_METRICS if matched is None else reasons.DELTA_RS_UPDATE
    return Stated(0, matched, 0, exact=False, reason=reason)


def _delete(commit: Commit, net: int | None) -> Stated:
    deleted = deleted_rows(commit)
    if deleted is not None:
        return Stated(0, 0, deleted, exact=True)
    derived = -net if net is not None and net <= 0 else None
    return Stated(0, 0, derived, exact=False, reason=reasons.NO_METRICS)


def _replace(commit: Commit, net: int | None, written: int | None) -> Stated:
    """Spark's numOutputRows holds the copied rows too; delta-rs counts only the written ones."""
    output, copied = commit.metric("numOutputRows"), commit.metric("numCopiedRows")
    inserted, deleted = commit.metric("num_added_rows"), deleted_rows(commit)
    exact = inserted is None
    if output is not None and copied is not None and (deleted is not None or output == written):
        inserted = output - copied
    if inserted is None and deleted is not None and net is not None:
        inserted = net + deleted
    if deleted is None and inserted is not None and net is not None:
        deleted = inserted - net
    if inserted is None or deleted is None or inserted < 0 or deleted < 0:
        return Stated(None, None, None, exact=False, reason=reasons.REPLACE_WHERE)
    return Stated(inserted, 0, deleted, exact, "" if exact else reasons.REPLACE_WHERE)
