"""What checks tell Prometheus: one set of series per declared check, labelled by its table."""

from collections.abc import Sequence
from datetime import datetime
from math import isfinite

from checks.core import Check, Status, Verdict
from monitors.core import TABLE_LABELS, Measurement, Metric

_LABELS = (*TABLE_LABELS, "check")

STATUS = Metric(
    "lakehouse_check_status",
    "1 for the state of the check's last verdict, 0 for the other four: pass, warn, fail, error, "
    "not_assessed. Of several slices the worst counts.",
    labels=(*_LABELS, "state"),
)
LAST_RUN = Metric(
    "lakehouse_check_last_run_timestamp_seconds",
    "Unix time at which the check was last evaluated.",
    labels=_LABELS,
    unit="seconds",
    rollup="max",
)
LAST_SUCCESS = Metric(
    "lakehouse_check_last_success_timestamp_seconds",
    "Unix time at which the check last passed.",
    labels=_LABELS,
    unit="seconds",
    rollup="max",
    drop_rank=1,
)
DURATION = Metric(
    "lakehouse_check_duration_seconds",
    "How long the last evaluation of the check took.",
    labels=_LABELS,
    unit="seconds",
    rollup="max",
    drop_rank=2,
)
OBSERVED = Metric(
    "lakehouse_check_observed_value",
    "What the check observed, where that is a number; of several slices the worst counts.",
    labels=_LABELS,
    drop_rank=1,
)
LOWER = Metric(
    "lakehouse_check_lower_bound",
    "The least value that would have passed.",
    labels=_LABELS,
    drop_rank=1,
)
UPPER = Metric(
    "lakehouse_check_upper_bound",
    "The greatest value that would have passed.",
    labels=_LABELS,
    drop_rank=1,
)
INFO = Metric(
    "lakehouse_check_info",
    "1 for each declared check, with its severity, its kind and who answers for it.",
    labels=(*_LABELS, "severity", "kind", "check_owner"),
    drop_rank=2,
)
ALL = (STATUS, LAST_RUN, LAST_SUCCESS, DURATION, OBSERVED, LOWER, UPPER, INFO)

STORED = (OBSERVED, LOWER, UPPER)
"""The series of which the store keeps a history; the others follow from the newest verdict."""

_WORST = list(Status)


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict that people want to see first; ValueError when there is none."""
    return min(verdicts, key=lambda verdict: _WORST.index(verdict.status))


def measurements(
    check: Check, verdicts: Sequence[Verdict], now: datetime
) -> tuple[Measurement, ...]:
    """What an evaluation observed and would have let pass, for the store."""
    labels, first = (*check.subject.labels, check.id), worst(verdicts)
    numbers = {OBSERVED: number(first.observed), LOWER: first.lower, UPPER: first.upper}
    return tuple(
        metric(value, *labels, at=now)
        for metric, value in numbers.items()
        if value is not None and isfinite(value)
    )


def shown(
    check: Check,
    status: Status,
    last_run: datetime,
    last_pass: datetime | None,
    duration: float,
) -> tuple[Measurement, ...]:
    """What the page says of a check whose newest verdict, the worst of its slices, is `status`.

    `duration` is in seconds.
    """
    labels = (*check.subject.labels, check.id)
    states = (STATUS(float(s is status), *labels, str(s), at=last_run) for s in Status)
    passed = (LAST_SUCCESS(last_pass.timestamp(), *labels, at=last_pass),) if last_pass else ()
    return (
        *states,
        LAST_RUN(last_run.timestamp(), *labels, at=last_run),
        *passed,
        DURATION(duration, *labels, at=last_run),
        declared(check, last_run),
    )


def declared(check: Check, now: datetime) -> Measurement:
    """What the page says of a check whether it was ever evaluated or not."""
    labels = (*check.subject.labels, check.id)
    return INFO(1.0, *labels, str(check.severity), check.kind, check.owner, at=now)


def number(observed: float | str | datetime | None) -> float | None:
    """An observation as a number, a time as Unix seconds; None where it is text or unknown."""
    if isinstance(observed, datetime):
        return observed.timestamp()
    return None if observed is None or isinstance(observed, str) else float(observed)
