"""What is told of a commit: its fact, the events that people should see, and holes in the log."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from monitors.core import CommitFact, Event, EventKind
from monitors.delta.counts import Count, Touched
from monitors.delta.log.actions import Commit, Metadata, total
from monitors.errors import UnreadableError

_SKEW = timedelta(minutes=1)


def fact_of(
    commit: Commit, counted: Count, added: Sequence[Touched], removed: Sequence[Touched]
) -> CommitFact:
    """The fact of a commit; sizes and files are those of all its actions, maintenance included."""
    return CommitFact(
        version=commit.version,
        at=commit.at,
        operation=commit.operation,
        inserted=counted.inserted,
        updated=counted.updated,
        deleted=counted.deleted,
        net=counted.net,
        bytes_added=_bytes(added),
        bytes_removed=_bytes(removed),
        files_added=len(added),
        files_removed=len(removed),
        source="log",
        exact=counted.exact,
        reason=counted.reason,
        changes_data=commit.changes_data,
    )


def events_of(commit: Commit, before: Metadata | None, now: datetime) -> Iterator[Event]:
    """What happened in a commit that people should see."""
    key = f"{commit.version}@{int(commit.at.timestamp() * 1000)}"
    version, after = commit.version, commit.metadata
    if before is not None and after is not None and before.id and after.id != before.id:
        message = f"the table was replaced by version {version} (a new table id)"
        yield Event(EventKind.REPLACED, key, commit.at, message, {"version": version})
    if before is not None and after is not None and before.feed != after.feed:
        kind = EventKind.FEED_ON if after.feed else EventKind.FEED_OFF
        message = f"version {version} switched the change feed {'on' if after.feed else 'off'}"
        yield Event(kind, key, commit.at, message, {"version": version})
    if commit.at > now + _SKEW:
        message = f"version {version} carries a time in the future, {commit.at.isoformat()}"
        yield Event(EventKind.CLOCK_SKEW, key, now, message, {"version": version})


def hole(first: int, last: int, now: datetime, error: UnreadableError | None = None) -> Event:
    """Commits that nobody will count any more: cleaned from the log, or past reading."""
    versions = f"version {first}" if first == last else f"versions {first} to {last}"
    were = "was" if first == last else "were"
    why = f"cannot be read ({error.reason})" if error else f"{were} cleaned from the log"
    return Event(
        EventKind.LOG_CLEANED,
        f"{first}-{last}",
        now,
        f"{versions} {why} before being read; what happened there is unknown",
        {"first": first, "last": last},
    )


def _bytes(touched: Sequence[Touched]) -> int | None:
    return total(
        t.file.size if t.file and t.action.size is None else t.action.size for t in touched
    )
