"""Writing what happened once: an event that is there already stays as it is."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from limnograph.store.schema import event
from limnograph.store.statements import insert_missing
from monitors.core import Event


def insert_events(
    connection: Connection, subject_id: str, events: Iterable[Event], now: datetime, run: str
) -> int:
    """Write the events of a subject that are not there; how many those were."""
    rows = [
        {
            "subject": subject_id,
            "kind": str(one.kind),
            "key": one.key,
            "at": one.at,
            "recorded_at": now,
            "run": run,
            "message": one.message,
            "detail": dict(one.detail),
        }
        for one in events
    ]
    return insert_missing(connection, event, rows)
