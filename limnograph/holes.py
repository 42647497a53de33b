"""Where the record of a table has holes: spans whose commits were never read."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from exporters.history import Span
from limnograph.store import Store
from monitors.core import CommitFact, Event, EventKind


def holes(
    store: Store, subject_id: str, events: Sequence[Event], since: datetime
) -> Iterator[Span]:
    """Where commits are missing: between the last one read before a hole and the first one after.

    A hole is an event of the time at which it was noticed, which may be much later.
    """
    cleaned = [event for event in events if event.kind is EventKind.LOG_CLEANED]
    recreated = [event for event in events if event.kind is EventKind.RECREATED]
    if not cleaned and not recreated:
        return
    facts = store.facts(subject_id, since=since)
    for event in cleaned:
        known = [fact for fact in facts if fact.at <= event.at]
        first, last = event.detail.get("first", 0), event.detail.get("last", 0)
        before = max((fact.at for fact in known if fact.version < first), default=since)
        yield before, min((fact.at for fact in known if fact.version > last), default=event.at)
    for event in recreated:
        yield _around(facts, event)


def _around(facts: Sequence[CommitFact], event: Event) -> Span:
    """From the last commit of the older table to the first of the newer one.

    Facts are in order of incarnation and version, so a fall of the version is where one begins.
    """
    known = [fact for fact in facts if fact.at <= event.at]
    for last, first in reversed(list(pairwise(known))):
        if first.version <= last.version:
            return last.at, max(first.at, last.at)
    return event.at, event.at
