"""Forbidden changes that are still in force. Pure.

Each definition is compared with the last accepted one. One that differs from it by allowed changes
only is accepted in its turn; so is one that a user expected, or that is older than is remembered.
Of one with a forbidden change nothing is accepted, so what else it brought may go again. What is
left at the end is forbidden and neither reverted nor forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitors.core import Definition
from monitors.delta.evolution.change import Change, ChangeKind
from monitors.delta.evolution.changes import changes


@dataclass(frozen=True, slots=True)
class Breach:
    """A forbidden change, and the definition that brought it."""

    change: Change
    by: Definition


def breaches(
    definitions: Sequence[Definition], forbidden: frozenset[ChangeKind], accepted_until: datetime
) -> Sequence[Breach]:
    """What the newest definition breaks; those up to `accepted_until` are accepted as they are."""
    accepted: Definition | None = None
    open_: dict[tuple[ChangeKind, str], Breach] = {}
    at = min((definition.at for definition in definitions), default=accepted_until)
    for definition in definitions:
        at = max(at, definition.at)  # the clocks of writers may go backwards
        if accepted is None or at <= accepted_until:
            accepted, open_ = definition, {}
            continue
        found = [c for c in changes(accepted, definition) if c.kind in forbidden]
        if not found:
            accepted = definition
        open_ = {
            (c.kind, c.path): open_.get((c.kind, c.path), Breach(c, definition)) for c in found
        }
    return tuple(open_.values())
