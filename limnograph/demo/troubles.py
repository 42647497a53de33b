"""What goes wrong in the demo: each trouble is a change to the plan of one table, and a truth.

The truth is for the judge alone; the rules of the report never see it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Any

from limnograph.demo.lakehouse import DAY_CURVE, HOUR, ZONE, Act, Step, Table, named

LOOK_BACK = 2 * HOUR  # the first look at the lakehouse is that long before the last
SILENCE = 6 * HOUR
DROPPED_TO = 0.25
LOADED_TWICE = 7 * HOUR  # before now
AGAIN_AFTER = timedelta(minutes=4)


class Trouble(StrEnum):
    """The kinds of trouble, by the names that the report gives them."""

    LATE = "late"
    DROP = "drop"
    DUPLICATE = "duplicate"
    RECREATED = "recreated"
    REPLACED = "replaced"
    FEED_OFF = "feed_off"
    UNREADABLE = "unreadable"


ALL = frozenset(Trouble)

WHERE: Mapping[Trouble, str] = {
    Trouble.LATE: "silver.post_labels",
    Trouble.DROP: "bronze.comments",
    Trouble.DUPLICATE: "bronze.posts",
    Trouble.RECREATED: "gold.topic_counts",
    Trouble.REPLACED: "dim.sources",
    Trouble.FEED_OFF: "dim.authors",
    Trouble.UNREADABLE: "bronze.crawl_runs",
}


@dataclass(frozen=True, slots=True)
class Planted:
    """One trouble that the lakehouse has: on which table, since when, and in words.

    `at` is the start of the day for a drop and of the hour for a duplicate load.
    """

    trouble: Trouble
    table: str
    at: datetime
    story: str


def first_look(now: datetime) -> datetime:
    """When the lakehouse is looked at for the first time; some troubles come after it."""
    return now - LOOK_BACK


def yesterday(now: datetime) -> datetime:
    """The start of the last whole local day before `now`."""
    day = now.astimezone(ZONE).date() - timedelta(days=1)
    return datetime.combine(day, time(), ZONE)


def troubled(
    table: Table, steps: Sequence[Step], now: datetime, troubles: Iterable[Trouble]
) -> list[Step]:
    """The plan of a table with those of the troubles that fall on it."""
    changed = list(steps)
    for trouble in sorted(troubles):
        if WHERE[trouble] == table.name:
            changed = _change(trouble, changed, now)
    return sorted(changed, key=lambda step: step.at)


def _change(trouble: Trouble, steps: list[Step], now: datetime) -> list[Step]:
    match trouble:
        case Trouble.LATE:
            # Compaction goes on: a table that is only tidied is late all the same.
            return [step for step in steps if step.at < now - SILENCE or step.act is Act.COMPACT]
        case Trouble.DROP:
            return [_shrunk(step, yesterday(now)) for step in steps]
        case Trouble.DUPLICATE:
            again = next(step for step in steps if _is_load_of(step, now - LOADED_TWICE))
            return [*steps, replace(again, at=again.at + AGAIN_AFTER)]
        case Trouble.RECREATED | Trouble.REPLACED:
            return [step for step in steps if step.at <= first_look(now)] + [_anew(trouble, now)]
        case Trouble.FEED_OFF:
            return [*steps, Step(_incident(trouble, now), Act.FEED_OFF, now)]
        case Trouble.UNREADABLE:
            # The last commit of all, for nothing can be written after it.
            return [step for step in steps if step.at < _incident(trouble, now)] + [
                Step(_incident(trouble, now), Act.BREAK, now)
            ]


def _shrunk(step: Step, day: datetime) -> Step:
    if step.act is Act.APPEND and step.batch.astimezone(ZONE).date() == day.date():
        return replace(step, rows=max(1, round(step.rows * DROPPED_TO)))
    return step


def _is_load_of(step: Step, hour: datetime) -> bool:
    return step.act is Act.APPEND and step.batch == hour


def _incident(trouble: Trouble, now: datetime) -> datetime:
    """A moment between the two looks, each trouble at its own."""
    return first_look(now) + timedelta(minutes=31 + 7 * list(Trouble).index(trouble))


def _anew(trouble: Trouble, now: datetime) -> Step:
    """The table created anew, with as many rows as its usual load: only its identity changes."""
    table = named(WHERE[trouble])
    act = Act.RECREATE if trouble is Trouble.RECREATED else Act.REPLACE
    rows = round(table.rows * DAY_CURVE[table.hours[0]])
    return Step(_incident(trouble, now), act, now, rows=rows)


def planted(troubles: Iterable[Trouble], now: datetime) -> list[Planted]:
    """The truth about each trouble, in the order of `Trouble`."""
    asked = frozenset(troubles)
    return [_truth(trouble, now) for trouble in Trouble if trouble in asked]


def _truth(trouble: Trouble, now: datetime) -> Planted:
    hours = SILENCE // HOUR
    at, story = {
        Trouble.LATE: (now - SILENCE, f"no data for {hours} hours"),
        Trouble.DROP: (yesterday(now), f"{DROPPED_TO:.0%} of the usual rows for a day"),
        Trouble.DUPLICATE: (now - LOADED_TWICE, "one hour's load ran twice"),
        Trouble.RECREATED: (_incident(trouble, now), "deleted and created again under its name"),
        Trouble.REPLACED: (_incident(trouble, now), "replaced by CREATE OR REPLACE TABLE"),
        Trouble.FEED_OFF: (_incident(trouble, now), "its change data feed was switched off"),
        Trouble.UNREADABLE: (_incident(trouble, now), "its newest commit was cut off half-way"),
    }[trouble]
    return Planted(trouble, WHERE[trouble], at, story)


def to_json(seed: int, now: datetime, truths: Sequence[Planted]) -> dict[str, Any]:
    """The content of the truth file."""
    return {
        "schema_version": 1,
        "seed": seed,
        "now": now.isoformat(),
        "troubles": [
            {
                "kind": truth.trouble.value,
                "table": truth.table,
                "at": truth.at.isoformat(),
                "story": truth.story,
            }
            for truth in truths
        ],
    }


def from_json(document: Mapping[str, Any]) -> list[Planted]:
    """The troubles of a truth file."""
    return [
        Planted(
            Trouble(entry["kind"]),
            entry["table"],
            datetime.fromisoformat(entry["at"]),
            entry["story"],
        )
        for entry in document["troubles"]
    ]
