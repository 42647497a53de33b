"""What changed from one definition of a table to the next; pure, and the same for every reader."""

from collections.abc import Iterator, Mapping

from monitors.core import Definition
from monitors.delta.evolution.change import Change, ChangeKind, Value, short
from monitors.delta.evolution.columns import Path, compare
from monitors.delta.evolution.concealed import is_secret
from monitors.secrets import MASK

__all__ = ["Change", "ChangeKind", "changes"]

# Writers count the ids they gave out in it, so it moves with every column that is added.
_BOOKKEEPING = frozenset({"delta.columnMapping.maxColumnId"})


def changes(before: Definition, after: Definition) -> tuple[Change, ...]:
    """Everything in which a definition differs from the one before it: columns first.

    Of a table that was replaced by another one, the columns are those of one name.
    """
    # Ids are given out anew by a table that replaces another.
    columns = compare(before.columns, after.columns, by_id=before.table_id == after.table_id)
    return (
        *columns.changes,
        *_layout(before, after, columns.names),
        *_properties(before.properties, after.properties),
        *_features(before, after),
        *_protocol(before, after),
    )


def _layout(before: Definition, after: Definition, names: Mapping[Path, Path]) -> Iterator[Change]:
    """Partitioning and clustering; a column under a new name is no other layout."""
    today = {".".join(old): ".".join(new) for old, new in names.items()}
    for kind, word, was, now in (
        (
            ChangeKind.PARTITIONING_CHANGED,
            "partitioned",
            before.partition_columns,
            after.partition_columns,
        ),
        (
            ChangeKind.CLUSTERING_CHANGED,
            "clustered",
            before.clustering_columns,
            after.clustering_columns,
        ),
    ):
        if tuple(today.get(name, name) for name in was) != now:
            yield Change(kind, "", was, now, f"{word} by {_listed(now)}, before by {_listed(was)}")


def _listed(names: tuple[str, ...]) -> str:
    return short(", ".join(names)) or "nothing"


def _properties(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Change]:
    for name in sorted((before.keys() | after.keys()) - _BOOKKEEPING):
        was, now = before.get(name), after.get(name)
        if was != now:
            yield _property(name, was, now)


def _property(name: str, was: str | None, now: str | None) -> Change:
    if is_secret(name):
        was, now = was and MASK, now and MASK
    if was is None:
        return Change(
            ChangeKind.PROPERTY_SET, name, was, now, f"property {name} set to {_quoted(now)}"
        )
    if now is None:
        message = f"property {name} unset, it was {_quoted(was)}"
        return Change(ChangeKind.PROPERTY_UNSET, name, was, now, message)
    message = f"property {name} changed from {_quoted(was)} to {_quoted(now)}"
    return Change(ChangeKind.PROPERTY_CHANGED, name, was, now, message)


def _quoted(value: str | None) -> str:
    return short(value) if value else "the empty text"


def _features(before: Definition, after: Definition) -> Iterator[Change]:
    for name in sorted(set(after.features) - set(before.features)):
        yield Change(ChangeKind.FEATURE_ADDED, name, None, name, f"feature {name} added")
    for name in sorted(set(before.features) - set(after.features)):
        yield Change(ChangeKind.FEATURE_REMOVED, name, name, None, f"feature {name} removed")


def _protocol(before: Definition, after: Definition) -> Iterator[Change]:
    was, now = (before.reader, before.writer), (after.reader, after.writer)
    if was == now:
        return
    lowered = now[0] < was[0] or now[1] < was[1]
    kind = ChangeKind.PROTOCOL_LOWERED if lowered else ChangeKind.PROTOCOL_RAISED
    old, new = _versions(*was), _versions(*now)
    word = "lowered" if lowered else "raised"
    yield Change(kind, "", old, new, f"protocol {word} from {old} to {new}")


def _versions(reader: int, writer: int) -> Value:
    return f"reader {reader}, writer {writer}"
