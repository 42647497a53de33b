"""How the columns of a table changed: which ones survived, under which name, type and place.

A column survives under its id where the table maps columns, else under its name.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from monitors.core import Column
from monitors.delta.evolution.change import Change, ChangeKind, short
from monitors.delta.evolution.types import Node, dotted, relation, trees

_CONTAINERS = frozenset({"struct", "array", "map"})
_NAMED = 3  # columns that moved are named up to this number

Pair = tuple[Node, Node]
Path = tuple[str, ...]
Key = Callable[[Node], str]


@dataclass(slots=True)
class Columns:
    """The changes of columns, and what each surviving one was called before and is called now."""

    changes: list[Change] = field(default_factory=list)
    names: dict[Path, Path] = field(default_factory=dict)


def compare(before: Sequence[Column], after: Sequence[Column], *, by_id: bool) -> Columns:
    """The columns of two definitions; `by_id` where ids of the one mean the same in the other."""
    found = Columns()
    _level(found, (), trees(before), trees(after), by_id=by_id)
    return found


def _level(
    found: Columns, above: Path, before: Sequence[Node], after: Sequence[Node], *, by_id: bool
) -> None:
    """Compare the columns of a table or the fields of one struct."""
    pairs = _survivors(before, after, by_id=by_id)
    origin = {id(new): old for old, new in pairs}
    kept = {id(old) for old, _ in pairs}
    found.changes.extend(_dropped(node) for node in before if id(node) not in kept)
    last = max((n for n, node in enumerate(after) if id(node) in origin), default=-1)
    for place, node in enumerate(after):
        if id(node) in origin:
            _survivor(found, origin[id(node)], node, by_id=by_id)
        else:
            found.changes.append(_added(node, after, place, at_end=place > last))
    old_place = {id(node): place for place, node in enumerate(before)}
    survivors = [node for node in after if id(node) in origin]
    places = [old_place[id(origin[id(node)])] for node in survivors]
    if places != sorted(places):
        old_order = sorted(zip(places, survivors, strict=True), key=lambda item: item[0])
        found.changes.append(_reordered(above, [node for _, node in old_order], survivors, places))


def _survivors(before: Sequence[Node], after: Sequence[Node], *, by_id: bool) -> list[Pair]:
    """Old and new node of each survivor: those of one id, then of one name, then but for case."""
    pairs: list[Pair] = []
    old, new = list(before), list(after)
    if by_id and all(node.column.id for node in after):
        old, new = _matched(pairs, old, new, _identity)
    old, new = _matched(pairs, old, new, lambda node: node.name)
    _matched(pairs, old, new, lambda node: node.name.casefold())
    return pairs


def _identity(node: Node) -> str:
    """The id; the physical name that a column gets when its table begins to map is its name."""
    return node.column.id or "/".join(node.column.path)


def _matched(
    pairs: list[Pair], old: list[Node], new: list[Node], key: Key
) -> tuple[list[Node], list[Node]]:
    """Pair the nodes of one key; what is left of both."""
    waiting = {key(node): node for node in old}
    left = []
    for node in new:
        partner = waiting.pop(key(node), None)
        if partner is None:
            left.append(node)
        else:
            pairs.append((partner, node))
    paired = {id(partner) for partner, _ in pairs}
    return [node for node in old if id(node) not in paired], left


def _survivor(found: Columns, old: Node, new: Node, *, by_id: bool) -> None:
    was, now = old.column, new.column
    found.names[was.path] = now.path
    found.changes.extend(_renamed(old, new))
    found.changes.extend(_nullability(was, now))
    if was.type == now.type and now.type == "struct":
        _level(found, now.path, old.fields, new.fields, by_id=by_id)
    elif was.type == now.type and now.type in _CONTAINERS:
        for one, other in zip(old.fields, new.fields, strict=True):
            _survivor(found, one, other, by_id=by_id)
    elif was.type != now.type:
        found.changes.append(_retyped(old, new))


def _renamed(old: Node, new: Node) -> Iterator[Change]:
    if old.name != new.name:
        before, after = dotted(old.column.path), dotted(new.column.path)
        message = f"column {before} renamed to {dotted((new.name,))}"
        yield Change(ChangeKind.COLUMN_RENAMED, after, before, after, message)


def _nullability(was: Column, now: Column) -> Iterator[Change]:
    if was.nullable == now.nullable:
        return
    path = dotted(now.path)
    kind = ChangeKind.BECAME_NULLABLE if now.nullable else ChangeKind.BECAME_REQUIRED
    before, after = ("required", "nullable") if now.nullable else ("nullable", "required")
    yield Change(kind, path, before, after, f"column {path} became {after}")


_RETYPED = {
    "widened": ChangeKind.TYPE_WIDENED,
    "narrowed": ChangeKind.TYPE_NARROWED,
    "changed": ChangeKind.TYPE_CHANGED,
}


def _retyped(old: Node, new: Node) -> Change:
    path, before, after = dotted(new.column.path), old.type, new.type
    how = "changed" if new.fields or old.fields else relation(before, after)
    return Change(
        _RETYPED[how],
        path,
        before,
        after,
        f"type of column {path} {how} from {short(before)} to {short(after)}",
    )


def _dropped(node: Node) -> Change:
    path = dotted(node.column.path)
    message = f"column {path} ({short(node.type)}) dropped"
    return Change(ChangeKind.COLUMN_DROPPED, path, node.type, None, message)


def _added(node: Node, siblings: Sequence[Node], place: int, *, at_end: bool) -> Change:
    path = dotted(node.column.path)
    required = "" if node.column.nullable else ", required"
    where = ""
    if not at_end:
        where = f" after {dotted((siblings[place - 1].name,))}" if place else " in first place"
    message = f"column {path} ({short(node.type)}{required}) added{where}"
    return Change(ChangeKind.COLUMN_ADDED, path, None, node.type, message)


def _reordered(
    above: Path, before: Sequence[Node], after: Sequence[Node], places: Sequence[int]
) -> Change:
    moved = set(range(len(after))) - set(_in_order(places))
    whose = f"columns of {dotted(above)}" if above else "columns"
    if len(moved) <= _NAMED:
        moves = ", ".join(_move(after, place) for place in sorted(moved))
        message = f"{whose} reordered: {moves}"
    else:
        message = f"{whose} reordered: {len(moved)} of {len(after)} moved"
    return Change(
        ChangeKind.COLUMNS_REORDERED,
        dotted(above),
        tuple(node.name for node in before),
        tuple(node.name for node in after),
        message,
    )


def _move(after: Sequence[Node], place: int) -> str:
    name = dotted((after[place].name,))
    return f"{name} now after {dotted((after[place - 1].name,))}" if place else f"{name} now first"


def _in_order(places: Sequence[int]) -> list[int]:
    """Indices of a longest increasing run: the columns that need not have moved."""
    tops: list[int] = []
    ends: list[int] = []
    back: list[int] = []
    for index, place in enumerate(places):
        length = bisect_left(tops, place)
        back.append(ends[length - 1] if length else -1)
        tops[length : length + 1] = [place]
        ends[length : length + 1] = [index]
    run, index = [], ends[-1] if ends else -1
    while index >= 0:
        run.append(index)
        index = back[index]
    return run
