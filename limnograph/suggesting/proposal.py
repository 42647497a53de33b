"""A check that is suggested: its fields as they would be written, and why."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from checks.core import Check, Kind
from limnograph.settings.checks import Checks
from limnograph.settings.problems import Report
from limnograph.settings.resolved import TableSettings

Number = int | float
Meaning = tuple[str, ...]
"""What a check is about: two checks of one meaning say the same of the same columns."""

_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Proposal:
    """A check as it would be written, in order of its fields, with sentences of evidence.

    `learned` says that its limits are taken from values, so that other values may break it; `bare`
    are its fields with limits that leave no room. `wide` says how often they were widened. `limits`
    are those of numbers, where there are such.
    """

    meaning: Meaning
    fields: Mapping[str, Any]
    why: tuple[str, ...] = ()
    learned: bool = False
    bare: Mapping[str, Any] | None = None
    wide: int = 0
    limits: tuple[Number | None, Number | None] | None = None
    alarms: "Alarms | None" = field(default=None, compare=False)

    @property
    def id(self) -> str:
        return str(self.fields["id"])

    @property
    def type(self) -> str:
        return str(self.fields["type"])

    def because(self, *sentences: str) -> "Proposal":
        """With more evidence."""
        return replace(self, why=(*self.why, *sentences))

    def renamed(self, id: str) -> "Proposal":
        """Under another id."""
        return replace(self, fields={**self.fields, "id": id})


@dataclass(frozen=True, slots=True)
class Alarms:
    """What the older part's check would have said of the newer one.

    It would have failed on `failed` of `of` occasions (`unit`) in `days`.
    """

    failed: int
    of: int
    days: float
    unit: str = "newer commit"

    @property
    def per_month(self) -> float | None:
        """Alarms in 30 days; None where there were some in no time at all."""
        if not self.failed:
            return 0.0
        return self.failed * 30 / self.days if self.days > 0 else None

    @property
    def few(self) -> bool:
        """Whether it is at most one alarm a month."""
        rate = self.per_month
        return rate is not None and rate <= 1


@dataclass(frozen=True, slots=True)
class Dropped:
    """A check that is not suggested after all, and why not."""

    id: str
    type: str
    why: str


def written(type: str, id: str, severity: str, **fields: Any) -> dict[str, Any]:
    """The fields of a check in the order in which people write them."""
    return {"type": type, "id": id, "severity": severity, **fields}


def slug(*words: str) -> str:
    """An id from words; letters that an id cannot have are left out, or told without accents.

    >>> slug("Größe (cm)", "range"), slug("日本", "not-null")
    ('Grosse_cm-range', 'not-null')
    """
    told = []
    for word in words:
        plain = unicodedata.normalize("NFKD", word.replace("ß", "ss"))
        ascii_ = plain.encode("ascii", "ignore").decode()
        told.append(re.sub(r"[^A-Za-z0-9-]+", "_", ascii_).strip("_-"))
    return "-".join(word for word in told if word)[:_LONGEST].rstrip("-_") or "check"


class _Nowhere:
    """Positions for what stands in no file yet."""

    file = "suggestion"

    def position(self, path: object) -> tuple[int, int]:
        return 0, 0


def check_of(
    proposal: Proposal, table: TableSettings, kinds: Mapping[str, Kind]
) -> tuple[Check | None, str]:
    """The check that the settings would make of it; else None, and what they have against it."""
    document: Any = _Nowhere()
    report = Report(document)
    settled = Checks(kinds, Path(), report).settle([dict(proposal.fields)], ("checks",))
    if report.problems or len(settled) != 1:
        told = "; ".join(problem.message for problem in report.problems)
        return None, told or "it is no check"
    return table.check(settled[0]), ""
