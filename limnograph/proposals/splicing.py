"""Put lines into a YAML text and leave every other byte of it as it is.

ruamel.yaml tells where everything is; the new lines follow the indentation, the blank lines and the
line ends of the file. Whether the result means what it should is for the caller to check.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from limnograph.proposals.places import Place, Uneditable, tree
from limnograph.proposals.writing import Evidence, comment, mapping, scalar

_DEEPER = "  "


@dataclass(frozen=True, slots=True)
class _Edit:
    """Text to put in place of what lies from `start` to `end`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """A stanza to add: its entries, the evidence of its keys, and notes to stand below them."""

    entries: Mapping[str, Any]
    evidence: Evidence
    notes: Sequence[str] = ()

    def lines(self, dash: str, inner: str) -> list[str]:
        """The stanza as an item of a list in lines; `inner` is the indentation of its keys."""
        first, *rest = mapping(self.entries, self.evidence, inner)
        return [dash + "-" + first[len(dash) + 1 :], *rest, *comment(self.notes, inner)]


def with_item(text: str, item: Item) -> str:
    """The text with one more table at the end of its list; Uneditable when that cannot be told."""
    end_of_line = _line_end(text)
    root = tree(text)
    tables = root.get("tables") if root.kind == "mapping" else None
    if tables is None:
        edits = [_new_list(text, root, item)]
    elif tables.kind == "sequence" and tables.flow:
        edits = _in_flow_list(text, root, tables, item)
    elif tables.kind == "sequence":
        edits = [_in_list(text, tables, item)]
    elif tables.kind == "scalar" and tables.empty:
        edits = [_below(text, root, tables, item)]
    else:
        raise Uneditable("its list of tables is an alias or no list")
    return _applied(text, edits, end_of_line)


def with_settings(text: str, index: int, entries: Mapping[str, Any], item: Item) -> str:
    """The text with more settings in the stanza of a table; `item` has their evidence and notes."""
    tables = tree(text).get("tables")
    if tables is None or tables.kind != "sequence" or index >= len(tables.items):
        raise Uneditable("its list of tables is not written out")
    edits = _into(text, tables.items[index], entries, item.evidence, ())
    return _applied(text, edits, _line_end(text))


def _line_end(text: str) -> str:
    return "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"


def _applied(text: str, edits: Sequence[_Edit], end_of_line: str) -> str:
    # From the end, so that places stay true; what goes to one place keeps its order.
    for _, edit in sorted(enumerate(edits), key=lambda e: (e[1].start, e[0]), reverse=True):
        new = edit.text.replace("\n", end_of_line)
        text = text[: edit.start] + new + text[edit.end :]
    return text


def _new_list(text: str, root: Place, item: Item) -> _Edit:
    if root.kind == "mapping" and root.flow:
        raise Uneditable("it is written in braces, without tables")
    if not (root.kind == "mapping" or root.empty):
        raise Uneditable("it is no mapping")
    if root.kind == "mapping" and root.column:
        raise Uneditable("its keys are indented")
    before = "" if not text or text.endswith("\n") else "\n"
    lines = ["tables:", *item.lines(_DEEPER, _DEEPER * 2)]
    return _Edit(len(text), len(text), before + "".join(f"{line}\n" for line in lines))


def _below(text: str, root: Place, tables: Place, item: Item) -> _Edit:
    """Fill a list that has nothing after its colon."""
    dash = " " * root.column + _DEEPER
    lines = item.lines(dash, dash + _DEEPER)
    return _lines_at(text, _end_of_line(text, tables.end), lines)


def _in_list(text: str, tables: Place, item: Item) -> _Edit:
    last, dash = tables.items[-1], " " * tables.column
    inner = " " * last.column if last.kind == "mapping" and not last.flow else dash + _DEEPER
    lines = item.lines(dash, inner)
    if re.search(r"\n[ \t]*\r?\n", text[tables.start : last.start]):
        lines = ["", *lines]
    return _lines_at(text, _after_comments(text, last.last, tables.column), lines)


def _in_flow_list(text: str, root: Place, tables: Place, item: Item) -> list[_Edit]:
    flow = scalar(item.entries)
    if not tables.items:
        inside = text[tables.start + 1 : tables.end - 1]
        if inside.strip() or root.flow:
            return [_Edit(tables.start + 1, tables.start + 1, flow)]
        # An empty list gives way to one in lines, which has room for the evidence.
        start = tables.start
        while start and text[start - 1] in " \t":
            start -= 1
        emptied = _Edit(start, tables.end, "")
        return [emptied, _below(text, root, tables, item)]
    last = tables.items[-1]
    line_start = text.rfind("\n", 0, last.start) + 1
    rest = re.match(r"[ \t]*(,?)[ \t]*(#[^\r\n]*)?\r?\n", text[last.end :])
    if rest is None or text[line_start : last.start].strip():
        return [_Edit(last.end, last.end, f", {flow}")]
    indent = text[line_start : last.start]
    above = [note for notes in item.evidence.values() for note in notes]
    lines = [*comment((*above, *item.notes), indent), f"{indent}{flow}{rest[1]}"]
    at = _lines_at(text, _end_of_line(text, last.end), lines)
    return [at] if rest[1] else [_Edit(last.end, last.end, ","), at]


def _into(
    text: str, place: Place, entries: Mapping[str, Any], evidence: Evidence, at: tuple[str, ...]
) -> list[_Edit]:
    if place.kind != "mapping":
        raise Uneditable("a part of the table's stanza is an alias")
    edits, new = [], {}
    for key, value in entries.items():
        there = place.get(key)
        if there is None:
            new[key] = value
        elif there.kind == "mapping" and isinstance(value, Mapping):
            edits += _into(text, there, value, evidence, (*at, key))
        elif there.kind == "scalar" and (there.empty or there.text.lower() == "true"):
            space = "" if text[there.start - 1 : there.start].isspace() else " "
            edits.append(_Edit(there.start, there.end, space + scalar(value)))
        else:
            raise Uneditable(f"its {'.'.join((*at, key))} is an alias or written otherwise")
    if new:
        below = {path[len(at) :]: why for path, why in evidence.items() if path[: len(at)] == at}
        edits.append(_new_keys(text, place, new, below))
    return edits


def _new_keys(text: str, place: Place, new: Mapping[str, Any], evidence: Evidence) -> _Edit:
    if place.flow:
        inner = scalar(new)[1:-1]
        if place.keys:
            return _Edit(place.last, place.last, f", {inner}")
        return _Edit(place.start + 1, place.start + 1, inner)
    lines = mapping(new, evidence, " " * place.column)
    return _lines_at(text, _after_comments(text, place.last, place.column - 1), lines)


def _lines_at(text: str, at: int, lines: Sequence[str]) -> _Edit:
    """Whole lines at the start of a line, or at the end of a text without a last line end."""
    body = "\n".join(lines)
    broken = at and text[at - 1] != "\n"
    return _Edit(at, at, f"\n{body}" if broken else f"{body}\n")


def _end_of_line(text: str, at: int) -> int:
    """Where the next line starts, or the end of the text."""
    if at and text[at - 1] == "\n":
        return at  # the end of a block of text is the start of a line
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _after_comments(text: str, at: int, column: int) -> int:
    """The next line after those comments that belong to what ends at `at`, being deeper."""
    at = _end_of_line(text, at)
    while match := re.compile(r"([ ]*)#[^\n]*(?:\n|$)").match(text, at):
        if len(match[1]) <= column:
            break
        at = match.end()
    return at
