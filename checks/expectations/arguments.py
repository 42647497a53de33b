"""What is wrong with the arguments of an expectation, by its JSON schema and a few more rules.

Messages say the argument's place, what was expected and the mend; they repeat no value, which may
be a secret.
"""

import difflib
import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

Path = tuple[str | int, ...]
Problem = tuple[Path, str]

_MISSING = (
    "the checks that are expectations need great-expectations; "
    "install it with pip install 'limnograph[expectations]'"
)


def problems(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> list[Problem]:
    """The problems of some arguments, in the order of their places."""
    try:
        from jsonschema import Draft202012Validator
    except ImportError:
        return [((), _MISSING)]
    found: dict[Path, str] = {}
    for error in Draft202012Validator(schema).iter_errors(dict(arguments)):
        for path, message in _told(error, schema):
            found.setdefault(path, message)
    for path, message in (*_infinite(arguments, ()), *_more(schema, arguments)):
        if not any(path[: len(known)] == known for known in found):
            found[path] = message
    return sorted(found.items(), key=lambda problem: [str(part) for part in problem[0]])


def _told(error: Any, schema: Mapping[str, Any]) -> Iterator[Problem]:
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        for name in error.instance:
            if name not in known:
                yield (*path, name), _unknown(str(name), known)
    elif error.validator == "required":
        for name in error.validator_value:
            if name not in error.instance:
                what = error.schema.get("properties", {}).get(name, {})
                yield (*path, name), f"is missing; write {expected(what)}"
    elif error.validator == "minItems":
        least = error.validator_value
        yield path, f"has {len(error.instance)} items; write at least {least}"
    elif error.validator == "maxItems":
        yield path, f"has {len(error.instance)} items; write at most {error.validator_value}"
    else:
        yield path, f"expected {expected(error.schema)}, got {_kind(error.instance)}"


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    advice = f"did you mean '{near[0]}'?" if near else f"its arguments are {', '.join(known)}"
    return f"unknown argument; {advice}"


_WORDS = {
    "number": "a number",
    "integer": "a whole number",
    "string": "text",
    "boolean": "true or false",
    "object": "a mapping",
    "array": "a list",
    "null": "null",
}


def expected(schema: Mapping[str, Any]) -> str:
    """What a schema allows, in words.

    >>> expected({"type": "number", "minimum": 0, "maximum": 1})
    'a number from 0 to 1'
    """
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(expected(branch) for branch in schema["anyOf"]))
    if schema.get("title") == "parameter":
        names = schema["properties"]["$PARAMETER"]["enum"]
        return f"{{$PARAMETER: {'|'.join(names)}}}"
    if "enum" in schema:
        return f"one of {', '.join(str(value).lower() for value in schema['enum'])}"
    kinds = schema.get("type", "string")
    words = " or ".join(_WORDS[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds))
    if "minimum" in schema and "maximum" in schema:
        return f"{words} from {schema['minimum']:g} to {schema['maximum']:g}"
    if "minimum" in schema:
        return f"{words} of at least {schema['minimum']:g}"
    if schema.get("type") == "array" and "items" in schema:
        return f"{words} of {_plural(schema['items'])}"
    return words


def _plural(schema: Mapping[str, Any]) -> str:
    if schema.get("type") == "string":
        return "texts"
    return "numbers" if schema.get("type") == "number" else "values"


def _kind(value: object) -> str:
    kinds = {bool: "true or false", str: "text", int: "a number", float: "a number"}
    kinds |= {dict: "a mapping", list: "a list", type(None): "nothing"}
    return kinds.get(type(value), "something else")


def _infinite(value: object, path: Path) -> Iterator[Problem]:
    if isinstance(value, float) and not math.isfinite(value):
        yield path, "is not a finite number; leave it out where there is no bound"
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _infinite(one, (*path, key))
    elif isinstance(value, list | tuple):
        for index, one in enumerate(value):
            yield from _infinite(one, (*path, index))


