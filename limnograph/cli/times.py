"""Spans of time as people write them on the command line."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import typer


def span_of(since: str, until: str | None, time_zone: str) -> tuple[datetime, datetime]:
    """A span in UTC; without an end it is the day of a date, or a day from a time on.

    Days are whole and lie in the time zone, as does a time without a zone. BadParameter when a
    bound is none, or nothing can lie between them.
    """
    from limnograph.replay.window import bound

    zone = ZoneInfo(time_zone)
    try:
        start = bound(since)
        first = start.begins(zone)
        end = bound(until) if until is not None else None
        last = end.ends(zone) if end else start.ends(zone) if start.day else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--from' / '--to'") from None
    if first is None or (end is not None and last is None):
        raise typer.BadParameter(
            "write a day (2026-11-27) or a time (2026-11-27T06:00)", param_hint="'--from' / '--to'"
        )
    last = last or first + timedelta(days=1)
    if first >= last:
        raise typer.BadParameter(f"{since} does not lie before {until}", param_hint="'--from'")
    return first, last
