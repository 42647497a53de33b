"""Trying checks of what is stored: each is judged at the moments of the past, by its own kind."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

from checks.core import Check, Kind, Status
from limnograph.settings.resolved import TableSettings
from limnograph.suggesting.halves import HELD_OUT, LEAST_COMMITS
from limnograph.suggesting.log_past import LogPast
from limnograph.suggesting.proposal import Alarms, Dropped, Meaning, Proposal, check_of
from limnograph.suggesting.stored_rules import freshness, growing, schema, volume
from limnograph.suggesting.yaml_lines import can_be_written

MOMENTS = 300
"""So many of the newest commits before which a check is judged."""

_DAY = timedelta(days=1)
_JUST = timedelta(microseconds=1)
Rule = Callable[[LogPast, int], Iterable[Proposal]]


@dataclass(frozen=True, slots=True)
class StoredSuggestions:
    """Checks of what is stored, and those that are not suggested after all."""

    proposals: tuple[Proposal, ...]
    dropped: tuple[Dropped, ...]


def suggested(
    table: TableSettings,
    kinds: Mapping[str, Kind],
    past: LogPast,
    known: frozenset[Meaning] = frozenset(),
) -> StoredSuggestions:
    """What the past of a table suggests, and how often it would have been a false alarm."""
    work = _Work(table, kinds, past, known)
    rules: tuple[Rule, ...] = (
        lambda at, _: schema(at),
        freshness,
        volume,
        lambda at, _: growing(at),
    )
    found = [proposal for rule in rules for proposal in work.settled(rule)]
    return StoredSuggestions(tuple(found), tuple(work.dropped))


@dataclass(slots=True)
class _Work:
    table: TableSettings
    kinds: Mapping[str, Kind]
    past: LogPast
    known: frozenset[Meaning]
    dropped: list[Dropped] = field(default_factory=list)

    def settled(self, rule: Rule) -> list[Proposal]:
        """What a rule suggests in the end; of each meaning the first that holds."""
        found: dict[Meaning, Proposal] = {}
        for proposal in rule(self.past, 0):
            if proposal.meaning in found or proposal.meaning in self.known:
                continue
            best = self._bearable(rule, proposal)
            if best is not None and self._holds(best):
                found[best.meaning] = best
        return list(found.values())

    def _bearable(self, rule: Rule, proposal: Proposal) -> Proposal | None:
        """The proposal with its alarms, widened if it has to be; None where that does not help."""
        alarms = self._alarms(rule, proposal, 0)
        if alarms is None or alarms.few:
            return replace(proposal, alarms=alarms)
        told = f"it would have failed on {alarms.failed:,} of {alarms.of:,} {alarms.unit}s"
        for wider in rule(self.past, 1) if proposal.learned else ():
            if wider.id != proposal.id or not wider.wide:
                continue
            again = self._alarms(rule, proposal, 1)
            if again is None or again.few:
                note = f"Widened once: as it was before, {told}."
                return replace(wider, alarms=again).because(note)
            told += ", also when widened"
        self.dropped.append(Dropped(proposal.id, proposal.type, told))
        return None

    def _alarms(self, rule: Rule, like: Proposal, wide: int) -> Alarms | None:
        """What the older commits' check says of the newer ones; None where they are too few."""
        changes = self.past.changes
        if len(changes) < LEAST_COMMITS:
            return None
        out = max(1, round(HELD_OUT * len(changes)))
        newer, before = changes[-out:], changes[-out - 1]
        days = (newer[-1] - before) / _DAY
        before_then = rule(self.past.at(before), wide)
        old = next((one for one in before_then if _is_like(one, like)), None)
        check = None if old is None else check_of(old, self.table, self.kinds)[0]
        if check is None:
            return None
        if check.kind == "volume":
            return self._flagged(check, before)
        failed = self._failing(check, newer[-MOMENTS:])
        return Alarms(failed, len(newer[-MOMENTS:]), days)

    def _flagged(self, check: Check, before: datetime) -> Alarms | None:
        """Spells of slots that were out of bounds, among those of the newer commits."""
        from checks.volume.backtest import backtest
        from checks.volume.form import VolumeForm
        from checks.volume.series import series, tuning

        assert isinstance(check.form, VolumeForm)
        known = series(check.form, self.past)
        judged = backtest(known.times, known.values, tuning(check, check.form, self.past))
        newer = [one for one in judged if one.at >= before]
        if not newer:
            return None
        flags = [False, *(one.flag for one in newer)]
        spells = sum(now and not last for last, now in pairwise(flags))
        grain = check.form.grain
        days = len(newer) / (24 if grain == "hour" else 1)
        return Alarms(spells, len(newer), days, f"newer {grain}")

    def _holds(self, proposal: Proposal) -> bool:
        """Whether a check passes now, and did before each of the newest commits."""
        check, why = check_of(proposal, self.table, self.kinds)
        if check is None or not can_be_written(proposal):
            why = why or "it holds characters that cannot be written in YAML"
            self.dropped.append(Dropped(proposal.id, proposal.type, why))
            return False
        judge = self.kinds[check.kind].judge
        assert judge is not None
        verdict = judge(check, self.past)[0]
        if verdict.status is not Status.PASS:
            told = f"{verdict.status}: {verdict.reason}"
            self.dropped.append(Dropped(proposal.id, proposal.type, told))
            return False
        if check.kind == "volume" or not (
            failed := self._failing(check, self.past.changes[-MOMENTS:])
        ):
            return True
        told = f"it would have failed before {failed:,} commits of its own history"
        self.dropped.append(Dropped(proposal.id, proposal.type, told))
        return False

    def _failing(self, check: Check, moments: Sequence[datetime]) -> int:
        """How often a check fails just before each of some commits, and after the last one."""
        judge = self.kinds[check.kind].judge
        assert judge is not None
        begin = self.past.facts[0].at
        failed = 0
        for at in moments:
            # Of a freshness check, what counts is the silence before a commit; of the others, the
            # commit itself.
            moment = at - _JUST if check.kind == "freshness" else at
            if moment <= begin:
                continue
            verdicts = judge(check, self.past.at(moment))
            failed += any(one.status in (Status.FAIL, Status.ERROR) for one in verdicts)
        return failed


def _is_like(one: Proposal, other: Proposal) -> bool:
    """Whether two proposals are of one form: some have a weaker one under the same id."""
    return one.id == other.id and {"forbid"} & set(one.fields) == {"forbid"} & set(other.fields)
