"""The demo's tables and the rhythm of their commits: five weeks, planned before they are written.

Everything is a function of the seed and of `now`. Rhythms follow the wall clock of `ZONE`, as
people and schedulers do; hours are walked in UTC, so that days of 23 and 25 hours come out right.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from random import Random
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Berlin")
DAYS = 35
HOUR = timedelta(hours=1)
NOISE = 0.04  # rows of a load lie within this part of what is usual for its hour

EVERY_HOUR = tuple(range(24))
EVERY_DAY = tuple(range(7))
MONDAY, SUNDAY = 0, 6
WORKDAYS = tuple(range(5))
UPKEEP_HOUR = 3  # never the hour that daylight saving doubles or skips
UPKEEP_MINUTE = 20

# Part of the usual volume by hour of the day: people sleep at night and write in the evening.
DAY_CURVE = (
    *(0.70, 0.60, 0.55, 0.55, 0.55, 0.60),
    *(0.75, 0.95, 1.05, 1.10, 1.10, 1.15),
    *(1.20, 1.15, 1.10, 1.10, 1.15, 1.20),
    *(1.30, 1.40, 1.45, 1.35, 1.10, 0.85),
)
WEEKEND = 0.8


class Act(StrEnum):
    """What one commit does."""

    CREATE = "create"
    APPEND = "append"
    MERGE = "merge"
    OVERWRITE = "overwrite"
    UPDATE = "update"
    DELETE = "delete"
    COMPACT = "compact"
    RECREATE = "recreate"
    REPLACE = "replace"
    FEED_OFF = "feed off"
    BREAK = "break"


@dataclass(frozen=True, slots=True)
class Step:
    """One commit to come, at its commit time.

    `batch` is the hour whose rows it loads, so a load that runs twice brings the same rows twice.
    `rows` are loaded, or inserted by a merge, which also updates `changed` of the `size` rows
    that are there already. `flaws` are what is wrong with some of the loaded ones.
    """

    at: datetime
    act: Act
    batch: datetime
    rows: int = 0
    changed: int = 0
    size: int = 0
    flaws: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table and its rhythm: `load` at `minute` past each of its local `hours` on its `days`.

    `rows` are usual for a load at a middling hour; `base` rows are there from the start. `purge`
    is what is deleted on Sundays; `compact` are the days on which small files become large ones.
    """

    name: str
    load: Act
    hours: tuple[int, ...]
    minute: int
    rows: int
    days: tuple[int, ...] = EVERY_DAY
    changed: int = 0
    base: int = 0
    purge: str = ""
    compact: tuple[int, ...] = ()
    by_day: bool = False
    feed: bool = False

    @property
    def folder(self) -> str:
        """Path of the table below the lake's folder."""
        return self.name.replace(".", "/")


TABLES = (
    Table(
        "bronze.posts",
        *(Act.APPEND, EVERY_HOUR, 52, 160),
        purge="spam",
        compact=EVERY_DAY,
        by_day=True,
        feed=True,
    ),
    Table("bronze.comments", Act.APPEND, EVERY_HOUR, 47, 180, compact=EVERY_DAY, by_day=True),
    Table("bronze.documents", Act.APPEND, tuple(range(8, 18)), 41, 80, WORKDAYS, compact=WORKDAYS),
    Table("bronze.crawl_runs", Act.APPEND, (5,), 31, 60, compact=(SUNDAY,)),
    Table("silver.post_labels", Act.APPEND, EVERY_HOUR, 55, 150, compact=EVERY_DAY),
    Table(
        "silver.post_embeddings",
        *(Act.APPEND, (1, 7, 13, 19), 36, 100),
        purge="post_id % 50 = 0",
        compact=(SUNDAY,),
        feed=True,  # as an index over vectors asks for
    ),
    Table("gold.cached_summaries", Act.MERGE, (5,), 12, 15, changed=45, base=200, feed=True),
    Table("gold.topic_counts", Act.OVERWRITE, (6,), 17, 60),
    Table("dim.authors", Act.MERGE, (4,), 26, 12, changed=30, base=400, feed=True),
    Table("dim.sources", Act.OVERWRITE, (4,), 38, 80),
    Table("dim.topics", Act.MERGE, (6,), 5, 3, (MONDAY,), changed=10, base=60),
    Table("dim.languages", Act.UPDATE, (7,), 9, 0, (SUNDAY,), base=40, feed=True),
)


def named(name: str) -> Table:
    """The table of that name; KeyError when the demo has none."""
    for table in TABLES:
        if table.name == name:
            return table
    raise KeyError(name)


def beginning(now: datetime) -> datetime:
    """Local midnight five weeks back, so that the first day on record is a whole one."""
    day = now.astimezone(ZONE).date() - timedelta(days=DAYS)
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC)


def steps(table: Table, seed: int, now: datetime) -> list[Step]:
    """The commits of a table up to `now` (a whole hour, UTC) when nothing goes wrong, in order."""
    start = beginning(now)
    planned = [Step(start + timedelta(minutes=1), Act.CREATE, start)]
    if table.base:
        first = start + timedelta(minutes=2)
        planned.append(Step(first, Act.APPEND, start, rows=table.base))
    size = table.base
    for hour in _hours(start, now):
        planned += _upkeep(table, hour)
        step = _load(table, seed, hour, size)
        if step is not None:
            planned.append(step)
            size += step.rows
    return sorted(planned, key=lambda step: step.at)


def _hours(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += HOUR


def _load(table: Table, seed: int, hour: datetime, size: int) -> Step | None:
    local = hour.astimezone(ZONE)
    if local.hour not in table.hours or local.weekday() not in table.days:
        return None
    chance = Random(f"{seed} {table.name} {hour:%Y-%m-%d %H}")
    weekend = WEEKEND if local.weekday() not in WORKDAYS else 1.0
    usual = table.rows * DAY_CURVE[local.hour] * weekend
    rows = round(usual * chance.uniform(1 - NOISE, 1 + NOISE))
    at = hour + timedelta(minutes=table.minute, seconds=chance.randrange(150))
    return Step(at, table.load, hour, rows, table.changed, size)


def _upkeep(table: Table, hour: datetime) -> Iterator[Step]:
    local = hour.astimezone(ZONE)
    if local.hour != UPKEEP_HOUR:
        return
    at = hour + timedelta(minutes=UPKEEP_MINUTE)
    if table.purge and local.weekday() == SUNDAY:
        yield Step(at - timedelta(minutes=4), Act.DELETE, hour)
    if local.weekday() in table.compact:
        yield Step(at, Act.COMPACT, hour)
