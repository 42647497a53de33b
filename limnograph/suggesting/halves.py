"""The older and the newer part of a table's history: what is learned from the one is tried on the
other."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from limnograph.suggesting.live import LiveFile, Origin

LEAST_COMMITS = 5
"""Commits with live rows below which nothing is held out."""
HELD_OUT = 0.2
"""The newest share of the commits, which is held out."""


@dataclass(frozen=True, slots=True)
class Halves:
    """`first` is the oldest version that is held out, in `commits` commits over `length`.

    None when nothing is held out, for the `reason`.
    """

    first: int | None
    commits: int = 0
    length: timedelta = timedelta(0)
    reason: str = ""

    def is_newer(self, version: int | None) -> bool:
        """Whether the rows of a version are held out."""
        return self.first is not None and version is not None and version >= self.first


def halves(files: Sequence[LiveFile]) -> Halves:
    """Where to cut, from the commits of which there are live rows."""
    origins: dict[int, Origin] = {f.origin.version: f.origin for f in files if f.origin}
    known = [origins[version] for version in sorted(origins)]
    if len(known) < LEAST_COMMITS:
        some = "commit has" if len(known) == 1 else "commits have"
        return Halves(
            None,
            reason=f"{len(known)} {some} live rows of their own, {LEAST_COMMITS} are needed to "
            "hold out the newest of them",
        )
    out = max(1, round(HELD_OUT * len(known)))
    newer, before = known[-out:], known[-out - 1]
    return Halves(newer[0].version, out, _length(before.at, [one.at for one in newer]))


def _length(before: datetime, newer: Sequence[datetime]) -> timedelta:
    # Clocks may go backwards.
    return max(max(newer) - before, timedelta(0))
