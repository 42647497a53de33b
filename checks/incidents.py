"""Incidents: what verdicts open, update and resolve. Pure: the clock is an argument.

There is at most one open incident per fingerprint, which is a check and a slice of its subject.

- `fail`, `warn` and `error` open one, when the check's patience is used up. Only verdicts since the
  last incident count, so that one that flaps opens no more than every `fails` bad verdicts.
- `pass` resolves it, and so does a slice that is no longer reported. `not_assessed` does neither.
- It is told anew when it is worse than what was last told: of a greater severity, or of the same
  and a worse status. Anything else changes it without a word.
- Acknowledged, it is told when it is worse than before or resolved; all the same as else, but for
  the end of a snooze, of which nobody who knows needs to hear.
- Snoozed, nothing is told until the snooze ends; when it is still open then, that is told once. A
  snooze holds for the fingerprint: an incident that opens while that of the one before it lasts is
  snoozed too, and its opening is told at the end.
- The resolution is told when, and only when, anything of the incident was told before, even while
  it is snoozed: it is good news, and what was opened elsewhere must be closed there.
- Silent, it opens without a word, because others tell of it in a summary.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from checks.core import Check, Severity, Status, Verdict

Change = Literal["opened", "updated", "resolved"]
State = Literal["open", "acknowledged", "snoozed", "resolved"]

BAD = frozenset({Status.FAIL, Status.WARN, Status.ERROR})
"""What opens an incident."""

_WORSE: Mapping[Status, int] = {Status.WARN: 1, Status.ERROR: 2, Status.FAIL: 3}


@dataclass(frozen=True, slots=True)
class Rank:
    """How bad an incident is: first by its severity, then by its status."""

    status: Status
    severity: Severity

    def beats(self, other: "Rank | None") -> bool:
        """Whether this is worse than another one, or than nothing."""
        return other is None or self._key > other._key

    @property
    def _key(self) -> tuple[int, int]:
        return self.severity.rank, _WORSE.get(self.status, 0)


@dataclass(frozen=True, slots=True)
class Trail:
    """What the verdicts of one slice were.

    `recent` are those since its last incident ended, the newest last, True where it did not pass.
    `bad_since` is when it first did not pass after it last did. What was not assessed is left out.
    """

    recent: tuple[bool, ...] = ()
    bad_since: datetime | None = None
    last_pass: datetime | None = None

    def after(self, status: Status, now: datetime, length: int) -> "Trail":
        """With one more verdict; as many are kept as `length`."""
        if status is Status.NOT_ASSESSED:
            return self
        recent = (*self.recent, status in BAD)[-length:]
        if status is Status.PASS:
            return Trail(recent, None, now)
        return Trail(recent, self.bad_since or now, self.last_pass)

    def forgotten(self) -> "Trail":
        """After an incident has ended."""
        return replace(self, recent=())


@dataclass(frozen=True, slots=True)
class Incident:
    """A check that does not pass on one slice of its subject, from open to resolved.

    `check` is the check's full id, `subject` the id of its subject. `status` is fail, warn or
    error, and stays what it was last when it is resolved. `since` is when the slice began not to
    pass. `severity` is the effective one. `told` is the worst that was told of it, None as long as
    nothing was. `sequence` counts its messages. `silent` incidents are told in a summary. `reason`
    is that of the last verdict that did not pass, and `ending` why it was resolved.
    """

    id: str
    check: str
    subject: str
    slice: str
    status: Status
    severity: Severity
    opened_at: datetime
    updated_at: datetime
    since: datetime
    resolved_at: datetime | None = None
    last_good: datetime | None = None
    reason: str = ""
    mend: str = ""
    observed: str | float | datetime | None = None
    expected: str = ""
    look: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    description: str = ""
    ending: str = ""
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    acknowledged_note: str = ""
    snoozed_by: str = ""
    snoozed_until: datetime | None = None
    snoozed_note: str = ""
    silent: bool = False
    told: Rank | None = None
    sequence: int = 0

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.check, self.slice)

    @property
    def table(self) -> str:
        """The subject's name."""
        return self.subject.partition(":")[2]

    @property
    def check_id(self) -> str:
        """The check's id among those of its subject."""
        return self.check.removeprefix(f"{self.table}/")

    @property
    def open(self) -> bool:
        return self.resolved_at is None

    @property
    def rank(self) -> Rank:
        return Rank(self.status, self.severity)

    def state(self, now: datetime) -> State:
        """Who is told: nobody while it is snoozed, and nobody anew once it is acknowledged."""
        if not self.open:
            return "resolved"
        if self.snoozed(now):
            return "snoozed"
        return "acknowledged" if self.acknowledged_at else "open"

    def snoozed(self, now: datetime) -> bool:
        """Whether nothing is to be told of it now."""
        return self.snoozed_until is not None and now < self.snoozed_until


@dataclass(frozen=True, slots=True)
class Step:
    """An incident after a verdict, what happened to it, and whether that is to be told."""

    incident: Incident | None
    change: Change | None = None
    told: bool = False


def fingerprint(check: str, slice: str) -> str:
    """What identifies a check, by its full id, and a slice of its subject.

    >>> fingerprint("main.bronze.posts/volume", "") == fingerprint("main.bronze.posts/volume", "")
    True
    """
    return _digest("fingerprint", check, slice)


