"""What limnograph says about incidents and about telling of them."""

from collections.abc import Iterable
from datetime import datetime
from itertools import product

from checks.core import Severity
from checks.incidents import Incident, State
from exporters.prometheus import Sample
from monitors.core import Metric

STATES: tuple[State, ...] = ("open", "acknowledged", "snoozed")

INCIDENTS = Metric(
    "lakehouse_incidents",
    "Incidents that are not resolved, by severity; each is in one state: open, acknowledged or "
    "snoozed.",
    labels=("severity", "state"),
    unit="incidents",
    rollup="max",
    drop_rank=-1,
)
NOTIFICATIONS = Metric(
    "lakehouse_notifications_total",
    "Attempts to tell a channel of an incident, by outcome: delivered, retried (it will be tried "
    "again) or dead (given up).",
    kind="counter",
    labels=("channel", "outcome"),
    unit="notifications",
    rollup="sum",
    drop_rank=-1,
)
ALL = (INCIDENTS, NOTIFICATIONS)


def samples(incidents: Iterable[Incident], now: datetime) -> tuple[Sample, ...]:
    """How many of the open incidents are in each state, zero included, for the page."""
    counts = dict.fromkeys(product(Severity, STATES), 0)
    for incident in incidents:
        if incident.open:
            counts[incident.severity, incident.state(now)] += 1
    return tuple(
        (INCIDENTS.name, (str(severity), name), float(number))
        for (severity, name), number in counts.items()
    )
