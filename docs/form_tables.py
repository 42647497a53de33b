"""Forms as tables of their fields, from their JSON Schemas."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from checks.forms import DURATION
from exporters.markdown import cell, row

_WORDS = {"string": "text", "integer": "whole number", "boolean": "true or false"}
_FEW = 8

Links = Mapping[str, str]
"""The markdown link to each form, by the name of its definition."""


def fields(form: Mapping[str, Any], links: Links, without: Collection[str] = ()) -> str:
    """The fields of a form, one line each; those named in `without` are left out."""
    lines = [row("Field", "Type", "Default", "What it is"), row(*["---"] * 4)]
    required = form.get("required", ())
    for name, field in form["properties"].items():
        if name not in without:
            default = "required" if name in required else _default(field)
            kind = " or ".join(dict.fromkeys(_types(field, links)))
            lines.append(row(f"`{name}`", kind, default, _text(field.get("description", ""))))
    return "\n".join(lines) + "\n"


def anchor(title: str) -> str:
    """Where a heading is found on its page."""
    return re.sub(r"[^\w-]", "", title.lower().replace(" ", "-"))


def _text(description: str) -> str:
    """A description as a cell; within code nothing needs to be escaped but a bar."""
    escaped = cell(description)
    return re.sub(r"`[^`]*`", lambda code: code[0].replace(r"\<", "<"), escaped)


def _default(field: Mapping[str, Any]) -> str:
    value = field.get("default")
    if value in (None, "", [], {}) or isinstance(value, Mapping):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _types(field: Mapping[str, Any], links: Links) -> Iterator[str]:
    """What a field may hold, in words, with links to the forms."""
    kinds = field.get("type", ())
    if "$ref" in field:
        yield links[field["$ref"].rpartition("/")[2]]
    elif "const" in field:
        yield f"`{field['const']}`"
    elif "enum" in field:
        # A symbol stands for one of the words.
        values = [value for value in field["enum"] if re.search(r"\w", str(value))]
        yield " or ".join(f"`{value}`" for value in values) if len(values) <= _FEW else "name"
    elif field.get("pattern") == DURATION:
        yield "duration"
    elif kinds == "array":
        yield "list of " + " or ".join(dict.fromkeys(_types(field.get("items", {}), links)))
    elif kinds == "object":
        yield _mapping(field, links)
    elif kinds:
        every = [kinds] if isinstance(kinds, str) else kinds
        yield from (_WORDS.get(kind, kind) for kind in every if kind != "null")
    else:
        for one in field.get("anyOf", ()):
            yield from _types(one, links)


def _mapping(field: Mapping[str, Any], links: Links) -> str:
    """A mapping whose keys are names; of the forms below it, the links."""
    below = (field.get("additionalProperties"), *field.get("properties", {}).values())
    kinds = [kind for one in below if isinstance(one, Mapping) for kind in _types(one, links)]
    found = re.findall(r"\[.*?\]\(\S*?\)", " ".join(kinds))
    return f"mapping: {', '.join(dict.fromkeys(found))}" if found else "mapping"
