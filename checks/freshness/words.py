"""What a freshness check says: what is due by when, and how far that is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from checks.core import Status
from checks.freshness.demands import Demand
from checks.freshness.form import FreshnessForm
from checks.freshness.newest import Newest
from checks.wording import distance, moment

_EVENING = timedelta(hours=12)
USUALLY = "usually"
"""The rule of a demand that was learned."""


@dataclass(frozen=True, slots=True)
class Words:
    noun: str
    zone: str
    now: datetime

    def due(self, demand: Demand) -> str:
        usually = "usually due" if demand.rule == USUALLY else "due"
        return f"{usually} by {moment(demand.due, self.zone)}"

    def expected(self, demand: Demand) -> str:
        article = "an" if self.noun == "event" else "a"
        usually = "usually " if demand.rule == USUALLY else ""
        return f"{usually}{article} {self.noun} by {moment(demand.due, self.zone)}"

    def reason(self, status: Status, demand: Demand, newest: datetime | None) -> str:
        far = distance(demand.due, self.now)
        if status is Status.PASS and newest is not None:
            since = f"{moment(newest, self.zone, named=False)} ({distance(newest, self.now)})"
            return f"the newest {self.noun} is of {since}; the next is {self.due(demand)}"
        since = "yet" if newest is None else f"since {moment(newest, self.zone, named=False)}"
        if demand.rule == USUALLY:
            by = moment(demand.due, self.zone)
            return f"no {self.noun} {since}; usually there is one by {by} ({far})"
        verb = "was" if demand.due < self.now else "is"
        return f"no {self.noun} {since}; one {verb} {self.due(demand)} ({far})"


def mend(form: FreshnessForm, demand: Demand, newest: Newest) -> str:
    """What to do about data that is late, or soon will be."""
    by_default = form.by is not None and form.from_ is None and demand.rule.startswith("by ")
    if by_default and newest.at is not None and demand.start - newest.at < _EVENING:
        return (
            "see why its load has not run; if what came the evening before counts, say from when, "
            'for example from: "20:00"'
        )
    if demand.rule == USUALLY and not form.is_declared:
        return "see why its load has not run, or declare when it is due"
    return "see why its load has not run"
