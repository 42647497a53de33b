"""What to propose for a table, each setting with its evidence."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from limnograph.proposals import cadence, event_times, keys
from limnograph.proposals.looking import Look
from limnograph.settings.resolved import TableSettings
from monitors import freshness
from monitors.core import EventTime
from monitors.delta.reasons import sentence


@dataclass(frozen=True, slots=True)
class Setting:
    """A value at a path of a stanza, and why."""

    path: tuple[str, ...]
    value: Any
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Settings that a stanza lacks, and notes on what needs none."""

    settings: tuple[Setting, ...] = ()
    notes: tuple[str, ...] = ()


def event_column(look: Look, own: Mapping[str, Any], table: TableSettings) -> str | None:
    """The column that would be proposed as event time; None where that is settled or unknown."""
    if not _open_for_event_time(own, table):
        return None
    choice = event_times.chosen(event_times.candidates(look.columns, look.samples))
    return choice.column if choice else None


def propose(
    look: Look,
    own: Mapping[str, Any],
    table: TableSettings,
    now: datetime,
    name: str,
    *,
    newest: EventTime | None = None,
    scanned: str = "",
) -> Proposal:
    """What a stanza should say beyond `own`, what it says already; `table` is how that resolves.

    `newest` is what the freshness monitor says of the proposed column, `scanned` what a scan said
    of the key.
    """
    parts = (
        _schedule(look, own, table, now),
        _event_time(look, own, table, newest),
        Proposal(notes=(*_history(look, table), *_counts(look), *_key(look, name, scanned))),
    )
    return Proposal(
        tuple(setting for part in parts for setting in part.settings),
        tuple(note for part in parts for note in part.notes),
    )


def _schedule(look: Look, own: Mapping[str, Any], table: TableSettings, now: datetime) -> Proposal:
    times = _data_times(look)
    learned = cadence.learn(times, table.time_zone, now)
    read = f"read every {table.schedule}" if " " not in str(table.schedule) else "read by cron"
    if own.get("schedule") is not None:
        return Proposal()
    if learned is None:
        few = f"{len(times)} commits that changed data are" if len(times) != 1 else "1 commit is"
        return Proposal(notes=(f"schedule: {few} too few to learn from; {read}, as inherited.",))
    why = cadence.sentences(learned, now)
    if learned.schedule == str(table.schedule):
        return Proposal(notes=(*why, f"schedule: {read}, as inherited, which fits."))
    return Proposal((Setting(("schedule",), learned.schedule, why),))


def _event_time(
    look: Look, own: Mapping[str, Any], table: TableSettings, newest: EventTime | None
) -> Proposal:
    if not _open_for_event_time(own, table):
        return Proposal()
    found = event_times.candidates(look.columns, look.samples)
    choice = event_times.chosen(found)
    if choice is None:
        return Proposal(notes=event_times.doubts(found))
    why = event_times.evidence(choice, found)
    if newest is not None and newest.reason:
        why = (*why, f"Now {newest.reason}: {newest.mend}.")
    path = ("monitors", freshness.MONITOR.name, "event_time")
    return Proposal((Setting(path, choice.column, why),))


def _open_for_event_time(own: Mapping[str, Any], table: TableSettings) -> bool:
    """Whether freshness is on and nobody has said anything of an event time."""
    config = table.monitors.get(freshness.MONITOR.name)
    monitors = own.get("monitors")
    stanza = monitors.get(freshness.MONITOR.name) if isinstance(monitors, Mapping) else None
    said = isinstance(stanza, Mapping) and "event_time" in stanza
    return isinstance(config, freshness.Config) and config.event_time is None and not said


def _history(look: Look, table: TableSettings) -> tuple[str, ...]:
    hours = sorted({freshness.slot(at) for at in _data_times(look)})
    if freshness.expectation(hours, table.time_zone) is not None:
        return ("due time: its history is long enough to tell when it is late.",)
    return (
        f"due time: commits in {len(hours)} hours so far; when it is late is known after 10 hours "
        "with commits over two weeks.",
    )


def _counts(look: Look) -> tuple[str, ...]:
    facts = [fact for fact in look.commits if fact.changes_data]
    told = []
    unsure = [fact for fact in facts if not (fact.counted and fact.exact)]
    if facts and not unsure:
        told.append(
            f"rows: the log alone counts all of the newest {len(facts)} commits exactly; "
            f"the change feed is {_on(look)}, and is not needed for them."
        )
    elif unsure:
        operations = Counter(fact.operation or "unknown" for fact in unsure)
        which = ", ".join(f"{number} {name}" for name, number in operations.most_common(3))
        mend = (
            "the change feed is on and is read for them."
            if look.snapshot.feed
            else "the change feed is off; delta.enableChangeDataFeed = true would count such "
            f"commits exactly ({sentence(unsure[-1].reason) or 'the log cannot tell'})."
        )
        told.append(
            f"rows: of the newest {len(facts)} commits the log alone cannot count "
            f"{len(unsure)} exactly ({which}); {mend}"
        )
    if look.bare:
        told.append(
            f"rows: {look.bare} of the newest {look.files} files carry no row count; their Parquet "
            "footers are read for it, so leave run.log_only off."
        )
    return tuple(told)


def _on(look: Look) -> str:
    return "on" if look.snapshot.feed else "off"


def _key(look: Look, name: str, scanned: str) -> tuple[str, ...]:
    key = guess_key(look, name)
    return () if key is None else (keys.sentence(key, scanned),)


def guess_key(look: Look, name: str) -> keys.Key | None:
    """The likely key of a table of that name."""
    return keys.guess(name.rpartition(".")[2].lower(), look.columns, look.predicates)


def _data_times(look: Look) -> Sequence[datetime]:
    return [fact.at for fact in look.commits if fact.changes_data]
