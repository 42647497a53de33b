"""A volume check of one table, judged from a literal past."""

from typing import Any

from checks.core import Check, Verdict
from checks.volume.form import VolumeForm
from checks.volume.kind import KIND
from monitors.core import Subject
from tests.checks.past import LiteralPast


def judged(past: LiteralPast, time_zone: str = "UTC", **fields: Any) -> Verdict:
    """The verdict of a check with these fields."""
    form = VolumeForm.model_validate({"type": "volume", "grain": "day", **fields})
    assert KIND.judge is not None
    subject = Subject("table", "main.bronze.posts", time_zone=time_zone)
    (verdict,) = KIND.judge(Check("volume", "volume", "volume", form, subject), past)
    return verdict
