"""What the rows of a table suggest: sampled, proposed, tried on newer rows, and tried on all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from checks.core import Version
from checks.expectations.kinds import ColumnKind
from limnograph.settings.known import known_kinds
from limnograph.settings.resolved import TableSettings
from limnograph.suggesting import number_rules, row_rules, text_rules
from limnograph.suggesting.columns import Profile, profiles
from limnograph.suggesting.forms import Forms
from limnograph.suggesting.halves import Halves
from limnograph.suggesting.live import LiveTable
from limnograph.suggesting.log_bounds import Logs
from limnograph.suggesting.proposal import Dropped, Meaning, Proposal
from limnograph.suggesting.row_rules import Looked
from limnograph.suggesting.sample_rows import OtherTables, Place
from limnograph.suggesting.sampling import Sample, sampled
from limnograph.suggesting.trial import Trials, by_version, drifting, judged_newer
from limnograph.suggesting.whole_key import proof_of
from monitors.core import Column
from monitors.errors import UnreadableError
from monitors.lakes.rows.table import ADDED

_BATCH = 20  # rows of a commit from which its share of nulls says something


@dataclass(frozen=True, slots=True)
class Job:
    """A table to look into; it travels to a worker process.

    `table` has no secrets: how it is read stands in `live`. `columns` are those of its definition,
    `logs` what its log says of them, `cut` where its history is cut. `others` are other declared
    tables with what their columns hold, `known` the meanings of checks that are there already.
    """

    table: TableSettings
    live: LiveTable
    columns: tuple[Column, ...]
    logs: Logs
    cut: Halves
    most: int
    now: datetime
    expectations: bool = True
    places: Mapping[str, Place] = field(default_factory=dict, repr=False)
    others: Mapping[str, Sequence[tuple[str, ColumnKind]]] = field(default_factory=dict)
    known: frozenset[Meaning] = frozenset()


@dataclass(frozen=True, slots=True)
class RowSuggestions:
    """What rows suggest, how much of them was looked at, and what was held out."""

    proposals: tuple[Proposal, ...]
    dropped: tuple[Dropped, ...]
    looked: Looked
    halves: Halves


def run_job(job: Job) -> RowSuggestions:
    """Look into a table; UnreadableError when its rows cannot be read."""
    sample = sampled(job.live.table, job.live.files, job.most)
    if not sample.rows.num_rows:
        raise UnreadableError(f"{job.table.name} holds no rows", "try again when it has some")
    return _Work(job, sample).done()


class _Work:
    def __init__(self, job: Job, sample: Sample) -> None:
        self.job, self.sample, cut = job, sample, job.cut
        total = job.live.rows
        self.looked = Looked(
            sample.rows.num_rows, sample.files, sample.of, total == sample.rows.num_rows
        )
        versions = sample.rows.column(ADDED[1])
        self.cut = cut
        if cut.first is not None:
            is_newer = pc.greater_equal(versions, pa.scalar(cut.first, pa.int64()))
            self.newer = sample.rows.filter(is_newer)
            self.older = sample.rows.filter(pc.invert(is_newer))
            if not self.newer.num_rows or not self.older.num_rows:
                self.cut = Halves(None, reason="the sample has no rows of its newest commits")
        others = OtherTables(job.places, job.now)
        last = Version(job.live.version, job.live.at)
        self.trials = Trials(job.table, known_kinds(), others, last)
        self.forms = Forms(job.expectations)

    def done(self) -> RowSuggestions:
        rows = self.sample.rows
        found = profiles(rows, self.job.logs.all)
        key, why = row_rules.key_columns(
            self.job.table.name, self.job.columns, self.job.live.predicates, rows
        )
        proposals = self._proposed(found, rows, key)
        if key and ("unique", *sorted(key)) not in self.job.known:
            proof, holds = proof_of(self.job.live, key, self.looked)
            proposal = row_rules.unique(key, why, proof)
            if holds:
                proposals.append(proposal)
            else:
                self.trials.drop(proposal, proof)
        if self.cut.first is not None:
            proposals = self._tried(proposals, found, key)
        held = self.trials.holding(proposals, rows)
        return RowSuggestions(
            tuple(_first_of_meaning(held)), tuple(self.trials.dropped), self.looked, self.cut
        )

    def _proposed(
        self, found: Sequence[Profile], rows: pa.Table, key: Sequence[str], wide: int = 0
    ) -> list[Proposal]:
        """What some rows suggest, but for keys."""
        parts: list[Iterable[Proposal]] = []
        for one in found:
            shares = _shares(rows, one.name) if one.nulls else ()
            parts += (
                row_rules.set_values(one, self.looked, self.forms, key, shares),
                number_rules.bounds(one, self.forms, wide),
                text_rules.texts(one, self.forms, wide),
                row_rules.past_times(one, self.job.now),
            )
        parts.append(row_rules.ordered(found, rows))
        parts.append(row_rules.references(found, self.job.table.name, self.job.others))
        every = [proposal for part in parts for proposal in part]
        return [one for one in every if one.meaning not in self.job.known]

    def _tried(
        self, proposals: Sequence[Proposal], found: Sequence[Profile], key: Sequence[str]
    ) -> list[Proposal]:
        """The proposals with their alarms, as the older part would have had them; those with too
        many are widened once, or dropped."""
        past = profiles(self.older, self.job.logs.older)
        keys = [one for one in proposals if one.meaning[0] == "unique"]
        old = self._judged([*self._proposed(past, self.older, key), *keys])
        wider = [one for one in self._proposed(past, self.older, key, wide=1) if one.wide]
        wide = self._judged(wider)
        widened = {one.id: one for one in self._proposed(found, self.sample.rows, key, wide=1)}
        kept = []
        for proposal in proposals:
            settled = self._settled(proposal, old, wide, widened)
            if settled is not None:
                kept.append(settled)
        return kept

    def _judged(self, old: Sequence[Proposal]) -> Mapping[str, tuple[Proposal, bool]]:
        """By id: proposals of the older part with their alarms, and whether their values move."""
        if not old:
            return {}
        told = judged_newer(self.trials, old, self.newer, self.cut, self.job.logs.newer)
        moving = drifting(self.trials, old, self.newer)
        return {one.id: (one, place in moving) for place, one in enumerate(told)}

    def _settled(
        self,
        proposal: Proposal,
        old: Mapping[str, tuple[Proposal, bool]],
        wide: Mapping[str, tuple[Proposal, bool]],
        widened: Mapping[str, Proposal],
    ) -> Proposal | None:
        before = old.get(proposal.id)
        if before is None:
            if proposal.learned:
                self.trials.drop(proposal, "the older part of the history did not suggest it")
                return None
            return proposal
        alarms, moves = before[0].alarms, before[1]
        assert alarms is not None
        if moves:
            self.trials.drop(proposal, "its values move: newer ones go beyond all before them")
            return None
        if alarms.few:
            return replace(proposal, alarms=alarms)
        told = f"it would have failed on {alarms.failed:,} of {alarms.of:,} newer commits"
        again = wide.get(proposal.id)
        if again is not None and again[0].wide and proposal.id in widened:
            second = again[0].alarms
            if second is not None and second.few:
                note = f"Widened once more: as it was before, {told}."
                return replace(widened[proposal.id], alarms=second).because(note)
            told += ", also when widened"
        self.trials.drop(proposal, told)
        return None


def _shares(rows: pa.Table, name: str) -> list[float]:
    """The shares of set values of a column in the commits that have enough rows."""
    part = rows.select([name, ADDED[1]])
    return [
        1 - commit.column(name).null_count / commit.num_rows
        for _, commit in by_version(part)
        if commit.num_rows >= _BATCH
    ]


def _first_of_meaning(proposals: Sequence[Proposal]) -> list[Proposal]:
    found: dict[Meaning, Proposal] = {}
    for proposal in proposals:
        found.setdefault(proposal.meaning, proposal)
    return list(found.values())
