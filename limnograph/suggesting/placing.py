"""Put checks into a table's stanza and leave every other byte of the file as it is."""

import copy
import re
from collections.abc import Sequence
from typing import Any

from limnograph.proposals.adding import Configuration, Standing, index_of
from limnograph.proposals.places import Place, Uneditable, tree
from limnograph.proposals.splicing import Item, with_item
from limnograph.suggesting.proposal import Proposal
from limnograph.suggesting.yaml_lines import items, values
from monitors.errors import ConfigError

_STEP = "  "


def with_checks(
    configuration: Configuration, where: Standing, written: str, proposals: Sequence[Proposal]
) -> bytes:
    """The file with more checks of a declared table, or of one that a glob finds, which gets a
    stanza of its own.

    ConfigError when the result would not be right, or would change anything else.
    """
    try:
        text, expected = configuration.text, copy.deepcopy(configuration.values)
        index = index_of(where.table)
        if not where.declared:
            stanza = _stanza(where, written)
            text = with_item(text, Item(stanza, {}))
            expected["tables"].append(stanza)
            index = len(expected["tables"]) - 1
        text = spliced(text, index, proposals)
        stanza = dict(expected["tables"][index])
        stanza["checks"] = [*(stanza.get("checks") or ()), *values(proposals)]
        expected["tables"][index] = stanza
        return configuration.rewritten(text, expected)
    except Uneditable as error:
        shown = "\n".join(["checks:", *items(proposals, _STEP, _STEP * 2)])
        raise ConfigError(
            f"{configuration.path}: cannot be edited in place: {error}; "
            f"add this to {where.name} by hand:\n{shown}"
        ) from None


def _stanza(where: Standing, written: str) -> dict[str, Any]:
    own = copy.deepcopy(dict(where.own))
    rest = {key: value for key, value in own.items() if key not in ("name", "uri", "glob")}
    if rest.get("checks"):
        raise Uneditable(f"{where.place}: the glob that finds the table has checks of its own")
    return {"name": where.name, "uri": written, **rest}


def spliced(text: str, index: int, proposals: Sequence[Proposal]) -> str:
    """The text with more checks in the stanza at a place of the list of tables."""
    tables = tree(text).get("tables")
    if tables is None or tables.kind != "sequence" or index >= len(tables.items):
        raise Uneditable("its list of tables is not written out")
    stanza = tables.items[index]
    if stanza.kind != "mapping" or stanza.flow:
        raise Uneditable("the table is written in braces, or as an alias")
    checks = stanza.get("checks")
    if checks is None:
        dash = " " * stanza.column + _STEP
        lines = [f"{' ' * stanza.column}checks:", *items(proposals, dash, dash + _STEP)]
        return _inserted(text, _after_comments(text, stanza.last, stanza.column - 1), lines)
    if (checks.kind == "scalar" and checks.empty) or _is_empty_list(checks):
        dash = " " * stanza.column + _STEP
        text, at = _without(text, checks)
        return _inserted(text, at, items(proposals, dash, dash + _STEP))
    if checks.kind == "sequence" and not checks.flow:
        dash = " " * checks.column
        return _inserted(
            text,
            _after_comments(text, checks.last, checks.column),
            items(proposals, dash, dash + _STEP),
        )
    raise Uneditable("the checks of the table are written in brackets, or as an alias")


def _is_empty_list(checks: Place) -> bool:
    return checks.kind == "sequence" and checks.flow and not checks.items


def _without(text: str, value: Place) -> tuple[str, int]:
    """The text without an empty value, and where the next line starts then."""
    start = value.start
    while start and text[start - 1] in " \t":
        start -= 1
    text = text[:start] + text[value.end :]
    return text, _next_line(text, start)


def _inserted(text: str, at: int, lines: Sequence[str]) -> str:
    end = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"
    body = end.join(lines)
    broken = at and text[at - 1] != "\n"
    new = f"{end}{body}" if broken else f"{body}{end}"
    return text[:at] + new + text[at:]


def _next_line(text: str, at: int) -> int:
    if at and text[at - 1] == "\n":
        return at  # the end of a block of text is the start of a line
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _after_comments(text: str, at: int, column: int) -> int:
    """The next line after the comments that belong to what ends at `at`, being deeper."""
    at = _next_line(text, at)
    while match := re.compile(r"([ ]*)#[^\n]*(?:\n|$)").match(text, at):
        if len(match[1]) <= column:
            break
        at = match.end()
    return at
