"""How long the store keeps what: a policy, and the times before which it lets go.

Points become hours and hours become days before they go; the sums over commits stay at least as
long as the facts they are made of, so that no fact goes before its hour and its day stand.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from limnograph.store.rollup import Rollup, start_of


@dataclass(frozen=True, slots=True)
class Keep:
    """How long a gauge is kept as points, by the hour and by the day, each counted from now."""

    points: timedelta = timedelta(days=14)
    hourly: timedelta = timedelta(days=90)
    daily: timedelta = timedelta(days=730)
    rollup: Rollup = "last"

    def __post_init__(self) -> None:
        if not timedelta(0) < self.points <= self.hourly <= self.daily:
            raise ValueError("points go before hours, and hours before days")

    def points_since(self, now: datetime) -> datetime:
        """The hour whose points, and those of later ones, are kept."""
        return start_of(now - self.points, "hour")

    def hours_since(self, now: datetime) -> datetime:
        """The day whose hours, and those of later ones, are kept."""
        return start_of(now - self.hourly, "day")

    def days_since(self, now: datetime) -> datetime:
        """The day which, with later ones, is kept."""
        return start_of(now - self.daily, "day")


@dataclass(frozen=True, slots=True)
class Policy:
    """How long everything is kept; `metrics` holds every metric that is not kept as `gauges`.

    `verdicts` is about their history, `incidents` about those that are resolved, and what was told.
    """

    gauges: Keep = Keep()
    metrics: Mapping[str, Keep] = field(default_factory=dict)
    facts: timedelta = timedelta(days=400)
    definitions: timedelta = timedelta(days=400)
    events: timedelta = timedelta(days=400)
    verdicts: timedelta = timedelta(days=400)
    incidents: timedelta = timedelta(days=400)

    def of(self, metric: str) -> Keep:
        """What holds for a metric; one that nobody knows any more is kept as most are."""
        return self.metrics.get(metric, self.gauges)

    def facts_since(self, now: datetime) -> datetime:
        """The hour whose facts, and those of later ones, are kept."""
        return start_of(now - self.facts, "hour")

    def hour_sums_since(self, now: datetime) -> datetime:
        """The hour whose sum over commits, and those of later ones, are kept."""
        return start_of(now - max(self.gauges.hourly, self.facts), "hour")

    def day_sums_since(self, now: datetime) -> datetime:
        """The time from which days over commits are kept; they begin at any hour."""
        # A day that begins before the facts end holds some of them.
        whole = max(self.gauges.daily, self.facts + timedelta(days=2))
        return start_of(now - whole, "hour")
