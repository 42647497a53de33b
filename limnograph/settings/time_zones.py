"""Names of time zones, checked against the IANA database."""

from functools import lru_cache

from limnograph.settings.problems import did_you_mean
from limnograph.settings.scalars import described


def known_time_zone(name: str) -> str:
    """The name itself; ValueError, with the closest name, when the database does not have it."""
    if name == "UTC" or name in _names():
        return name
    advice = "write a name of the IANA database, such as Europe/Berlin"
    raise ValueError(f"{described(name)} is no time zone; {did_you_mean(name, _names(), advice)}")


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    from zoneinfo import available_timezones

    return frozenset(available_timezones()) - {"localtime"}
