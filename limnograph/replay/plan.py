"""Which commits of one table a replay reads, in which pieces, and which it cannot."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from limnograph.replay.window import Span

BLOCK = 1024
"""Versions that are read at once and written in one transaction.

Each block is walked to from the checkpoint below it; in a log without any, smaller blocks would
mean reading the same commits more often.
"""

CLEANED = "cleaned from the log"
BROKEN = "the commit cannot be read; `limnograph inspect` says why"
OLDER = "of an older table under this name"
PRUNED = "older than the retention of facts"

Versions = tuple[int, int]
"""A first and a last version, both included."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Versions that cannot be recomputed, and why; the `stored` facts among them stay."""

    first: int
    last: int
    stored: int
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """The `versions` to recompute. `newer` commits are left to the next cycle, which counts them.

    Only what a cycle has read belongs to the past: its cursor says that it was this very table.
    """

    versions: tuple[int, ...]
    lost: tuple[Lost, ...] = ()
    newer: int = 0


def plan(
    span: Span,
    reached: int,
    there: Collection[int],
    times: Mapping[int, datetime],
    stored: Mapping[int, datetime],
) -> Plan:
    """The plan for a table that was read up to the version `reached`.

    `there` are the commits that the log holds, `times` of those that can be read (needed where the
    times of commits decide), `stored` those of the stored facts. A commit whose stored time lies in
    the window belongs to it too: that time may be what is wrong.
    """

    def wanted(version: int) -> bool:
        return span.holds(version, times.get(version)) or (
            version in stored and span.holds(version, stored[version])
        )

    readable = times.keys() if span.timed else there
    found = sorted(version for version in readable if wanted(version))
    versions = tuple(version for version in found if version <= reached)
    gone = [v for v in sorted(stored) if v not in readable and v <= reached and wanted(v)]
    lost = [
        *_lost([v for v in gone if v not in there], stored, CLEANED),
        *_lost([v for v in gone if v in there], stored, BROKEN),
    ]
    if not span.timed and span.first is not None:
        last = reached if span.last is None else min(span.last, reached)
        holes = between(span.first, last, sorted(there))
        lost = [Lost(*hole, _count(hole, stored), CLEANED) for hole in holes]
    return Plan(versions, tuple(lost), len(found) - len(versions))


def ranges(versions: Iterable[int]) -> list[Versions]:
    """Sorted versions as runs without a hole.

    >>> ranges([1, 2, 3, 7])
    [(1, 3), (7, 7)]
    """
    found: list[Versions] = []
    for version in versions:
        if found and version == found[-1][1] + 1:
            found[-1] = (found[-1][0], version)
        else:
            found.append((version, version))
    return found


def between(first: int, last: int, there: Sequence[int]) -> Iterator[Versions]:
    """The runs of versions from a first to a last one that are not there.

    >>> list(between(0, 9, [3, 4, 8]))
    [(0, 2), (5, 7), (9, 9)]
    """
    for version in there:
        if first < version <= last:
            yield first, version - 1
        if version >= first:
            first = version + 1
    if first <= last:
        yield first, last


def blocks(versions: Iterable[int], size: int) -> Mapping[int, list[int]]:
    """Versions by the block they fall into; the same version always falls into the same."""
    found: dict[int, list[int]] = {}
    for version in versions:
        found.setdefault(version // size, []).append(version)
    return found


def _lost(versions: Sequence[int], stored: Mapping[int, datetime], why: str) -> Iterator[Lost]:
    for run in ranges(versions):
        yield Lost(*run, _count(run, stored), why)


def _count(run: Versions, stored: Mapping[int, datetime]) -> int:
    return sum(run[0] <= version <= run[1] for version in stored)
