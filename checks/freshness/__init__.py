"""Freshness: whether new data is late, by what was declared and by what is usual.

A declared time says by when data is due: `by: "08:00"` on some days, at most so old (`max_age`), or
within a while of each time of a line of cron. Data that counts for a day is that of the day itself
from 00:00 on, so the load that came late yesterday does not pass for today's; `from` says
otherwise. Late data stays late until there is newer data.

What is usual is learned from the hours of the week in which the table was changed. What was
declared always wins: where data is late by it, it is a failure; where it is in time but the silence
is unusual, a warning. Only where nothing is declared an unusual silence is a failure.

A table that was never written fails after the first deadline since it was first defined, and is not
assessed before. One that cannot be read is an error and never late.
"""

from checks.core import Kind
from checks.freshness.form import FreshnessForm
from checks.freshness.judging import judge

KIND = Kind(
    "freshness",
    "New data by a time of day, of a greatest age or after each time of cron; else as usual.",
    FreshnessForm,
    judge,
)
