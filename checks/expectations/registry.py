"""The catalogue of expectations, made from the installed great-expectations.

`python -m checks.expectations.registry` writes `catalogue.json`; a test compares the two.
"""

import json
from collections.abc import Mapping
from typing import Any

from checks.expectations.catalogue import FILE
from checks.expectations.library import implementation, registered
from checks.expectations.wording import AGGREGABLE, ARGUMENTS, REFUSALS, RUNNABLE
from checks.rows.core import LEARNED_LOWER, LEARNED_UPPER


def parameter(*names: str) -> dict[str, Any]:
    """The schema of `{$PARAMETER: name}`."""
    return {
        "type": "object",
        "title": "parameter",
        "required": ["$PARAMETER"],
        "properties": {"$PARAMETER": {"enum": list(names)}},
        "additionalProperties": False,
    }


_NUMBER = {"type": "number"}
_TEXT = {"type": "string", "minLength": 1}
_NAMES = {"type": "array", "items": _TEXT, "minItems": 1}
_SCALAR = {"type": ["string", "number", "boolean"]}
_IGNORED = ["all_values_are_missing", "any_value_is_missing", "never"]
_CONDITION = {"anyOf": [_TEXT, {"type": "object", "required": ["type"]}]}
# Where the library's own schema is too wide, or refuses what the library takes.
_OURS: dict[str, dict[str, Any]] = {
    "allow_relative_error": {"enum": [False, "linear", "lower", "higher", "midpoint", "nearest"]},
    "column_list": _NAMES,
    "column_set": _NAMES,
    "condition_parser": {"enum": ["pandas", "great_expectations"]},
    "json_schema": {"type": "object"},
    "partition_object": {
        "type": "object",
        "required": ["weights"],
        "properties": {
            "weights": {"type": "array", "items": {"type": "number", "minimum": 0}, "minItems": 1},
            "values": {"type": "array", "items": _SCALAR, "minItems": 1},
            "bins": {"type": "array", "items": _NUMBER, "minItems": 2},
            "tail_weights": {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2},
        },
        "additionalProperties": False,
    },
    "quantile_ranges": {
        "type": "object",
        "required": ["quantiles", "value_ranges"],
        "properties": {
            "quantiles": {
                "type": "array",
                "items": {"type": "number", "minimum": 0, "maximum": 1},
                "minItems": 1,
            },
            "value_ranges": {
                "type": "array",
                "items": {
                    "type": "array",
                    "items": {"type": ["number", "null"]},
                    "minItems": 2,
                    "maxItems": 2,
                },
                "minItems": 1,
            },
        },
        "additionalProperties": False,
    },
    "regex_list": _NAMES,
    "row_condition": _CONDITION,
    "type_list": _NAMES,
    "value_pairs_set": {
        "type": "array",
        "items": {
            "type": "array",
            "items": {"type": ["string", "number", "boolean", "null"]},
            "minItems": 2,
            "maxItems": 2,
        },
        "minItems": 1,
    },
    "value_set": {"type": "array", "items": _SCALAR, "minItems": 1},
}
# Without these an expectation passes whatever the rows hold.
_NEEDED = ("column_set", "partition_object", "threshold", "type_list", "regex")


def made() -> dict[str, Any]:
    """The catalogue as the installed library has it: by type, and what is refused.

    ValueError when the library has expectations of which nothing is known here, or lacks some.
    """
    known = {*RUNNABLE, *REFUSALS}
    if unlike := known.symmetric_difference(registered()):
        raise ValueError(f"the installed library and wording.py differ in {sorted(unlike)}")
    return {
        "runnable": {name: _entry(name) for name in sorted(RUNNABLE)},
        "refused": dict(sorted(REFUSALS.items())),
    }


def _entry(name: str) -> dict[str, Any]:
    kind, summary = RUNNABLE[name]
    expectation = implementation(name)
    fields = expectation.schema()["properties"]
    keys = {*expectation.domain_keys, *expectation.success_keys} - {"batch_id"}
    properties = {key: _argument(name, key, fields[key]) for key in fields if key in keys}
    required = set(expectation.schema().get("required", ()))
    required |= {key for key in properties if key in _NEEDED}
    if name == "expect_table_columns_to_match_ordered_list":
        required.add("column_list")
    return {
        "evaluation": kind,
        "summary": summary,
        "schema": {
            "type": "object",
            "description": summary,
            "properties": properties,
            "required": [key for key in properties if key in required],
            "additionalProperties": False,
        },
    }


def _argument(name: str, key: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    if key == "ignore_row_if" and not _enumerated(raw):
        schema: dict[str, Any] = {"enum": _IGNORED}
    elif key == "column_list" and not name.startswith("expect_table"):
        schema = {**_NAMES, "minItems": 2}
    else:
        schema = dict(_OURS.get(key) or _narrowed(raw, name))
    if learnable := _learnable(name, key):
        schema = {"anyOf": [*schema.get("anyOf", [schema]), parameter(*learnable)]}
    found = {"description": ARGUMENTS[key], **schema}
    if "default" in raw and raw["default"] is not None and key not in _NEEDED:
        found["default"] = raw["default"]
    return found


def _learnable(name: str, key: str) -> tuple[str, ...]:
    """The parameters that have a sense here: bounds of the number that the check observes."""
    if key == "mostly":
        return (LEARNED_LOWER,)
    if key == "threshold" and name == "expect_column_kl_divergence_to_be_less_than":
        return (LEARNED_UPPER,)
    bounds = key in ("min_value", "max_value") and RUNNABLE[name][0] == AGGREGABLE
    return (LEARNED_LOWER, LEARNED_UPPER) if bounds else ()


def _enumerated(raw: Mapping[str, Any]) -> bool:
    return "enum" in raw or any("enum" in branch for branch in raw.get("anyOf", ()))


def _narrowed(raw: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The library's schema without its `object`, which stands for any parameter."""
    branches = [dict(branch) for branch in raw.get("anyOf", [raw])]
    words = ("type", "enum", "minimum", "maximum", "minLength", "maxLength")
    plain = [
        {key: branch[key] for key in words if key in branch}
        for branch in branches
        if branch.get("type") != "object" and "format" not in branch
    ]
    dated = any(branch.get("format") == "date" for branch in branches)
    if dated and not name.startswith("expect_table"):
        plain.append(_TEXT)
    return plain[0] if len(plain) == 1 else {"anyOf": plain}


def text() -> str:
    """The catalogue as it is written to its file."""
    return json.dumps(made(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
