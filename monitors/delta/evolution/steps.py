"""The definitions of a table one after another: what each changed, and by which commit."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from monitors.core import Definition, Event, EventKind, Tail, Window
from monitors.delta.evolution.changes import Change, changes
from monitors.delta.evolution.concealed import concealed

_LONGEST_PATH = 200  # characters


@dataclass(frozen=True, slots=True)
class Step:
    """A definition and what it changed; `commit` says by which commit, as people read it.

    Unless `told`, it is not known to be that of the definition.
    """

    definition: Definition
    changes: tuple[Change, ...]
    commit: str
    told: bool

    @property
    def events(self) -> tuple[Event, ...]:
        """One event per change."""
        return tuple(self._event(change) for change in self.changes)

    def _event(self, change: Change) -> Event:
        now = self.definition
        moment = round(now.at.timestamp() * 1000)
        key = f"{now.version}@{moment}:{change.kind}:{_bounded(change.path)}"
        detail = {
            "kind": str(change.kind),
            "path": change.path,
            "before": change.before,
            "after": change.after,
            "version": now.version,
            "operation": now.operation if self.told else "",
            "user": now.user if self.told else "",
        }
        message = f"{change.message} ({self.commit})"
        return Event(EventKind.SCHEMA_CHANGED, key, now.at, message, detail)


def steps(known: Definition | None, tail: Tail | Window) -> Iterator[Step]:
    """The definitions of a tail that say something new, and what each of them changed.

    The first of a table changes nothing. What differs between the last one that is `known` and
    the one where the tail begins was changed by a commit that the log does not tell; so was what
    differs from the first one of the tail, where the log does not tell how it begins.
    """
    told = {fact.version for fact in tail.commits}
    foreign = isinstance(tail, Tail) and tail.recreated and known is not None
    last = known
    found = [(one, one.version in told) for one in tail.definitions]
    if tail.before is not None:
        found.insert(0, (tail.before, False))
    elif known is not None and found:
        found[0] = (found[0][0], False)
    for one, is_told in found:
        definition = concealed(one)
        if last is not None and not foreign and not _news(last, definition):
            continue
        changed = () if last is None else changes(last, definition)
        commit = _commit(definition, is_told=is_told, foreign=foreign)
        yield Step(definition, changed, commit, told=is_told and not foreign)
        last, foreign = definition, False


def _bounded(path: str) -> str:
    """A path that fits into a key; databases do not index texts of any length."""
    if len(path) <= _LONGEST_PATH:
        return path
    digest = hashlib.sha256(path.encode(errors="surrogatepass")).hexdigest()
    return f"{path[:_LONGEST_PATH]}#{digest[:16]}"


def _news(last: Definition, definition: Definition) -> bool:
    from monitors.delta.definitions import same  # with the log's reader, which is heavy

    return definition.version > last.version and not same(last, definition)


def _commit(definition: Definition, *, is_told: bool, foreign: bool) -> str:
    version = definition.version
    if foreign:
        return f"version {version} of another table, which took the place of the one before"
    if not is_told:
        return f"by version {version}; the log does not tell which commit did it"
    what = definition.operation or "an operation that the log does not name"
    who = f" by {definition.user}" if definition.user else ""
    return f"version {version}, {what}{who}"
