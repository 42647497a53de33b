"""How long a table keeps what a monitor needs: its log, and the files its commits removed.

Properties: https://docs.delta.io/latest/table-properties.html. A commit that the log alone cannot
count is counted from change data and removed files, which VACUUM deletes; the log itself is
cleaned whenever a checkpoint is written.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from monitors.core import Problem

LOG = "delta.logRetentionDuration"
DELETED_FILES = "delta.deletedFileRetentionDuration"
CLEANUP = "delta.enableExpiredLogCleanup"
DEFAULTS = {LOG: "interval 30 days", DELETED_FILES: "interval 1 week"}

_UNITS = {
    "nanosecond": 1e-9,
    "microsecond": 1e-6,
    "millisecond": 1e-3,
    "second": 1.0,
    "minute": 60.0,
    "hour": 3600.0,
    "day": 86400.0,
    "week": 604800.0,
}
_PART = re.compile(r"\s*([+-]?)\s*(\d{1,18})(\.\d{1,9})?\s+([a-z]+)(?=\s|$)", re.ASCII)


@lru_cache(maxsize=256)
def interval(text: str) -> float:
    """The seconds of an interval of Delta's properties; ValueError says why it is none.

    >>> interval("interval 1 week 2 hours")
    612000.0
    """
    rest = text.strip().lower()
    rest = re.sub(r"^interval(\s+|$)", "", rest)
    if not rest:
        raise ValueError("it is empty")
    seconds = 0.0
    while rest.strip():
        part = _PART.match(rest)
        if part is None:
            raise ValueError("it is no interval")
        seconds += _seconds(part)
        rest = rest[part.end() :]
    if seconds < 0:
        raise ValueError("it is negative")
    return seconds


def _seconds(part: re.Match[str]) -> float:
    sign, whole, fraction, unit = part.groups()
    unit = unit.removesuffix("s")
    if unit in ("month", "year"):
        raise ValueError("Delta takes no months or years, whose length varies")
    if unit not in _UNITS:
        raise ValueError(f"{part[4]!r} is no unit")
    if fraction and unit != "second":
        raise ValueError("only seconds may have a fraction")
    return float(f"{sign}{whole}{fraction or ''}") * _UNITS[unit]


@dataclass(frozen=True, slots=True)
class Unclear:
    """A property that cannot be understood, and why."""

    property: str
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Retention:
    """How long things are kept, in seconds; None is unknown. `cleanup`: is the log cleaned."""

    log: float | None
    deleted_files: float | None
    cleanup: bool
    unclear: tuple[Unclear, ...] = ()

    @property
    def gap_margin(self) -> float | None:
        """How long a monitor may pause and still find all that its next read may need.

        A lower bound, as the table's properties have it: nothing that is written or removed after
        a read is deleted before this time has passed, unless somebody deletes by hand.
        """
        log = self.log if self.cleanup else float("inf")
        if log is None or self.deleted_files is None:
            return None
        return min(log, self.deleted_files)


def retention_of(properties: Mapping[str, str]) -> Retention:
    """The retention that a table's properties ask for, defaults included."""
    found: dict[str, float | None] = {}
    unclear = []
    for name, default in DEFAULTS.items():
        text = properties.get(name, default)
        try:
            found[name] = interval(text)
        except ValueError as error:
            found[name] = None
            unclear.append(Unclear(name, text, str(error)))
    cleanup = properties.get(CLEANUP, "true").strip().lower() != "false"
    return Retention(found[LOG], found[DELETED_FILES], cleanup, tuple(unclear))


def unclear(retention: Retention) -> Iterator[Problem]:
    """What is wrong with properties that should say how long things are kept."""
    for found in retention.unclear:
        yield Problem(
            "gap margin",
            "not_assessed",
            f"{found.property} is {found.text!r}: {found.why}",
            f"set it to an interval of weeks to milliseconds, as in '{DEFAULTS[found.property]}'",
        )
