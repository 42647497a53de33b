"""Whether a report saw what was planted: the truth against the report's document, and no more."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from limnograph.demo.troubles import Planted, Trouble

_DATED = frozenset({Trouble.DROP, Trouble.DUPLICATE})
"""The kinds that name the day or the hour: another day's drop is not the planted one."""


@dataclass(frozen=True, slots=True)
class Found:
    """One trouble that a report names."""

    table: str
    kind: str
    since: datetime
    message: str = ""


@dataclass(frozen=True, slots=True)
class Sightings:
    """What a report made of the truth; `surplus` is what it found and nobody planted."""

    seen: tuple[Planted, ...]
    missed: tuple[Planted, ...]
    surplus: tuple[Found, ...]

    @property
    def complete(self) -> bool:
        """Whether every planted trouble was seen."""
        return not self.missed


def compare(planted: Iterable[Planted], report: Mapping[str, Any]) -> Sightings:
    """Match the planted troubles with those of a report, given as its JSON document."""
    truths, found = list(planted), _found(report)
    seen = tuple(truth for truth in truths if any(_same(truth, other) for other in found))
    return Sightings(
        seen=seen,
        missed=tuple(truth for truth in truths if truth not in seen),
        surplus=tuple(other for other in found if not any(_same(t, other) for t in truths)),
    )


def _found(report: Mapping[str, Any]) -> list[Found]:
    return [
        Found(
            entry["table"], entry["kind"], datetime.fromisoformat(entry["since"]), entry["message"]
        )
        for entry in report["troubles"]
    ]


def _same(truth: Planted, found: Found) -> bool:
    if (truth.table, truth.trouble) != (found.table, found.kind):
        return False
    return truth.trouble not in _DATED or truth.at == found.since
