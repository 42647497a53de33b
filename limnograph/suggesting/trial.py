"""Trying suggested checks over rows: what fails on the rows that it was learned from is dropped,
and what was learned from older rows is held against each newer commit."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from checks.core import Kind, Status, Verdict, Version
from checks.rows.core import RowCheck
from checks.rows.examine import examine
from limnograph.settings.resolved import TableSettings
from limnograph.suggesting.halves import Halves
from limnograph.suggesting.log_bounds import ColumnLog
from limnograph.suggesting.proposal import Alarms, Dropped, Proposal, check_of
from limnograph.suggesting.sample_rows import OtherTables, SampleRows
from limnograph.suggesting.yaml_lines import can_be_written
from monitors.lakes.rows.table import ADDED

_DAY = 86400
_DRIFTS = 1 / 3  # of the newer commits beyond what the older ones had: the values move


@dataclass(slots=True)
class Trials:
    """Tries checks of one table; `kinds` are the known ones."""

    table: TableSettings
    kinds: Mapping[str, Kind]
    others: OtherTables
    last: Version
    dropped: list[Dropped] = field(default_factory=list)

    def holding(self, proposals: Sequence[Proposal], rows: pa.Table) -> list[Proposal]:
        """The proposals that pass over rows; the others are noted as dropped."""
        held = []
        for proposal, verdict in self.tried(proposals, rows):
            if not can_be_written(proposal):
                self.drop(proposal, "it holds characters that cannot be written in YAML")
            elif verdict.status is Status.PASS:
                held.append(proposal)
            else:
                self.drop(proposal, f"it does not hold on the rows themselves: {_told(verdict)}")
        return held

    def drop(self, proposal: Proposal, why: str) -> None:
        """Note that a proposal is not made."""
        self.dropped.append(Dropped(proposal.id, proposal.type, why))

    def failures(
        self, proposals: Sequence[Proposal], rows: pa.Table
    ) -> Mapping[int, frozenset[int]]:
        """The versions whose rows do not pass, by the place of the proposal; -1 for an error."""
        suspects = self._failing(proposals, range(len(proposals)), rows)
        found: dict[int, set[int]] = {place: set() for place in range(len(proposals))}
        if suspects:
            for version, part in by_version(rows):
                for place in self._failing(proposals, suspects, part):
                    found[place].add(version)
        return {place: frozenset(versions) for place, versions in found.items()}

    def _failing(
        self, proposals: Sequence[Proposal], places: Sequence[int], rows: pa.Table
    ) -> list[int]:
        verdicts = self.tried([proposals[place] for place in places], rows)
        bad = (Status.FAIL, Status.ERROR, Status.WARN)
        return [
            place
            for place, (_, verdict) in zip(places, verdicts, strict=True)
            if verdict.status in bad
        ]

    def tried(
        self, proposals: Sequence[Proposal], rows: pa.Table
    ) -> list[tuple[Proposal, Verdict]]:
        """The verdict of each over some rows; an error for one that the settings would refuse."""
        asked, refused = {}, {}
        for place, proposal in enumerate(proposals):
            # Proposals of one meaning may have one id.
            check, why = check_of(proposal.renamed(f"p{place}"), self.table, self.kinds)
            if check is None:
                refused[place] = Verdict.error(why)
            else:
                asked[place] = RowCheck(check)
        source = SampleRows(rows, self.last, self.others, self.table.name)
        try:
            findings = examine(list(asked.values()), source)
        finally:
            source.close()
        verdicts = dict(zip(asked, (one.verdict for one in findings), strict=True)) | refused
        return [(proposal, verdicts[place]) for place, proposal in enumerate(proposals)]


def by_version(rows: pa.Table) -> Iterator[tuple[int, pa.Table]]:
    """The rows of each commit, in order of version."""
    for version in sorted(versions_of(rows)):
        is_own = pc.equal(rows.column(ADDED[1]), pa.scalar(version, pa.int64()))
        yield version, rows.filter(is_own)


def versions_of(rows: pa.Table) -> list[int]:
    """The versions that brought some rows, each once."""
    found: Any = rows.column(ADDED[1]).unique().to_pylist()
    return list(found)


def judged_newer(
    trials: Trials,
    old: Sequence[Proposal],
    newer: pa.Table,
    halves: Halves,
    logs: Mapping[int, Mapping[str, ColumnLog]],
) -> list[Proposal]:
    """Proposals of the older part, each with its alarms over the newer one.

    `logs` say by commit what the rows that were not looked at hold.
    """
    commits = versions_of(newer)
    days = halves.length.total_seconds() / _DAY
    failed = trials.failures(old, newer)
    found = []
    for place, proposal in enumerate(old):
        beyond = {version for version in commits if _is_beyond(proposal, logs.get(version, {}))}
        alarms = Alarms(len(failed[place] | beyond), len(commits), days)
        found.append(replace(proposal, alarms=alarms))
    return found


def _is_beyond(proposal: Proposal, log: Mapping[str, ColumnLog]) -> bool:
    """Whether the log of a commit has numbers beyond the limits of a proposal."""
    if proposal.limits is None:
        return False
    column, (low, high) = log.get(proposal.meaning[1], ColumnLog()), proposal.limits
    below = low is not None and column.least is not None and column.least < low
    return below or (high is not None and column.greatest is not None and column.greatest > high)


def drifting(trials: Trials, old: Sequence[Proposal], newer: pa.Table) -> frozenset[int]:
    """The places of proposals whose values move: newer commits go beyond all that was before.

    One newer commit alone cannot tell a drift from chance.
    """
    commits = len(versions_of(newer))
    places = [place for place, one in enumerate(old) if one.bare is not None]
    if commits < 2 or not places:
        return frozenset()
    bare = [replace(old[place], fields=old[place].bare or {}) for place in places]
    failed = trials.failures(bare, newer)
    return frozenset(
        place
        for at, place in enumerate(places)
        if len(failed[at]) >= 2 and len(failed[at]) > _DRIFTS * commits
    )


def _told(verdict: Verdict) -> str:
    # A reason may quote values of rows where an expectation tells of them; numbers are enough.
    if verdict.status is Status.FAIL and verdict.rows is not None and verdict.bad is not None:
        return f"{verdict.bad:,} of {verdict.rows:,} rows are bad"
    return f"{verdict.status}: {verdict.reason}"
