"""The form of a freshness check: when new data is due, declared or learned."""

from datetime import date, time
from functools import lru_cache
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from checks.cron import checked
from checks.forms import CheckForm
from checks.freshness.calendar import WEEK, Calendar, holiday, weekdays
from checks.wording import Length, length, near

_CLOCK = r"^([01]?[0-9]|2[0-3]):[0-5][0-9]$"


def _clock(written: object) -> time:
    text = written if isinstance(written, str) else ""
    hour, _, minute = text.partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and text.isascii()):
        raise ValueError(f'{written!r} is no time of day; write for example "08:00"')
    if len(hour) > 2 or len(minute) != 2 or int(hour) > 23 or int(minute) > 59:
        raise ValueError(f"{written!r} is no time of day; write one from 00:00 to 23:59")
    return time(int(hour), int(minute))


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - {"localtime"}  # looks into hundreds of files


def _zone(name: str) -> str:
    if name not in _zones():
        advice = near(name, _zones(), most=3)
        raise ValueError(f"{name!r} is no time zone; {advice}")
    return name


def _holidays(written: object) -> tuple[str | date, ...]:
    every = written if isinstance(written, list | tuple) else [written]
    return tuple(holiday(one) for one in every)


_DAYS_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"enum": ["daily", "weekdays", "weekends"]},
        {"type": "array", "items": {"enum": list(WEEK)}, "minItems": 1},
        {"enum": list(WEEK)},
    ]
}
_ONE = {"type": "string"}
_HOLIDAYS_SCHEMA: dict[str, Any] = {"anyOf": [_ONE, {"type": "array", "items": _ONE}]}
Clock = Annotated[
    time, BeforeValidator(_clock), WithJsonSchema({"type": "string", "pattern": _CLOCK})
]
Weekdays = Annotated[frozenset[int], BeforeValidator(weekdays), WithJsonSchema(_DAYS_SCHEMA)]
Holidays = Annotated[
    tuple[str | date, ...], BeforeValidator(_holidays), WithJsonSchema(_HOLIDAYS_SCHEMA)
]


class FreshnessForm(CheckForm):
    """When new data is due; with none of by, max_age and cron it is learned from the past."""

    by: Clock | None = Field(
        default=None, description='Local time by which data is due on each day, such as "08:00".'
    )
    from_: Clock | None = Field(
        default=None,
        alias="from",
        description="Local time from which on data counts for that day, 00:00 by default; one that "
        "is not before `by` is of the day before.",
    )
    days: Weekdays | None = Field(
        default=None,
        description="Days on which data is due: daily, weekdays, weekends or [mon, wed]. Other "
        "days do not add to the age that max_age limits.",
    )
    max_age: Length | None = Field(
        default=None, description="How old the newest data may be, such as 26h."
    )
    cron: Annotated[str, AfterValidator(checked)] | None = Field(
        default=None,
        description="When the table is loaded, as a line of cron; data must follow each time.",
    )
    grace: Length | None = Field(
        default=None, description="How long after a time of cron data may come; 1h by default."
    )
    holidays: Holidays = Field(
        default=(),
        description="Days on which nothing is due: dates, or codes of countries or their parts "
        "such as DE, DE-BY or US.",
    )
    time_zone: Annotated[str, AfterValidator(_zone)] | None = Field(
        default=None,
        description="Where the times are local, such as Europe/Berlin; else the table's.",
    )
    of: Literal["commits", "events"] = Field(
        default="commits",
        description="Judge the newest commit that changed data, or the newest event time of the "
        "monitor freshness.",
    )
    learned: bool | None = Field(
        default=None,
        description="Whether a silence that is unusual for this table counts; by default only "
        "where nothing is declared. Beside a declared time, which always wins, it is a warning.",
    )
    false_alarms: float = Field(
        default=0.1,
        gt=0,
        le=30,
        allow_inf_nan=False,
        description="So many false alarms in 30 days are to be expected of what is learned.",
    )
    warn_before: Length | None = Field(
        default=None, description="Warn so long before data is due, if there is none yet."
    )

    @property
    def is_declared(self) -> bool:
        """Whether the form itself says when data is due."""
        return self.by is not None or self.max_age is not None or self.cron is not None

    @property
    def is_learned(self) -> bool:
        """Whether what is usual counts."""
        return not self.is_declared if self.learned is None else self.learned

    def calendar(self, time_zone: str) -> Calendar:
        """The days on which data is due; `time_zone` is the subject's."""
        return Calendar(
            self.time_zone or time_zone,
            self.days or frozenset(range(7)),
            tuple(one for one in self.holidays if isinstance(one, str)),
            frozenset(one for one in self.holidays if isinstance(one, date)),
        )

    @model_validator(mode="after")
    def _fits(self) -> "FreshnessForm":
        if not self.is_declared and not self.is_learned:
            raise ValueError("nothing says when data is due; write by, max_age, cron or learned")
        if self.from_ is not None and self.by is None:
            raise ValueError("from is where the time before `by` begins; write by, or leave it out")
        if self.grace is not None and self.cron is None:
            raise ValueError("grace is that after a time of cron; write cron, or leave it out")
        if self.days is not None and self.by is None and self.max_age is None:
            raise ValueError("days are those of by and max_age; cron names its own, leave them out")
        if self.of == "events" and self.is_learned:
            raise ValueError(
                "only times of commits are learned; write by, max_age or cron, and learned: false"
            )
        if self.max_age and self.warn_before and length(self.warn_before) >= length(self.max_age):
            raise ValueError(
                f"warn_before {self.warn_before} is not less than max_age {self.max_age}; "
                "it would always warn"
            )
        return self
