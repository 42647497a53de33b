"""The series that a volume check judges, made from the slots that are stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from checks.core import Check, Past, Slot
from checks.volume.form import VolumeForm, dates_of
from checks.volume.words import Span, Tuning

_WEEKS = {"hour": 9, "day": 20}
_PARTIAL = 6
"""Today is judged many times over: each time with so much less readiness for a false alarm."""


@dataclass(frozen=True, slots=True)
class Series:
    """Complete slots in order, and the one that is under way, if there is one."""

    slots: tuple[Slot, ...]
    under_way: Slot | None = None

    @property
    def times(self) -> list[datetime]:
        return [slot.start for slot in self.slots]

    @property
    def values(self) -> list[int | None]:
        return [slot.value for slot in self.slots]


def since(grain: str, now: datetime) -> datetime:
    """From when on history is used. It moves once a week, so that a replay can be gone on with."""
    monday = now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=now.weekday())
    return monday - timedelta(weeks=_WEEKS[grain])


def series(form: VolumeForm, past: Past) -> Series:
    """The slots of a check; those are complete that had ended when the table was last read."""
    read = past.hours if form.grain == "hour" else past.days
    slots = read(form.count, since(form.grain, past.now))
    known = min(past.read_at or past.now, past.now)
    complete = tuple(slot for slot in slots if slot.end <= known)
    rest = slots[len(complete) :]
    return Series(complete, rest[0] if rest else None)


def today_so_far(form: VolumeForm, past: Past, time_zone: str) -> Series:
    """For each day, the rows of its hours up to the one that is now complete; today comes last.

    A day of which one of those hours is unknown is unknown. Empty when no hour of today is
    complete.
    """
    zone = ZoneInfo(time_zone)
    known = min(past.read_at or past.now, past.now)
    hours = [slot for slot in past.hours(form.count, since("hour", past.now)) if slot.end <= known]
    if not hours:
        return Series(())
    today = hours[-1].start.astimezone(zone).date()
    if known.astimezone(zone).date() != today:
        return Series(())
    latest = hours[-1].start.astimezone(zone).time()
    sums: dict[date, list[Slot]] = {}
    for slot in hours:
        day, at = _local(slot.start, zone)
        if at <= latest:
            sums.setdefault(day, []).append(slot)
    days = list(sums)
    # The first day may have begun before the history did.
    return Series(tuple(_together(sums[day], day, zone) for day in days[1:]))


@lru_cache(maxsize=10_000)  # the hours of every table are the same
def _local(start: datetime, zone: ZoneInfo) -> tuple[date, time]:
    local = start.astimezone(zone)
    return local.date(), local.time()


def _together(slots: Sequence[Slot], day: date, zone: ZoneInfo) -> Slot:
    values = [slot.value for slot in slots]
    known = [value for value in values if value is not None]
    total = sum(known) if len(known) == len(values) else None
    start = datetime.combine(day, time(), zone).astimezone(slots[0].start.tzinfo)
    return Slot(start, slots[-1].end, total, sum(slot.commits for slot in slots))


def tuning(check: Check, form: VolumeForm, past: Past) -> Tuning:
    """How the series of a check is judged, by its form and by what people said of it."""
    length = timedelta(hours=1) if form.grain == "hour" else timedelta(days=1)
    first, last = since("day", past.now).year, past.now.year
    return Tuning(
        false_alarms=form.false_alarms,
        side=form.side,
        time_zone=check.subject.time_zone,
        floor=form.floor,
        minimum=form.min,
        maximum=form.max,
        holidays=dates_of(form.holidays, first, last + 1) if form.holidays else (),
        expected=tuple(_overlapping(span, length) for span in past.expected(check.id)),
        excluded=tuple(_judged_in(span, length) for span in past.incidents(check.id)),
        flatline=form.flatline,
    )


def partial(tuning: Tuning) -> Tuning:
    """The tuning of a day that is under way: it may still reach its minimum."""
    from dataclasses import replace

    return replace(tuning, false_alarms=tuning.false_alarms / _PARTIAL, minimum=None)


def _overlapping(span: Span, length: timedelta) -> Span:
    """The starts of the slots that a span touches."""
    return span[0] - length + timedelta(microseconds=1), span[1]


def _judged_in(span: Span, length: timedelta) -> Span:
    """The starts of the slots that were the newest complete ones during a span."""
    return span[0] - 2 * length, span[1] - length
