"""Declared checks for people and programs: the list of them, and one explained."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from checks.core import Check, Status
from exporters.columns import Column, fitted
from exporters.document_text import facts_grid
from exporters.verdicts import SCHEMA_VERSION, Judged, Verdicts, one_json, plain
from exporters.verdicts_text import STYLES, why, words
from exporters.wording import plural

COLUMNS = (
    Column("Check", folds=True),
    Column("Type", rank=2, folds=True),
    Column("Severity"),
    Column("Owner", rank=1),
    Column("Verdict"),
    Column("Why", rank=3, folds=True),
)


def listed_json(checks: Iterable[Check], verdicts: Verdicts) -> dict[str, Any]:
    """The declared checks as one JSON document, each with its newest verdicts."""
    found = _by_check(verdicts)
    return {
        "schema_version": SCHEMA_VERSION,
        "checks": [
            {
                "id": check.full_id,
                "table": check.subject.name,
                "check": check.id,
                "type": check.type,
                "kind": check.kind,
                "severity": str(check.severity),
                "owner": check.owner,
                "tags": list(check.tags),
                "description": check.description,
                "fields": fields(check),
                "verdicts": [one_json(one) for one in found.get(check.full_id, ())],
            }
            for check in checks
        ],
    }


def listed_text(checks: Sequence[Check], verdicts: Verdicts, console: Console) -> None:
    """A line per declared check, with the worst of its newest verdicts."""
    found = _by_check(verdicts)
    lines = []
    for check in checks:
        # Verdicts are in order, the worst first.
        one = next(iter(found.get(check.full_id, ())), None)
        status = one.status if one else Status.NOT_ASSESSED
        lines.append(
            (
                Text(check.full_id),
                check.type,
                str(check.severity),
                check.owner or "-",
                Text(words(status), style=STYLES[status]),
                why(one) if one else "",
            )
        )
    if lines:
        console.print(fitted(COLUMNS, lines, console.width), crop=False)
    console.print(("\n" if lines else "") + plural(len(lines), "check"), highlight=False)


def fields(check: Check) -> Mapping[str, Any]:
    """The fields of a check that say what it judges, as they were written."""
    common = ("type", "id", "severity", "owner", "tags", "description", "quarantine")
    return {name: plain(value) for name, value in check.written.items() if name not in common}


def explanation_text(document: Mapping[str, Any], console: Console) -> None:
    """What a check would read, and what it said last, for a person."""
    console.print(Text(document["id"], style="bold"))
    console.print(Text(document["summary"]))
    console.print()
    console.print(facts_grid(_facts(document)))


def _facts(document: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    yield "type", document["type"]
    for name, value in document["fields"].items():
        yield name, str(value)
    yield "severity", document["severity"]
    yield "owner", document["owner"] or "-"
    yield "lake", document["lake"]
    yield "reads", document["reads"]
    yield "cost", document["cost"]
    yield "judged", document["schedule"]
    yield "incident", document["incident"]
    for verdict in document["verdicts"]:
        yield "last verdict", f"{verdict['status']} at {verdict['at']}: {verdict['reason']}"


def _by_check(verdicts: Verdicts) -> Mapping[str, list[Judged]]:
    found: dict[str, list[Judged]] = {}
    for one in verdicts.judged:
        found.setdefault(one.check.full_id, []).append(one)
    return found
