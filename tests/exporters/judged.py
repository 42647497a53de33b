"""Literal verdicts for the tests of what is made of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from checks.core import Check, Severity, Status, Verdict
from checks.forms import CheckForm
from exporters.verdicts import Judged, Verdicts
from monitors.core import Subject

NOW = datetime(2026, 11, 20, 11, tzinfo=UTC)


def judged(
    status: Status,
    check: str = "rows-a-day",
    *,
    table: str = "main.bronze.posts",
    severity: Severity = Severity.WARNING,
    **verdict: Any,
) -> Judged:
    """A verdict of a check, four hours old."""
    form = CheckForm(type="volume")
    declared = Check(check, "volume", "volume", form, Subject("table", table), severity, "search")
    since = NOW - timedelta(hours=4)
    return Judged(declared, Verdict(status, **verdict), NOW, since, since, 0.25)


def verdicts(*some: Judged) -> Verdicts:
    """Verdicts in their order."""
    return Verdicts.of(NOW, some)