def incident_id(check: str, slice: str, opened_at: datetime, nth: int = 0) -> str:
    """The id of the incident of a fingerprint that opened then; `nth` tells those of one time."""
    at = opened_at.astimezone(UTC).isoformat()
    return _digest("incident", check, slice, at, str(nth))


def _digest(*parts: str) -> str:
    # Each part with its length, so that no two lists of parts are one text.
    text = "".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def effective(severity: Severity, status: Status) -> Severity:
    """How bad it is when a check of a severity has a status.

    A warning is one step below a failure, and an error is a warning at least.

    >>> effective(Severity.CRITICAL, Status.WARN), effective(Severity.INFO, Status.ERROR)
    (<Severity.WARNING: 'warning'>, <Severity.WARNING: 'warning'>)
    """
    if status is Status.WARN:
        return {Severity.CRITICAL: Severity.WARNING}.get(severity, Severity.INFO)
    if status is Status.ERROR:
        return max(severity, Severity.WARNING, key=lambda one: one.rank)
    return severity


def advance(
    incident: Incident | None,
    trail: Trail,
    verdict: Verdict,
    check: Check,
    now: datetime,
    *,
    silent: bool = False,
) -> Step:
    """What a verdict makes of an incident.

    `incident` is the newest of the fingerprint: the open one, or one that is resolved and counts
    for the rest of its snooze, or None. `trail` is that of the slice, with this verdict in it.
    """
    if incident is None or not incident.open:
        if verdict.status not in BAD or not _impatient(trail, check, now):
            return Step(None)
        return _opened(incident, trail, verdict, check, now, silent=silent)
    if verdict.status is Status.PASS:
        return resolved(incident, now, reason=verdict.reason, observed=verdict.observed)
    if verdict.status is Status.NOT_ASSESSED:
        return _reminded(incident, now)
    return _updated(incident, trail, verdict, check, now)


def resolved(
    incident: Incident,
    now: datetime,
    *,
    reason: str,
    observed: str | float | datetime | None = None,
    silent: bool = False,
) -> Step:
    """The end of an incident that is open; `silent` tells nobody."""
    told = incident.told is not None and not silent
    ended = replace(
        incident,
        resolved_at=now,
        updated_at=now,
        ending=reason,
        observed=observed,
        sequence=incident.sequence + told,
    )
    return Step(ended, "resolved", told)


def summarised(incident: Incident) -> Incident:
    """A silent incident, once a summary has told of it."""
    return replace(incident, told=incident.rank)


def _impatient(trail: Trail, check: Check, now: datetime) -> bool:
    patience = check.patience
    if trail.bad_since is None or now - trail.bad_since < patience.duration:
        return False
    return sum(trail.recent[-patience.of :]) >= patience.fails


def _opened(
    before: Incident | None,
    trail: Trail,
    verdict: Verdict,
    check: Check,
    now: datetime,
    *,
    silent: bool,
) -> Step:
    opened = Incident(
        id=incident_id(check.full_id, verdict.slice, now),
        check=check.full_id,
        subject=check.subject.id,
        slice=verdict.slice,
        status=verdict.status,
        severity=effective(check.severity, verdict.status),
        opened_at=now,
        updated_at=now,
        since=trail.bad_since or now,
        silent=silent,
    )
    opened = _described(opened, trail, verdict, check)
    if before is not None and before.snoozed(now):
        opened = replace(
            opened,
            snoozed_by=before.snoozed_by,
            snoozed_until=before.snoozed_until,
            snoozed_note=before.snoozed_note,
        )
    if silent or opened.snoozed(now):
        return Step(opened, "opened")
    return Step(_told(opened), "opened", True)


def _updated(
    incident: Incident, trail: Trail, verdict: Verdict, check: Check, now: datetime
) -> Step:
    updated = replace(
        incident,
        status=verdict.status,
        severity=effective(check.severity, verdict.status),
        updated_at=now,
    )
    updated = _described(updated, trail, verdict, check)
    if updated.snoozed(now):
        return Step(updated, "updated")
    if updated.snoozed_until is not None:
        return _reminded(updated, now)
    # A silent one is told by its summary first.
    if updated.told is not None and updated.rank.beats(updated.told):
        return Step(_told(updated), "updated", True)
    return Step(updated, "updated")


def _reminded(incident: Incident, now: datetime) -> Step:
    """An open incident whose snooze may have ended; then people hear of it again, once."""
    if incident.snoozed_until is None or incident.snoozed(now):
        return Step(incident)
    awake = replace(
        incident, snoozed_by="", snoozed_until=None, snoozed_note="", updated_at=now, silent=False
    )
    if incident.told is None:
        return Step(_told(awake), "opened", True)
    if incident.acknowledged_at is not None and not awake.rank.beats(incident.told):
        return Step(awake, "updated")
    return Step(_told(awake), "updated", True)


def _told(incident: Incident) -> Incident:
    worst = incident.rank if incident.rank.beats(incident.told) else incident.told
    return replace(incident, told=worst, sequence=incident.sequence + 1)


def _described(incident: Incident, trail: Trail, verdict: Verdict, check: Check) -> Incident:
    return replace(
        incident,
        last_good=trail.last_pass,
        reason=verdict.reason,
        mend=verdict.mend,
        observed=verdict.observed,
        expected=verdict.expected,
        look=verdict.look,
        owner=check.owner,
        tags=check.tags,
        description=check.description,
    )
