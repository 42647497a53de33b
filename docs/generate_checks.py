"""The reference page of the kinds of checks, from their forms."""

import inspect
from collections.abc import Mapping
from typing import Any

from checks.core import Kind
from checks.expectations.form import ExpectationForm
from checks.forms import CheckForm, RowForm
from docs.form_tables import anchor, fields
from exporters.markdown import cell, row
from limnograph.settings.check_schema import check_schemas

_TITLES = {
    "Flapping": "flapping",
    "Quarantine": "quarantine",
    "ColumnForm": "columns of a schema",
}
_LINKS = {name: f"[{title}](#{anchor(title)})" for name, title in _TITLES.items()}
_EXPECTATIONS = "[Expectations](expectations.md) has their arguments."


def page(made: str, kinds: Mapping[str, Kind]) -> str:
    """Every kind with the fields that are its own, after those that all have; `made` comes first.

    ValueError when a form has a form of its own that has no title here.
    """
    _, definitions = check_schemas(kinds)
    below: Mapping[str, Any] = definitions["of_checks"]
    if untitled := below.keys() - _TITLES.keys():
        raise ValueError(f"these forms need a title: {', '.join(sorted(untitled))}")
    every, over_rows = CheckForm.model_json_schema(), RowForm.model_json_schema()
    parts = [made, "# Checks\n", _INTRODUCTION, _overview(kinds)]
    parts += ["## Every check\n", _EVERY, fields(every, _LINKS)]
    parts += ["## Every check over rows\n", _ROWS, fields(over_rows, _LINKS, every["properties"])]
    for kind in kinds.values():
        common = RowForm if issubclass(kind.form, RowForm) else CheckForm
        parts += [f"## {kind.name}\n", f"{kind.summary} {_about(kind)}\n"]
        parts += [
            fields(_form(kind, definitions), _LINKS, common.model_json_schema()["properties"])
        ]
    for name, title in _TITLES.items():
        parts += [f"## {title}\n", f"{inspect.cleandoc(below[name]['description'])}\n"]
        parts += [fields(below[name], _LINKS)]
    return "\n".join(parts)


def _overview(kinds: Mapping[str, Kind]) -> str:
    lines = [row("Kind", "Judges from", "What it is"), row(*["---"] * 3)]
    for kind in kinds.values():
        source = "rows" if kind.judge is None else "what is stored"
        lines.append(row(f"[{kind.name}](#{anchor(kind.name)})", source, cell(kind.summary)))
    return "\n".join(lines) + "\n"


def _about(kind: Kind) -> str:
    return _EXPECTATIONS if kind.form is ExpectationForm else f"Written `type: {kind.name}`."


def _form(kind: Kind, definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """The form as it is written; the arguments of an expectation stand beside its fields."""
    if kind.form is not ExpectationForm:
        form: Mapping[str, Any] = definitions[f"check.{kind.name}"]
        return form
    schema = kind.form.model_json_schema()
    own = {name: field for name, field in schema["properties"].items() if name != "arguments"}
    return {**schema, "properties": own}


_INTRODUCTION = """The fields of each kind of check. [How to declare them](../how-to/checks.md)
has an example of each, and [verdicts](../concepts/verdicts.md) says what they answer. A duration is
a number and a unit: `90s`, `15m`, `26h`, `7d`.
"""
_EVERY = """`type: off` with the `id` of a check of the defaults switches that one off for a table.
"""
_ROWS = """These are beside those of every check.
"""
