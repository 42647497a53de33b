"""Which rows of a commit are new: inserted, or updated and as they are after it.

With a change feed it says so itself. Without one, added files hold new rows unless the commit may
have copied rows from files that it removed: then nobody can tell the new ones from the old.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from monitors.delta.counts import Touched, copies_nothing
from monitors.delta.feed.commits import ChangedCommit, ChangedFile
from monitors.delta.feed_reader import changed_file
from monitors.delta.log.actions import Commit
from monitors.delta.row_metrics import changed_nothing
from monitors.errors import UnreadableError

FEED_MEND = (
    "set the table property delta.enableChangeDataFeed = true, so that later commits tell"
    " their new rows, or judge the whole table with rows: all"
)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Why the new rows of some commits are not judged; `error` where they could not be read."""

    reason: str
    mend: str
    error: bool = False


def new_rows(
    commit: Commit, feed: bool | None, added: Sequence[Touched], removed: Sequence[Touched]
) -> ChangedCommit | LeftOut | None:
    """What to read for the new rows of a commit; None when it has none.

    `added` and `removed` are what it did to files, maintenance included; `feed` says whether the
    table kept a change feed at this version, None is unknown.
    """
    come = [touched for touched in added if touched.action.data_change]
    gone = [touched for touched in removed if touched.action.data_change]
    try:
        if commit.cdc:
            return _changed(commit, cdc=tuple(changed_file(action, None) for action in commit.cdc))
        if not come or changed_nothing(commit):
            return None
        if not feed and _may_have_copied(commit, come, gone):
            return _rewritten(commit)
        return _added(commit, come, gone)
    except UnreadableError as error:
        return LeftOut(f"version {commit.version}: {error.reason}", error.mend, error=True)


def _may_have_copied(commit: Commit, come: Sequence[Touched], gone: Sequence[Touched]) -> bool:
    """Whether a file is new and another is gone: rows of the one may be those of the other.

    A file that stays with another deletion vector gave no row away.
    """
    old, new = {touched.key for touched in gone}, {touched.key for touched in come}
    return bool(new - old) and bool(old - new) and not copies_nothing(commit)


def _rewritten(commit: Commit) -> LeftOut:
    name = f" ({commit.operation})" if commit.operation else ""
    return LeftOut(
        f"version {commit.version}{name} rewrote files and the table has no change feed, so its"
        " new rows cannot be told from old ones",
        FEED_MEND,
    )


def _added(
    commit: Commit, come: Sequence[Touched], gone: Sequence[Touched]
) -> ChangedCommit | None:
    """The added files, and of the removed ones those that stay with another deletion vector."""
    new = {touched.key for touched in come}
    swapped = [touched for touched in gone if touched.key in new]
    # Without an old vector no row can have come back: such a swap only deleted.
    fell = {touched.key for touched in swapped if not touched.action.vector}
    adds = tuple(_file(touched) for touched in come if touched.key not in fell)
    removes = tuple(_file(touched) for touched in swapped if touched.key not in fell)
    return _changed(commit, adds=adds, removes=removes) if adds else None


def _changed(
    commit: Commit,
    adds: tuple[ChangedFile, ...] = (),
    removes: tuple[ChangedFile, ...] = (),
    cdc: tuple[ChangedFile, ...] = (),
) -> ChangedCommit:
    return ChangedCommit(commit.version, commit.at, adds, removes, cdc)


def _file(touched: Touched) -> ChangedFile:
    return changed_file(touched.action, touched.file.rows if touched.file else None)
