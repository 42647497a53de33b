"""A table of Berlin and its freshness, for the tests of this folder."""

from datetime import datetime

from checks.core import Check, Sample, Verdict
from checks.freshness import KIND
from monitors.core import Subject
from monitors.freshness import LAST_COMMIT
from tests.checks.past import LiteralPast, utc

LOOK = "limnograph report --only main.bronze.posts"


def check(**fields: object) -> Check:
    """A freshness check of a table whose people live in Berlin."""
    form = KIND.form.model_validate({"type": "freshness", **fields})
    subject = Subject("table", "main.bronze.posts", "Europe/Berlin")
    return Check("fresh", "freshness", "freshness", form, subject)


def judged(past: LiteralPast, **fields: object) -> Verdict:
    """The one verdict."""
    assert KIND.judge is not None
    (verdict,) = KIND.judge(check(**fields), past)
    return verdict


def committed(at: str | datetime, now: str | datetime) -> LiteralPast:
    """A table whose newest data commit was at one time, read at another; both in UTC."""
    at, now = (utc(time) if isinstance(time, str) else time for time in (at, now))
    return LiteralPast(
        now, series={LAST_COMMIT.name: {(): [Sample(at, at.timestamp())]}}, changed=[at]
    )
