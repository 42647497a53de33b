"""What one check would read, by which lake and at what cost, before anything is read."""

from typing import Any

from checks.core import Check, Kind
from checks.expectations.form import ExpectationForm
from checks.forms import RowForm
from exporters.checks_text import fields
from exporters.verdicts import SCHEMA_VERSION, one_json
from exporters.wording import count, plural, size, span
from limnograph.judged import newest
from limnograph.service import Service
from limnograph.settings.resolved import CheckSettings, TableSettings
from monitors.core import TableSource
from monitors.errors import UnreadableError


async def explanation(
    service: Service, table: TableSettings, settings: CheckSettings
) -> dict[str, Any]:
    """One JSON document; reads the table's log, and none of its data."""
    check, kind = table.check(settings), service.settings.kinds[settings.kind]
    made = newest(service.store, [table], service.clock())
    over_rows = kind.judge is None
    reads, cost = await _of_rows(service, table, check) if over_rows else _of_stored(service, table)
    return {
        "schema_version": SCHEMA_VERSION,
        "id": check.full_id,
        "summary": _summary(check, kind),
        "type": check.type,
        "kind": check.kind,
        "fields": fields(check),
        "severity": str(check.severity),
        "owner": check.owner,
        "tags": list(check.tags),
        "lake": table.lake,
        "reads": reads,
        "cost": cost,
        "schedule": str(settings.schedule or table.schedule),
        "incident": _patience(check),
        "verdicts": [one_json(one) for one in made.judged if one.check.id == check.id],
    }


def _summary(check: Check, kind: Kind) -> str:
    if check.description:
        return check.description
    if isinstance(check.form, ExpectationForm):
        from checks.expectations import catalogue

        return str(catalogue.schema(check.type).get("description", kind.summary))
    return kind.summary


def _of_stored(service: Service, table: TableSettings) -> tuple[str, str]:
    facts = len(service.store.facts(table.subject.id))
    return (
        f"what is stored of the table: {plural(facts, 'commit')}, its gauges and its definitions",
        "no read of the lake beyond that of its monitors",
    )


async def _of_rows(service: Service, table: TableSettings, check: Check) -> tuple[str, str]:
    whole = isinstance(check.form, RowForm) and check.form.rows == "all"
    seen = service.store.seen([table.subject.id]).get((table.subject.id, check.monitor))
    cursor = seen.cursor if seen else None
    position = cursor.position if cursor else None
    source: TableSource = service.lake.open(table, None, _no_states, service.clock())
    try:
        tail = await source.tail(position)
    except UnreadableError as error:
        return f"the table cannot be read: {error.reason}", error.mend or "unknown"
    snapshot = tail.snapshot
    everything = f"{count(snapshot.rows)} rows in {size(snapshot.size_bytes)}"
    if whole or position is None or tail.recreated:
        why = "" if whole else ", as it was never judged before"
        return f"every live row of version {snapshot.version}{why}", everything
    data = [commit for commit in tail.commits if commit.changes_data]
    if not data:
        return "nothing: there are no new rows since it was last judged", "none"
    added = [commit.bytes_added for commit in data]
    known = None if None in added else sum(one or 0 for one in added)
    feed = "the change feed of" if snapshot.feed else "the files added by"
    return (
        f"{feed} {plural(len(data), 'commit')}, up to version {snapshot.version}",
        f"about {size(known)}; only the columns that it names",
    )


async def _no_states() -> dict[str, Any]:
    return {}


def _patience(check: Check) -> str:
    patience = check.patience
    parts = []
    if patience.duration:
        parts.append(f"when it has not passed for {span(patience.duration)}")
    if patience.of > 1:
        parts.append(f"when {patience.fails} of its last {patience.of} verdicts do not pass")
    return " and ".join(parts) or "as soon as it does not pass"
