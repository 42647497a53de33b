"""What a replay remembers of a block of commits until it has told it: done, and with which result.

It is kept in the store in the transaction that writes the facts, so a replay that is killed goes on
where it was, and a change that it made is told by the one that goes on.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from limnograph.replay.plan import ranges
from limnograph.store.comparing import Fields, Finding
from monitors.core import Column, Event, State
from monitors.delta.reasons import sentence

FRESH = timedelta(days=1)
"""A replay that was broken off longer ago begins anew: its table may have changed since."""

_FORMAT = "replay.1"

Document = Mapping[str, Any]
"""A JSON object."""


@dataclass(frozen=True, slots=True)
class Block:
    """Versions of a block that are `done`, and what there is to tell of them, as JSON objects.

    Of a `lost` range it is not known how many facts are stored.
    """

    at: datetime
    done: frozenset[int] = frozenset()
    findings: tuple[Document, ...] = ()
    lost: tuple[tuple[int, int, str], ...] = ()
    events: tuple[Document, ...] = ()
    old: tuple[int, ...] = ()

    def after(self, earlier: "Block | None") -> "Block":
        """With what was told earlier: nothing of it is forgotten by looking again."""
        if earlier is None:
            return self
        return Block(
            self.at,
            self.done | earlier.done,
            _merged(earlier.findings, self.findings),
            tuple(dict.fromkeys((*earlier.lost, *self.lost))),
            (*earlier.events, *(one for one in self.events if one not in earlier.events)),
            tuple(sorted({*earlier.old, *self.old})),
        )

    def fresh(self, now: datetime) -> bool:
        """Whether what is done need not be done again."""
        return now - self.at < FRESH

    def undone(self) -> "Block":
        """What it has to tell, with everything still to do."""
        return replace(self, done=frozenset(), lost=(), old=())

    def state(self, key: str) -> State:
        body = {
            "at": self.at.isoformat(),
            "done": ranges(sorted(self.done)),
            "findings": self.findings,
            "lost": self.lost,
            "events": self.events,
            "old": self.old,
        }
        return State(key, _FORMAT, 1, json.dumps(body, separators=(",", ":")).encode())


def block_of(state: State) -> Block | None:
    """A block from its state; None for a format that is not known."""
    if state.format != _FORMAT:
        return None
    body = json.loads(state.blob)
    return Block(
        datetime.fromisoformat(body["at"]),
        frozenset(v for first, last in body["done"] for v in range(first, last + 1)),
        tuple(body["findings"]),
        tuple((first, last, reason) for first, last, reason in body["lost"]),
        tuple(body["events"]),
        tuple(body["old"]),
    )


def key_of(asked: Sequence[str], incarnation: int) -> str:
    """Where the blocks of a command are kept: the same command finds them again."""
    digest = hashlib.sha256(json.dumps([*asked, incarnation]).encode()).hexdigest()
    return f"{digest[:16]}/"


def finding_document(finding: Finding) -> Document:
    """A finding for people and programs; `why` is None where nobody knows."""
    return {
        "what": finding.what,
        "version": finding.version,
        "at": _plain(finding.at),
        "added": finding.added,
        "changed": _fields(finding.changed, "before", "after"),
        "kept": _fields(finding.kept, "stored", "recomputed"),
        "why": _why(finding),
    }


def event_document(event: Event) -> Document:
    return {
        "kind": str(event.kind),
        "key": event.key,
        "at": _plain(event.at),
        "message": event.message,
    }


def _why(finding: Finding) -> str | None:
    if finding.added:
        return None
    if "reason" in finding.kept:
        return sentence(finding.kept["reason"][1])
    if finding.kept:
        return "the remaining log no longer tells it"
    before, after = finding.changed.get("reason", ("", ""))
    if before and not after:
        return f"it can be told now; when it was stored, {sentence(before)}"
    return sentence(after)


def _fields(found: Fields, one: str, other: str) -> Document:
    return {
        name: {one: _plain(first), other: _plain(second)} for name, (first, second) in found.items()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Column):
        return asdict(value) | {"path": list(value.path)}
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return dict(value)
    return value


def _merged(earlier: Sequence[Document], later: Sequence[Document]) -> tuple[Document, ...]:
    found = {(one["what"], one["version"]): one for one in earlier}
    for one in later:
        key = (one["what"], one["version"])
        before = found.get(key)
        found[key] = one if before is None else _continued(before, one)
    return tuple(found[key] for key in sorted(found))


def _continued(earlier: Document, later: Document) -> Document:
    """What happened to a commit in two goes: from what was first to what was last."""
    changed = dict(earlier["changed"])
    for name, pair in later["changed"].items():
        before = changed.get(name, pair)["before"]
        changed[name] = {"before": before, "after": pair["after"]}
    return {
        **earlier,
        "at": later["at"],
        "added": earlier["added"] or later["added"],
        "changed": changed,
        "kept": {**earlier["kept"], **later["kept"]},
        "why": earlier["why"] or later["why"],
    }
