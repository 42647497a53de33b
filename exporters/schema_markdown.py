"""How a table is defined and what changed it, as markdown for a ticket or a page of a wiki."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from exporters.markdown import cell, row
from exporters.schema_text import done_by, facts, happened, lines
from exporters.wording import moment
from monitors.delta.evolution.types import dotted


def to_markdown(document: Mapping[str, Any], now: datetime) -> str:
    """A schema document as one markdown document."""
    return "\n".join(_lines(document, now)) + "\n"


def _lines(document: Mapping[str, Any], now: datetime) -> Iterator[str]:
    yield f"# {cell(document['table'] or document['uri'])}"
    for problem in document["problems"]:
        yield ""
        mend = f" Mend: {cell(problem['mend'])}." if problem["mend"] else ""
        yield f"**{problem['state']}** {cell(problem['what'])}: {cell(problem['reason'])}.{mend}"
    if document["version"] is not None:
        yield ""
        for name, value in facts(document, now):
            yield f"- {name}: {cell(value)}"
        yield from _columns(document)
        yield from _properties(document["properties"])
    if document.get("history"):
        yield from _history(document["history"])


def _columns(document: Mapping[str, Any]) -> Iterator[str]:
    yield from ("", "## Columns", "", row("Column", "Type", "Note"), row("---", "---", "---"))
    for line in lines(document):
        yield row(cell(dotted(line.path)), cell(line.type), line.note)


def _properties(properties: Mapping[str, str]) -> Iterator[str]:
    if properties:
        yield from ("", "## Properties", "", row("Name", "Value"), row("---", "---"))
        for name, value in properties.items():
            yield row(cell(name), cell(value))


def _history(history: list[Mapping[str, Any]]) -> Iterator[str]:
    yield from ("", "## History", "", row("Version", "Time (UTC)", "By", "What changed"))
    yield row("---:", "---", "---", "---")
    for entry in history:
        at = moment(datetime.fromisoformat(entry["at"]))
        what = "<br>".join(cell(sentence) for sentence in happened(entry))
        yield row(str(entry["version"]), at, cell(done_by(entry)), what)
