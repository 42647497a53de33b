"""The JSON Schema of a table's checks: for each type its own fields, the expectations included."""

from collections.abc import Mapping
from typing import Any

from checks.core import Kind
from checks.expectations import catalogue
from checks.expectations.form import ExpectationForm
from checks.forms import CheckForm
from limnograph.settings.checks import OFF


def check_schemas(kinds: Mapping[str, Kind]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of `checks`, and the definitions that it refers to.

    A check is chosen by its type, so that an editor tells of one form and not of all of them.
    """
    definitions: dict[str, Any] = {}
    for kind in kinds.values():
        if kind.form is not ExpectationForm:
            definitions[f"check.{kind.name}"] = _form(kind.form, kind.summary, definitions)
    common = _form(ExpectationForm, "", definitions)["properties"]
    common.pop("arguments")
    for name in catalogue.names():
        definitions[f"check.{name}"] = _expectation(name, common)
    types = [name.removeprefix("check.") for name in definitions if name.startswith("check.")]
    item = {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"enum": [*types, OFF]}},
        "allOf": [
            {
                "if": {"properties": {"type": {"const": name}}},
                "then": {"$ref": f"#/$defs/check.{name}"},
            }
            for name in types
        ],
    }
    definitions["Check"] = item
    return {"type": "array", "items": {"$ref": "#/$defs/Check"}}, definitions


def _form(form: type[CheckForm], summary: str, definitions: dict[str, Any]) -> dict[str, Any]:
    schema = form.model_json_schema(ref_template="#/$defs/of_checks/{model}", by_alias=True)
    shared = definitions.setdefault("of_checks", {})
    shared.update(schema.pop("$defs", {}))
    if summary:
        schema["description"] = summary
    schema["properties"]["type"] = {"type": "string"}
    return schema


def _expectation(name: str, common: Mapping[str, Any]) -> dict[str, Any]:
    own = catalogue.schema(name)
    return {
        "title": name,
        "description": own.get("description", ""),
        "type": "object",
        "additionalProperties": False,
        "required": ["type", *own.get("required", ())],
        "properties": {**common, **own.get("properties", {})},
    }
