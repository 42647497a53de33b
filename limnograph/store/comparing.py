"""What was recomputed against what is stored: the better stays, and every difference is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Literal

from monitors.core import CommitFact, Definition

Fields = Mapping[str, tuple[Any, Any]]
"""Two values by the name of a field: the stored one, and the recomputed one."""

COUNTS = ("inserted", "updated", "deleted", "net", "source", "exact", "reason")
"""They are told together: counts of one source with the exactness of another would be nonsense."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A commit whose stored fact (or definition) is not the recomputed one.

    `added`: nothing was stored. `changed` is what the store holds differently now; in `kept` it
    holds on to what it had, because the recomputed value is worse: unknown, or not exact.
    """

    what: Literal["fact", "definition"]
    version: int
    at: datetime
    added: bool = False
    changed: Fields = field(default_factory=dict)
    kept: Fields = field(default_factory=dict)


def better_fact(stored: CommitFact, found: CommitFact) -> CommitFact:
    """The recomputed fact, with what the stored one knows better."""
    held: dict[str, Any] = {}
    if _knowledge(found) < _knowledge(stored):
        held = {name: getattr(stored, name) for name in COUNTS}
    for name in ("bytes_added", "bytes_removed"):
        if getattr(found, name) is None:
            held[name] = getattr(stored, name)
    return replace(found, operation=found.operation or stored.operation, **held)


def better_definition(stored: Definition, found: Definition) -> Definition:
    """The recomputed definition; the operation and the user are told as long as the commit is."""
    return replace(
        found, operation=found.operation or stored.operation, user=found.user or stored.user
    )


def fact_finding(stored: CommitFact | None, found: CommitFact) -> tuple[CommitFact, Finding | None]:
    """What is to be stored, and what there is to say; None where nothing differs.

    >>> noon = datetime.fromisoformat("2026-03-01T12:00:00Z")
    >>> known = CommitFact(7, noon, "WRITE", 5, 0, 0, 5, 10, 0, 1, 0, "log", True)
    >>> lost = replace(known, inserted=None, net=None, exact=False, reason="vacuumed")
    >>> fact_finding(known, lost)[0] == known, fact_finding(known, known)[1]
    (True, None)
    >>> fact_finding(lost, known)[1].changed["inserted"]
    (None, 5)
    """
    if stored is None:
        return found, Finding("fact", found.version, found.at, added=True)
    better = better_fact(stored, found)
    return better, _finding("fact", stored, found, better)


def definition_finding(
    stored: Definition | None, found: Definition
) -> tuple[Definition, Finding | None]:
    """As `fact_finding`, for a definition."""
    if stored is None:
        return found, Finding("definition", found.version, found.at, added=True)
    better = better_definition(stored, found)
    return better, _finding("definition", stored, found, better)


def _finding(
    what: Literal["fact", "definition"], stored: Any, found: Any, better: Any
) -> Finding | None:
    names = [one.name for one in fields(stored)]
    changed = {name: _pair(stored, better, name) for name in names}
    kept = {name: _pair(better, found, name) for name in names}
    finding = Finding(
        what,
        found.version,
        better.at,
        changed={name: pair for name, pair in changed.items() if pair[0] != pair[1]},
        kept={name: pair for name, pair in kept.items() if pair[0] != pair[1]},
    )
    return finding if finding.changed or finding.kept else None


def _pair(one: Any, other: Any, name: str) -> tuple[Any, Any]:
    return getattr(one, name), getattr(other, name)


def _knowledge(fact: CommitFact) -> tuple[bool, int]:
    counts = (fact.inserted, fact.updated, fact.deleted, fact.net)
    return fact.exact, sum(number is not None for number in counts)
