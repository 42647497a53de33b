"""A series as it was found: times and values, in the order of their source."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Series:
    """Points in the order of their source, which need not be that of their times.

    Times are in UTC; a value is None where it is unknown. `step` is the cadence in seconds where
    the source says it, and `note` what was guessed and should be told.
    """

    source: str
    times: Sequence[datetime]
    values: Sequence[float | None]
    time_zone: str = "UTC"
    step: float | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if len(self.times) != len(self.values):
            raise ValueError("a series has as many times as values")
