"""Threshold: a value of any metric, or what a window of its values comes to, against limits.

The comparison says what is bad: `comparison: below` with `fail: 100` fails at 99 and passes at 100.
A gauge's value holds until the next one. A counter has its total now; only of row changes the
increase is kept, by whole hours. Each combination of labels is a slice of its own. No value is not
assessed, never zero; neither is a window whose beginning lies before the history, where the answer
depends on it.
"""

from checks.core import Kind
from checks.threshold.form import ThresholdForm
from checks.threshold.judging import judge

KIND = Kind(
    "threshold",
    "A metric, or what it comes to over a window, against limits for a warning and a failure.",
    ThresholdForm,
    judge,
)