def _more(schema: Mapping[str, Any], arguments: Mapping[str, Any]) -> Iterator[Problem]:
    """What a JSON schema cannot say."""
    if "min_value" in schema["properties"] and not {"min_value", "max_value"} & set(arguments):
        yield ("min_value",), "is missing; write min_value, max_value or both"
    yield from _bounds(arguments)
    yield from _condition(arguments.get("row_condition"))
    yield from _expressions(arguments)
    yield from _ranges(arguments.get("quantile_ranges"))
    yield from _distribution(arguments.get("partition_object"))
    yield from _schema_problem(arguments.get("json_schema"))


def _bounds(arguments: Mapping[str, Any]) -> Iterator[Problem]:
    least, most = arguments.get("min_value"), arguments.get("max_value")
    for name, bound in (("min_value", least), ("max_value", most)):
        if isinstance(bound, str) and not _is_time(bound):
            yield (name,), "expected a number or a time such as 2026-01-31 or 2026-01-31T06:00:00Z"
    if isinstance(least, int | float) and isinstance(most, int | float) and least > most:
        yield ("max_value",), "is less than min_value; exchange the two"


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _numeric(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _expressions(arguments: Mapping[str, Any]) -> Iterator[Problem]:
    if isinstance(arguments.get("regex"), str):
        yield from _expression(arguments["regex"], ("regex",))
    if isinstance(arguments.get("regex_list"), list):
        for index, one in enumerate(arguments["regex_list"]):
            if isinstance(one, str):
                yield from _expression(one, ("regex_list", index))


def _expression(text: str, path: Path) -> Iterator[Problem]:
    try:
        re.compile(text)
    except re.error as error:
        yield path, f"is no regular expression of Python: {error}"


def _condition(condition: object) -> Iterator[Problem]:
    if isinstance(condition, str) and ("@" in condition or "__" in condition):
        yield ("row_condition",), "may name columns and values only; leave out @ and __"


def _ranges(ranges: object) -> Iterator[Problem]:
    if not isinstance(ranges, Mapping):
        return
    quantiles, bounds = ranges.get("quantiles"), ranges.get("value_ranges")
    if isinstance(quantiles, list) and isinstance(bounds, list) and len(quantiles) != len(bounds):
        counts = f"{len(bounds)} ranges for {len(quantiles)} quantiles"
        yield ("quantile_ranges", "value_ranges"), f"has {counts}; write one for each"


def _distribution(partition: object) -> Iterator[Problem]:
    if not isinstance(partition, Mapping):
        return
    place, weights = ("partition_object",), partition.get("weights")
    values, bins = partition.get("values"), partition.get("bins")
    if (values is None) == (bins is None):
        yield place, "needs either values or bins beside its weights"
        return
    if not isinstance(weights, list) or not all(_numeric(weight) for weight in weights):
        return
    other = values if values is not None else bins
    wanted = len(weights) + (0 if values is not None else 1)
    if isinstance(other, list) and len(other) != wanted:
        name = "values" if values is not None else "bins"
        yield (*place, name), f"has {len(other)} items; {len(weights)} weights need {wanted}"
    tails = partition.get("tail_weights") or []
    if isinstance(tails, list) and all(_numeric(tail) for tail in tails):
        total = sum(weights) + sum(tails)
        if not math.isclose(total, 1, abs_tol=1e-3):
            yield (*place, "weights"), f"add up to {total:g}; they must add up to 1"


def _schema_problem(schema: object) -> Iterator[Problem]:
    if not isinstance(schema, Mapping):
        return
    from jsonschema import SchemaError
    from jsonschema.validators import validator_for

    try:
        validator_for(schema).check_schema(schema)
    except SchemaError as error:
        where = "/".join(str(part) for part in error.absolute_path)
        yield ("json_schema",), f"is no JSON schema{f' at {where}' if where else ''}"
