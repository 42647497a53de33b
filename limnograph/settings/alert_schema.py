"""The stanza `alerts` as it was understood, and its JSON Schema."""

from typing import Any

from checks.core import Severity
from limnograph.settings.alert_forms import (
    LINK_FIELDS,
    MATCHERS,
    AlertSettings,
    Channel,
    Route,
    RouteForm,
    known_channels,
)
from limnograph.settings.references import is_reference, looks_secret
from monitors.secrets import MASK


def document(settings: AlertSettings) -> dict[str, Any]:
    """The stanza as plain values, in the shape of the file; secrets are their references."""
    shown: dict[str, Any] = {"link": settings.link} if settings.link else {}
    return {
        **shown,
        "channels": {name: _shown_channel(one) for name, one in settings.channels.items()},
        "routes": [_shown_route(route) for route in settings.routes],
    }


def _shown_channel(channel: Channel) -> dict[str, Any]:
    fields = channel.form.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {"type": channel.kind.name, **_masked(fields)}


def _masked(value: Any, name: str = "") -> Any:
    """Fields of a form, of which one that looks secret and is no reference is masked."""
    if isinstance(value, dict):
        return {key: _masked(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item, name) for item in value]
    if isinstance(value, str) and value and looks_secret(name) and not is_reference(value):
        return MASK
    return value


def _shown_route(route: Route) -> dict[str, Any]:
    patterns = {name: list(getattr(route, name)) for name in MATCHERS if getattr(route, name)}
    severity = {} if route.severity is Severity.INFO else {"severity": str(route.severity)}
    more = {"continue": True} if route.go_on else {}
    return {**severity, **patterns, "to": list(route.to), **more}


def json_schema() -> tuple[dict[str, Any], dict[str, Any]]:
    """The schema of the stanza, and the definitions that it refers to.

    A channel is chosen by its type, so that an editor tells of one form and not of all of them.
    """
    kinds = known_channels()
    definitions: dict[str, Any] = {}
    for kind in kinds.values():
        schema = kind.form.model_json_schema(ref_template=f"#/$defs/channel.{kind.name}.{{model}}")
        for model, definition in schema.pop("$defs", {}).items():
            definitions[f"channel.{kind.name}.{model}"] = definition
        schema["description"] = kind.summary
        schema["properties"] = {"type": {"const": kind.name}, **schema["properties"]}
        definitions[f"channel.{kind.name}"] = schema
    definitions["Channel"] = {
        "type": "object",
        "required": ["type"],
        "properties": {"type": {"enum": list(kinds)}},
        "allOf": [
            {
                "if": {"properties": {"type": {"const": name}}},
                "then": {"$ref": f"#/$defs/channel.{name}"},
            }
            for name in kinds
        ],
    }
    route = RouteForm.model_json_schema(by_alias=True)
    for name in (*MATCHERS, "to"):
        field = route["properties"][name]
        words = {key: field.pop(key) for key in ("title", "description", "default") if key in field}
        route["properties"][name] = {**words, "anyOf": [field, {"type": "string", "minLength": 1}]}
    definitions["Route"] = route
    properties = {
        "link": {
            "type": "string",
            "pattern": "^https?://",
            "description": "Template of the one link of a message; its fields are "
            + ", ".join(f"{{{name}}}" for name in LINK_FIELDS)
            + ".",
        },
        "channels": {
            "type": "object",
            "additionalProperties": {"$ref": "#/$defs/Channel"},
            "description": "Ways to tell somebody, by name.",
        },
        "routes": {
            "type": "array",
            "items": {"$ref": "#/$defs/Route"},
            "description": "Which messages go to which channels; asked in order, the first that "
            "fits decides unless it says continue.",
        },
    }
    schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return schema, definitions
