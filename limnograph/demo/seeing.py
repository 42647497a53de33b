"""Whether a report saw what was planted: the truth against the report's document, and no more."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from limnograph.demo import flaws
from limnograph.demo.flaws import PlantedRows
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
    rows_seen: tuple[PlantedRows, ...] = ()
    rows_missed: tuple[PlantedRows, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every planted trouble and every flawed row was seen."""
        return not self.missed and not self.rows_missed


def compare(
    planted: Iterable[Planted], report: Mapping[str, Any], rows: Iterable[PlantedRows] = ()
) -> Sightings:
    """Match the planted troubles and rows with those of a report, given as its JSON document."""
    truths, found = list(planted), _found(report)
    flawed = list(rows)
    rows_seen = tuple(truth for truth in flawed if flaws.found(truth, report))
    seen = tuple(truth for truth in truths if any(_same(truth, other) for other in found))
    return Sightings(
        seen=seen,
        missed=tuple(truth for truth in truths if truth not in seen),
        surplus=tuple(other for other in found if not any(_same(t, other) for t in truths)),
        rows_seen=rows_seen,
        rows_missed=tuple(truth for truth in flawed if truth not in rows_seen),
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
