"""From the verdicts of one evaluation to incidents, and from incidents to messages. Pure.

The store does with it what has to be done in one transaction; see `store.judging`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from checks.core import Check, Status, Verdict
from checks.incidents import Incident, Step, Trail, advance, resolved
from checks.metrics import worst
from exporters.core import Change, Message
from exporters.verdicts import observed_text
from exporters.wording import plural

_EVENTS = UUID("6c0f7a1e-3a52-5d0b-9d5e-1f6a4a1f2c11")
"""The namespace of event ids; never to change, or messages would be told twice."""

GONE = "the slice is no longer reported"
RETIRED = "the check is no longer declared"
_VERBS = {Status.FAIL: "fails", Status.WARN: "warns", Status.ERROR: "could not be evaluated"}


@dataclass(frozen=True, slots=True)
class Turn:
    """What one evaluation makes of one slice; `verdict` is None where the slice is gone."""

    slice: str
    verdict: Verdict | None
    trail: Trail
    step: Step


def turns(
    check: Check,
    verdicts: Sequence[Verdict],
    trails: Mapping[str, Trail],
    incidents: Mapping[str, Incident],
    now: datetime,
    *,
    silent: bool,
    again: bool = False,
) -> Iterator[Turn]:
    """What an evaluation makes of every slice of a check.

    `trails` and `incidents` are by slice, the latter as `checks.incidents.advance` wants them. Of
    two verdicts on one slice the worse counts. A slice of which there is no verdict is gone if the
    check could be evaluated; else nothing is known of it. With `again` the verdicts are those of
    before, and no further ones on the trail.
    """
    reported: dict[str, Verdict] = {}
    for verdict in verdicts:
        known = reported.get(verdict.slice)
        reported[verdict.slice] = worst([known, verdict]) if known else verdict
    for name, verdict in reported.items():
        trail = trails.get(name, Trail())
        if not again or name not in trails:
            trail = trail.after(verdict.status, now, check.patience.of)
        step = advance(incidents.get(name), trail, verdict, check, now, silent=silent)
        if step.change == "resolved":
            trail = trail.forgotten()
        yield Turn(name, verdict, trail, step)
    if all(verdict.status in (Status.ERROR, Status.NOT_ASSESSED) for verdict in verdicts):
        return
    for name in sorted((trails.keys() | incidents.keys()) - reported.keys()):
        incident = incidents.get(name)
        ends = incident is not None and incident.open
        step = resolved(incident, now, reason=GONE) if incident and ends else Step(incident)
        yield Turn(name, None, Trail(), step)


def event_id(incident: str, sequence: int) -> str:
    """The id of a message, the same however often it is made.

    >>> event_id("8f3a", 1) == event_id("8f3a", 1) != event_id("8f3a", 2)
    True
    """
    return str(uuid5(_EVENTS, f"{incident}/{sequence}"))


def message(incident: Incident, change: str, at: datetime) -> Message:
    """What is told of an incident as it is after the change."""
    ended = change == Change.RESOLVED
    return Message(
        event_id=event_id(incident.id, incident.sequence),
        incident=incident.id,
        sequence=incident.sequence,
        change=Change(change),
        title=title(incident),
        status=str(Status.PASS if ended else incident.status),
        severity=str(incident.severity),
        table=incident.table,
        check=incident.check_id,
        reason=incident.ending if ended else incident.reason,
        at=at,
        since=incident.since,
        # What is resolved by a verdict is good now.
        last_good=at if ended and incident.ending not in (GONE, RETIRED) else incident.last_good,
        observed=observed_text(incident.observed),
        expected=incident.expected,
        owner=incident.owner,
        tags=incident.tags,
        description=incident.description,
        mend="" if ended else incident.mend,
        look=incident.look,
        slice=incident.slice,
    )


def summary(incidents: Sequence[Incident], run: str, at: datetime) -> Message:
    """One message for all incidents that opened without a word; ValueError when there are none."""
    if not incidents:
        raise ValueError("there is nothing to summarise")
    ordered = sorted(incidents, key=lambda one: (-one.severity.rank, one.check, one.slice))
    about = f"summary:{run}"
    tables = len({one.subject for one in ordered})
    return Message(
        event_id=event_id(about, 1),
        incident=about,
        sequence=1,
        change=Change.SUMMARY,
        title=f"{plural(len(ordered), 'incident')} on {plural(tables, 'table')} at the first look",
        status=str(worst([Verdict(one.status) for one in ordered]).status),
        severity=str(ordered[0].severity),
        table="",
        check="",
        reason=f"The checks were judged for the first time: {plural(len(ordered), 'incident')}. "
        "From now on each change is told by itself.",
        at=at,
        since=min(one.since for one in ordered),
        look="limnograph incidents list",
        items=tuple(f"{one.severity}: {title(one)}: {one.reason}" for one in ordered),
    )


def title(incident: Incident) -> str:
    """What does not pass, and how, in one line."""
    part = f" [{incident.slice}]" if incident.slice else ""
    verb = _VERBS[incident.status] if incident.open else "resolved"
    return f"{incident.check}{part} {verb}"
