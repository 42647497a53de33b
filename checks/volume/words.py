"""The words of judging a series: how it is tuned, how each point did, and its state."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

Side = Literal["both", "low", "high"]
Span = tuple[datetime, datetime]
"""From a time, included, to a time, excluded."""


class State(StrEnum):
    """Where a series stands at a point."""

    LEARNING = "learning"
    """There is too little history to judge from; nothing is flagged."""
    NORMAL = "normal"
    """The point is what was expected, or near enough."""
    NO_CHANGE = "no_change"
    """The value has stayed the same for longer than this series ever does: it looks frozen."""
    RECOVERING = "recovering"
    """Out of bounds. What was expected before it began is held on to until the series is back, or
    until it has stayed at a new level for so long that this is taken for the new normal."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """How a series is judged."""

    false_alarms: float = 1.0
    """At most so many false alarms are to be expected in 30 days of a healthy series."""
    side: Side = "both"
    time_zone: str = "UTC"
    floor: float = 0.2
    """A relative change that is never anybody's business: 0.2 is 20 %."""
    minimum: float | None = None
    maximum: float | None = None
    """Declared bounds; they win over what was learned."""
    holidays: tuple[date, ...] = ()
    expected: tuple[Span, ...] = ()
    """Spans in which what was seen was expected, as a user said: they train, even if flagged."""
    excluded: tuple[Span, ...] = ()
    """Past incidents: they do not train, unless they were expected."""
    flatline: bool = True
    """Whether a value that usually changes and stays the same is an alarm."""


USUAL = Tuning()
"""How a series is judged unless something else is said."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One point, and what it was held against.

    `expected`, `lower` and `upper` are None where nothing could be learned or where that side is
    not judged. `score` is from 0 (as usual) to 1, and 0.5 at the alarm. `reason` is one sentence;
    while learning it says how much history is missing.
    """

    at: datetime
    value: float | None
    expected: float | None
    lower: float | None
    upper: float | None
    score: float
    flag: bool
    state: State
    reason: str
