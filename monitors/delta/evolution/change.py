"""One thing in which two definitions of a table differ."""

from dataclasses import dataclass
from enum import StrEnum

Value = str | tuple[str, ...] | None


class ChangeKind(StrEnum):
    """The ways in which a definition changes."""

    COLUMN_ADDED = "column_added"
    COLUMN_DROPPED = "column_dropped"
    COLUMN_RENAMED = "column_renamed"
    COLUMNS_REORDERED = "columns_reordered"
    TYPE_WIDENED = "type_widened"
    TYPE_NARROWED = "type_narrowed"
    TYPE_CHANGED = "type_changed"
    BECAME_NULLABLE = "became_nullable"
    BECAME_REQUIRED = "became_required"
    PARTITIONING_CHANGED = "partitioning_changed"
    CLUSTERING_CHANGED = "clustering_changed"
    PROPERTY_SET = "property_set"
    PROPERTY_CHANGED = "property_changed"
    PROPERTY_UNSET = "property_unset"
    FEATURE_ADDED = "feature_added"
    FEATURE_REMOVED = "feature_removed"
    PROTOCOL_RAISED = "protocol_raised"
    PROTOCOL_LOWERED = "protocol_lowered"


@dataclass(frozen=True, slots=True)
class Change:
    """What changed, from what to what, and the same as a sentence without its full stop.

    `path` is a column (dotted, as it is called afterwards; a dropped one as it was), a property or
    a feature; the struct of columns that were reordered; empty where the table itself is meant.
    """

    kind: ChangeKind
    path: str
    before: Value
    after: Value
    message: str


LONGEST = 80  # characters of a type or a value in a message; whole, it is in the change itself


def short(text: str) -> str:
    """Text that fits in a sentence."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
