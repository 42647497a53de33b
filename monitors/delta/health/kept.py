"""What table_health keeps between cycles, and how commits move it. Times are Unix seconds."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Generic, TypeVar

from monitors.core import CommitFact, LogFolder, RowWidth, State, Tail
from monitors.delta.health.layout import Layout, layout_in

_KEY, _FORMAT = "health", "table_health.json.1"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Look(Generic[T]):
    """What was seen of a version, when that version was committed, and when it was looked at."""

    seen: T
    version: int
    at: float
    looked: float


@dataclass(frozen=True, slots=True)
class Width:
    """A sampled row width, with what it holds for: a digest of the columns, so many live rows."""

    width: RowWidth
    columns: str
    table_rows: int
    asked: float


@dataclass(frozen=True, slots=True)
class Health:
    """What is known of a table at `version`.

    `moved` counts the files that came or went since `layout` was looked at; None where commits are
    missing. `optimized` and `vacuumed` are when OPTIMIZE and VACUUM last ended.
    """

    version: int = -1
    moved: int | None = None
    optimized: float | None = None
    vacuumed: float | None = None
    layout: Look[Layout] | None = None
    log: Look[LogFolder] | None = None
    width: Width | None = None

    def state(self) -> State:
        document = asdict(self)
        folder = document["log"] and document["log"]["seen"]
        if folder and folder["checkpoint_at"]:
            folder["checkpoint_at"] = folder["checkpoint_at"].timestamp()
        return State(_KEY, _FORMAT, self.version, json.dumps(document).encode())


def health_in(states: Mapping[str, State]) -> Health:
    """What an earlier cycle kept; nothing where there is no state of this format."""
    state = states.get(_KEY)
    if state is None or state.format != _FORMAT:
        return Health()
    try:
        return _health(json.loads(state.blob))
    except (ValueError, KeyError, TypeError):
        return Health()


def _health(document: dict[str, Any]) -> Health:
    layout, log, width = (document[name] for name in ("layout", "log", "width"))
    return Health(
        **{
            **document,
            "layout": layout and Look(**{**layout, "seen": layout_in(layout["seen"])}),
            "log": log and Look(**{**log, "seen": _folder(log["seen"])}),
            "width": width and Width(**{**width, "width": RowWidth(**width["width"])}),
        }
    )


def _folder(document: dict[str, Any]) -> LogFolder:
    at = document.pop("checkpoint_at")
    return LogFolder(
        **document, checkpoint_at=None if at is None else datetime.fromtimestamp(at, UTC)
    )


def maintained(
    before: Health, commits: Sequence[CommitFact], now: datetime
) -> tuple[float | None, float | None]:
    """When OPTIMIZE and VACUUM last ended; None: never seen.

    Times may go backwards, so the newest is a maximum; none is in the future.
    """
    optimized = _newest(before.optimized, "OPTIMIZE", commits, now)
    return optimized, _newest(before.vacuumed, "VACUUM END", commits, now)


def _newest(
    before: float | None, operation: str, commits: Sequence[CommitFact], now: datetime
) -> float | None:
    times = [
        min(fact.at, now).timestamp() for fact in commits if fact.operation.upper() == operation
    ]
    return max(times if before is None else [*times, before], default=None)


def moved(before: Health, tail: Tail) -> int | None:
    """Files that came or went since the layout was looked at; None where commits are missing."""
    first, count = before.version + 1, len(tail.commits)
    whole = [fact.version for fact in tail.commits] == [*range(first, first + count)]
    if before.moved is None or not whole or before.version + count != tail.snapshot.version:
        return None
    return before.moved + sum(fact.files_added + fact.files_removed for fact in tail.commits)


def columns_in(tail: Tail) -> str:
    """A digest of the newest columns that a tail tells of; empty where it tells of none."""
    told = [*([tail.before] if tail.before else []), *tail.definitions]
    return blake2b(repr(told[-1].columns).encode(), digest_size=8).hexdigest() if told else ""
