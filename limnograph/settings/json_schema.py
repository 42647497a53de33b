"""The JSON Schema of the configuration, for editors: the forms, and every monitor's own fields."""

from collections.abc import Mapping
from typing import Any

from checks.core import Kind
from limnograph.settings.alerts import json_schema as alerts_schema
from limnograph.settings.check_schema import check_schemas
from limnograph.settings.models import File, StoreForm
from monitors.core import Monitor

DIALECT = "https://json-schema.org/draft/2020-12/schema"
# What layer two asks of a table.
_IDENTIFIED = {
    "oneOf": [
        {"required": ["name", "uri"], "not": {"required": ["glob"]}},
        {"required": ["glob"], "not": {"anyOf": [{"required": ["name"]}, {"required": ["uri"]}]}},
    ]
}
_FORMS_OF_TABLES = ("Defaults", "Table")
_FORMS_OF_THE_STORE = ("StoreForm", "Retention", "MetricRetention")
_FORMS = ("Http", "Run", "Metrics", *_FORMS_OF_TABLES, *_FORMS_OF_THE_STORE)


def json_schema(known: Mapping[str, Monitor], kinds: Mapping[str, Kind]) -> dict[str, Any]:
    """A schema of draft 2020-12 with the stanzas of these monitors and kinds of checks."""
    schema = {**File.model_json_schema(), "title": "limnograph"}
    definitions: dict[str, Any] = schema["$defs"]
    _describe_store(schema, known)
    stanzas = _stanzas(known, definitions)
    checks, of_checks = check_schemas(kinds)
    definitions.update(of_checks)
    for name in _FORMS_OF_TABLES:
        definitions[name]["properties"]["monitors"].update(stanzas)
        definitions[name]["properties"]["checks"].update(checks)
    alerts, of_alerts = alerts_schema()
    schema["properties"]["alerts"].update(alerts)
    definitions.update(of_alerts)
    definitions["Table"].update(_IDENTIFIED)
    definitions["Metrics"]["properties"]["families"]["items"] = {"enum": _opt_in(known)}
    for form in (schema, *(definitions[name] for name in _FORMS)):
        _allow_empty(form)
    return {"$schema": DIALECT, **schema}


def _describe_store(schema: dict[str, Any], known: Mapping[str, Monitor]) -> None:
    """The store is text, or a form that may name any gauge."""
    form = StoreForm.model_json_schema()
    schema["$defs"].update(form.pop("$defs"), StoreForm=form)
    gauges = [m.name for monitor in known.values() for m in monitor.metrics if m.kind == "gauge"]
    form["properties"]["metrics"]["propertyNames"] = {"enum": gauges}
    store = schema["properties"]["store"]
    store["anyOf"] = [{"type": store.pop("type")}, {"$ref": "#/$defs/StoreForm"}]


def _opt_in(known: Mapping[str, Monitor]) -> list[str]:
    return [m.name for monitor in known.values() for m in monitor.metrics if m.opt_in]


def _stanzas(known: Mapping[str, Monitor], definitions: dict[str, Any]) -> dict[str, Any]:
    properties = {}
    for name, monitor in known.items():
        if monitor.scope != "table":
            continue
        stanza = monitor.config.model_json_schema(ref_template=f"#/$defs/{name}.{{model}}")
        for model, definition in stanza.pop("$defs", {}).items():
            definitions[f"{name}.{model}"] = definition
        # Required fields may come from the defaults, so no single stanza needs them.
        stanza.pop("required", None)
        stanza.update(title=name, description=monitor.summary)
        _allow_empty(stanza)
        definitions[name] = stanza
        properties[name] = {
            "anyOf": [{"$ref": f"#/$defs/{name}"}, {"type": ["boolean", "null"]}],
            "description": monitor.summary,
        }
    return {"additionalProperties": False, "properties": properties}


def _allow_empty(form: dict[str, Any]) -> None:
    """Let every field that need not be there be empty."""
    for name, field in form.get("properties", {}).items():
        if name not in form.get("required", ()) and {"type": "null"} not in field.get("anyOf", ()):
            words = {
                key: field.pop(key) for key in ("title", "description", "default") if key in field
            }
            form["properties"][name] = {**words, "anyOf": [field.copy(), {"type": "null"}]}
