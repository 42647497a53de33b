"""Verdicts as one value for every output, and what they mean for an exit code. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from math import isfinite
from typing import Any

from checks.core import Check, Observed, Severity, Status, Verdict
from exporters.wording import moment

SCHEMA_VERSION = 1
ORDER = {status: rank for rank, status in enumerate(Status)}


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict with the check that gave it. `since` is when its status began.

    `duration` is in seconds; `again` says that nothing was new, so that the verdict of before
    stands.
    """

    check: Check
    verdict: Verdict
    at: datetime
    since: datetime | None = None
    last_pass: datetime | None = None
    duration: float = 0.0
    again: bool = False

    @property
    def status(self) -> Status:
        return self.verdict.status

    @property
    def name(self) -> str:
        """The check's full id, and its slice where it has some."""
        part = f" [{self.verdict.slice}]" if self.verdict.slice else ""
        return f"{self.check.full_id}{part}"


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Verdicts, those that fail first, then what could not be evaluated, the worst on top."""

    generated_at: datetime
    judged: tuple[Judged, ...]
    problems: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, generated_at: datetime, judged: Iterable[Judged]) -> "Verdicts":
        """In their order."""
        return cls(generated_at, tuple(sorted(judged, key=_place)))

    def count(self, status: Status) -> int:
        """How many verdicts have a status."""
        return sum(one.status is status for one in self.judged)

    def failed(self, at_least: Severity | None) -> bool:
        """Whether a check of this severity or above fails; None is never."""
        return at_least is not None and any(
            one.status is Status.FAIL and one.check.severity.rank >= at_least.rank
            for one in self.judged
        )

    @property
    def unsure(self) -> bool:
        """Whether something warns or was not assessed."""
        return any(one.status in (Status.WARN, Status.NOT_ASSESSED) for one in self.judged)


def _place(one: Judged) -> tuple[int, int, str]:
    return ORDER[one.status], -one.check.severity.rank, one.name


def observed_text(observed: Observed) -> str:
    """What was observed, in words; unknown is empty.

    >>> observed_text(1234.0), observed_text(0.12345), observed_text(None)
    ('1,234', '0.1235', '')
    """
    if observed is None:
        return ""
    if isinstance(observed, datetime):
        return f"{moment(observed)} UTC"
    if isinstance(observed, str):
        return observed
    if not isfinite(observed):
        return str(observed)
    return f"{observed:,.0f}" if observed == round(observed) else f"{observed:,.4g}"


def to_json(verdicts: Verdicts) -> dict[str, Any]:
    """The verdicts as one JSON document with a stable order of keys."""
    return {
        "schema_version": SCHEMA_VERSION,
        "generated_at": time_text(verdicts.generated_at),
        "summary": {str(status): verdicts.count(status) for status in Status},
        "checks": [one_json(one) for one in verdicts.judged],
    }


def one_json(one: Judged) -> dict[str, Any]:
    """One verdict as a JSON value."""
    check, verdict = one.check, one.verdict
    return {
        "id": check.full_id,
        "table": check.subject.name,
        "check": check.id,
        "slice": verdict.slice,
        "type": check.type,
        "kind": check.kind,
        "status": str(verdict.status),
        "severity": str(check.severity),
        "owner": check.owner,
        "tags": list(check.tags),
        "description": check.description,
        "reason": verdict.reason,
        "mend": verdict.mend,
        "observed": plain(verdict.observed),
        "expected": verdict.expected,
        "lower": plain(verdict.lower),
        "upper": plain(verdict.upper),
        "window": [time_text(at) for at in verdict.window] if verdict.window else None,
        "rows": verdict.rows,
        "bad": verdict.bad,
        "at": time_text(one.at),
        "since": time_text(one.since),
        "last_pass_at": time_text(one.last_pass),
        "duration_seconds": round(one.duration, 3),
        "again": one.again,
        "look": verdict.look,
        "samples": [plain(dict(row)) for row in verdict.samples],
        "detail": plain(dict(verdict.detail)),
    }


def plain(value: Any) -> Any:
    """A value as JSON has it: times as text, and numbers that JSON lacks as text too."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes):
        return [plain(item) for item in value]
    return str(value)


def time_text(at: datetime | None) -> str | None:
    """A time in UTC as ISO 8601 has it."""
    if at is None:
        return None
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat().replace("+00:00", "Z")
