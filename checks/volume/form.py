"""The form of a volume check."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from functools import lru_cache
from typing import Literal

from pydantic import Field, field_validator, model_validator

from checks.core import Count
from checks.forms import CheckForm
from checks.volume.words import Side


class VolumeForm(CheckForm):
    """The rows that were written in an hour or a day, against what is usual for it."""

    grain: Literal["hour", "day"] = Field(
        default="day",
        description="Judge every hour, or every day and today so far; days are the table's own.",
    )
    count: Count = Field(
        default="written",
        description="Which rows are counted: written is inserted or updated, net is inserted less "
        "deleted.",
    )
    side: Side = Field(default="both", description="Alarm on too few rows, too many, or both.")
    false_alarms: float = Field(
        default=1.0,
        gt=0,
        le=1000,
        description="False alarms that may be expected in 30 days while all is well; fewer makes "
        "it less sensitive.",
    )
    floor: float = Field(
        default=0.2,
        ge=0,
        le=10,
        description="A relative change that is never an alarm: 0.2 is 20 %.",
    )
    min: float | None = Field(
        default=None, description="Fewest rows of an hour or a day; wins over what is learned."
    )
    max: float | None = Field(
        default=None, description="Most rows of an hour or a day; wins over what is learned."
    )
    holidays: tuple[date | str, ...] = Field(
        default=(),
        description="Dates, or countries and subdivisions such as DE or DE-BY; such a day may be "
        "like any other or like a Sunday.",
    )
    flatline: bool = Field(
        default=True, description="Alarm when a count that usually changes stays the same."
    )

    @field_validator("holidays")
    @classmethod
    def _known(cls, value: tuple[date | str, ...]) -> tuple[date | str, ...]:
        known = tuple(_date_or_code(entry) for entry in value)
        for code in known:
            if isinstance(code, str):
                _check_code(code)
        return known

    @model_validator(mode="after")
    def _in_order(self) -> "VolumeForm":
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(
                f"min ({self.min:g}) is greater than max ({self.max:g}); swap them or leave one out"
            )
        return self


def _date_or_code(entry: date | str) -> date | str:
    """A date may be quoted."""
    if isinstance(entry, str):
        with suppress(ValueError):
            return date.fromisoformat(entry)
    return entry


def _check_code(code: str) -> None:
    import holidays

    country, _, subdivision = code.partition("-")
    known = holidays.list_supported_countries()
    if country not in known:
        raise ValueError(
            f"{code!r} is neither a date nor a known country; write for example 2026-12-25, DE or "
            "DE-BY"
        )
    if subdivision and subdivision not in known[country]:
        some = ", ".join(known[country]) or "none"
        raise ValueError(f"{country} has no subdivision {subdivision!r}; it has {some}")


def dates_of(entries: Iterable[date | str], first: int, last: int) -> tuple[date, ...]:
    """The holidays of some years, the last one included, in order."""
    found = {entry for entry in entries if isinstance(entry, date)}
    for entry in entries:
        if isinstance(entry, str):
            found.update(_of_place(entry, first, last))
    return tuple(sorted(found))


@lru_cache(maxsize=256)
def _of_place(code: str, first: int, last: int) -> tuple[date, ...]:
    import holidays

    country, _, subdivision = code.partition("-")
    years = range(first, last + 1)
    return tuple(holidays.country_holidays(country, subdiv=subdivision or None, years=years))
