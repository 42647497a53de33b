"""What a replay did, as text for people and as a JSON document for programs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from exporters.wording import UNKNOWN, count, plural, size
from limnograph.replay.memory import Document
from limnograph.replay.plan import Lost, ranges
from limnograph.replay.results import Ending, ReplayResult, TableReplay

_SHOWN = 20
"""Lines of a kind for each table; JSON has all."""


def to_text(result: ReplayResult) -> str:
    """A line for all, one for each table, and below it what is not as it was stored."""
    lines = [_dry_summary(result) if result.dry_run else _summary(result)]
    for table in result.tables:
        lines += _table(table)
    return "".join(f"{line}\n" for line in lines)


def to_json(result: ReplayResult) -> dict[str, Any]:
    """The document; `versions` and `lost` are runs from a first to a last version."""
    return {
        "schema_version": 1,
        "run": result.run,
        "dry_run": result.dry_run,
        "from": result.start,
        "to": result.end,
        "started_at": _time(result.started),
        "ended_at": _time(result.ended),
        "requests": result.cost.requests,
        "bytes": result.cost.bytes,
        "tables": [_document(table) for table in result.tables],
    }


def _document(table: TableReplay) -> dict[str, Any]:
    foreseen = table.foreseen
    return {
        "table": table.table,
        "outcome": str(table.ending),
        "reason": table.reason or None,
        "mend": table.mend or None,
        "monitors": list(table.monitors),
        "refused": [asdict(refusal) for refusal in table.refusals],
        "versions": [list(run) for run in ranges(table.versions)],
        "commits": len(table.versions),
        "recomputed": table.done,
        "resumed": table.resumed,
        "unchanged": table.unchanged,
        "added": [{"what": one["what"], "version": one["version"]} for one in table.added],
        "changed": [_without(one, "added", "kept") for one in table.changed],
        "kept": [_without(one, "added", "changed") for one in table.kept],
        "not_readable": [asdict(lost) for lost in table.lost],
        "events": list(table.events),
        "newer": table.newer,
        "requests": table.cost.requests,
        "bytes": table.cost.bytes,
        "seconds": round(table.seconds, 3),
        "estimate": {"requests": foreseen.requests, "bytes": foreseen.bytes} if foreseen else None,
    }


def _without(one: Document, *names: str) -> dict[str, Any]:
    return {name: value for name, value in one.items() if name not in names}


def _summary(result: ReplayResult) -> str:
    took = (result.ended - result.started).total_seconds()
    tables = result.tables
    failed = sum(table.ending is Ending.ERROR for table in tables)
    parts = [
        f"{count(sum(table.done for table in tables))} recomputed",
        f"{count(sum(table.unchanged for table in tables))} unchanged",
        f"{count(sum(len(table.added) for table in tables))} added",
        f"{count(sum(len(table.changed) for table in tables))} changed",
        f"{count(sum(len(table.kept) for table in tables))} kept",
        f"{count(sum(lost.stored for table in tables for lost in table.lost))} no longer readable",
    ]
    text = f"{plural(len(tables), 'table')} in {took:.1f} s: commits {', '.join(parts)}; "
    text += f"{plural(result.cost.requests, 'request')}, {size(result.cost.bytes)}"
    return f"{text}; {plural(failed, 'table')} could not be read" if failed else text


def _dry_summary(result: ReplayResult) -> str:
    tables = result.tables
    commits = sum(len(table.versions) for table in tables)
    requests = sum(table.foreseen.requests for table in tables if table.foreseen)
    volume = sum(table.foreseen.bytes for table in tables if table.foreseen)
    return (
        f"would read {plural(commits, 'commit')} of {plural(len(tables), 'table')}: about "
        f"{plural(requests, 'request')} and {size(volume)} of log, and footers and change data "
        "where the log cannot answer; nothing was written"
    )


def _table(table: TableReplay) -> Iterator[str]:
    yield f"{table.table}  {_done(table)}"
    if table.reason:
        yield f"  {table.reason}"
        yield from [f"  mend: {table.mend}"] if table.mend else []
    if table.ending is not Ending.NOT_ASSESSED:
        for refusal in table.refusals:
            yield f"  {refusal.monitor} left alone: {refusal.reason}"
    yield from _cut("changed", [_changed(one) for one in table.changed])
    yield from _cut("added", [f"{_commit(one)} was not stored" for one in table.added])
    yield from _cut("kept", [_kept(one) for one in table.kept])
    yield from _cut("not readable", [_lost(lost) for lost in table.lost])
    yield from _cut("event", [f"{one['at']} {one['message']}" for one in table.events])
    if table.newer:
        yield f"  {plural(table.newer, 'newer commit')} left to the next cycle, which counts them"


def _done(table: TableReplay) -> str:
    cost = f"{plural(table.cost.requests, 'request')}, {size(table.cost.bytes)}"
    runs = ", ".join(_versions(*run) for run in ranges(table.versions)[:5]) or "no commit"
    if len(ranges(table.versions)) > 5:
        runs += ", …"
    if table.ending is Ending.NOT_ASSESSED:
        return "not replayed"
    if table.ending is Ending.ERROR:
        return f"could not be read; {count(table.done)} of {count(len(table.versions))} recomputed"
    if table.foreseen is not None:
        done = f", {count(table.resumed)} of them done already" if table.resumed else ""
        foreseen = f"{plural(table.foreseen.requests, 'request')}, {size(table.foreseen.bytes)}"
        return f"{runs}: {plural(len(table.versions), 'commit')}{done}; about {foreseen}"
    resumed = f" ({count(table.resumed)} by an earlier call)" if table.resumed else ""
    return (
        f"{runs}: {count(table.done)} recomputed{resumed}, {count(table.unchanged)} unchanged; "
        f"{cost}, {table.seconds:.1f} s"
    )


def _cut(what: str, lines: Sequence[str]) -> Iterator[str]:
    for line in lines[:_SHOWN]:
        yield f"  {what}: {line}"
    if len(lines) > _SHOWN:
        yield f"  {what}: {count(len(lines) - _SHOWN)} more; --output json lists all"


def _commit(one: Document) -> str:
    what = "" if one["what"] == "fact" else f"{one['what']} of "
    return f"{what}v{one['version']} ({one['at']})"


def _changed(one: Document) -> str:
    return _explained(one, _pairs(one["changed"], "before", "after", "->"))


def _kept(one: Document) -> str:
    return _explained(one, _pairs(one["kept"], "stored", "recomputed", "rather than"))


def _pairs(found: Mapping[str, Any], first: str, other: str, word: str) -> str:
    return ", ".join(
        f"{name} {_value(pair[first])} {word} {_value(pair[other])}"
        for name, pair in found.items()
        if name != "reason"
    )


def _explained(one: Document, text: str) -> str:
    return f"{_commit(one)}: {text}" + (f"; {one['why']}" if one["why"] else "")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or value == "":
        return UNKNOWN
    if isinstance(value, int):
        return count(value)
    if isinstance(value, str):
        return value
    return f"({len(value)})"


def _lost(lost: Lost) -> str:
    stay = f"; {plural(lost.stored, 'stored fact')} untouched" if lost.stored else ""
    return f"{_versions(lost.first, lost.last)}: {lost.reason}{stay}"


def _versions(first: int, last: int) -> str:
    return f"v{first}" if first == last else f"v{first} to v{last}"


def _time(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
