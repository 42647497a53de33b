"""When a table is read: every so many seconds, or by a line of cron in the table's time zone."""

from dataclasses import dataclass
from functools import lru_cache

from checks.cron import checked, named
from limnograph.settings import durations


@dataclass(frozen=True, slots=True)
class Every:
    """Once in so many seconds."""

    seconds: int

    def __str__(self) -> str:
        return durations.text(self.seconds)


@dataclass(frozen=True, slots=True)
class Cron:
    """Five fields of cron, with weekdays by name."""

    text: str

    def __str__(self) -> str:
        return self.text


Schedule = Every | Cron
DEFAULT: Schedule = Every(900)


@lru_cache(maxsize=4096)
def parse(text: str) -> Schedule:
    """The schedule that a text says; ValueError with the mend when it says none.

    >>> parse("15m"), parse("0 8 * * 1-5")
    (Every(seconds=900), Cron(text='0 8 * * mon,tue,wed,thu,fri'))
    """
    if len(text.split()) > 1:
        return Cron(named(checked(text)))
    try:
        return Every(durations.seconds(text.strip()))
    except ValueError as error:
        if "range" in str(error):
            raise
        raise ValueError(
            f"{text!r} is neither a duration nor a line of cron; write for example 15m or "
            "'5 * * * *'"
        ) from None
