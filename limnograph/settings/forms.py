"""Fill out a form from the document: what pydantic finds wrong, in our words and with its place."""

import typing
from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from limnograph.settings.problems import Path, Report, did_you_mean
from limnograph.settings.references import looks_secret
from limnograph.settings.scalars import described, kind_of

F = TypeVar("F", bound=BaseModel)

_QUOTED = "; put it in quotes"
_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "set_type": "a list",
    "frozen_set_type": "a list",
    "dict_type": "a mapping",
    "mapping_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "duration_type": "a duration such as 90s, 15m or 1h",
    "age_type": "an age such as 14d, 8w or 2y",
    "schedule_type": "a duration such as 15m or a line of cron such as '5 * * * *'",
}
_MENDS = {"a list": "; write it in brackets, [a, b]", "a mapping": "; write name: value below it"}
_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}


def mapping(raw: object, at: Path, report: Report) -> dict[str, Any]:
    """The mapping at a path; an empty one, and a problem, when something else is there."""
    if isinstance(raw, dict):
        return raw
    if raw is not None:
        report.add(at, f"expected a mapping, got {kind_of(raw)}{_MENDS['a mapping']}")
    return {}


def fill(form: type[F], raw: object, at: Path, report: Report) -> F:
    """The form filled out with what is right; what is wrong is reported and left empty.

    Every field of the form needs a default, which also stands for a field that is empty.
    """
    fields = mapping(raw, at, report)
    given = {key: value for key, value in fields.items() if value is not None}
    try:
        filled = form.model_validate(given)
    except ValidationError as error:
        wrong = set()
        for details in error.errors(include_url=False):
            wrong.add(details["loc"][0])
            report.add((*at, *details["loc"]), wording(details, form, at))
        filled = form.model_validate({k: v for k, v in given.items() if k not in wrong})
    for key in fields:
        if key not in form.model_fields:
            report.add((*at, key), unknown(key, list(form.model_fields)))
    return filled


def wording(details: ErrorDetails, form: type[BaseModel], at: Path) -> str:
    """What is wrong, what was expected and the mend. A value that may be secret is left out."""
    path = (*at, *details["loc"])
    got, kind, context = shown(details["input"], path), details["type"], details.get("ctx", {})
    if kind == "extra_forbidden":
        return unknown(str(path[-1]), fields_at(form, details["loc"][:-1]))
    if kind == "missing":
        return "is missing; add it"
    if kind == "string_too_short":
        return "is empty; write a value or leave the field out"
    if expected := _EXPECTED.get(kind):
        number = expected == "text" and isinstance(details["input"], int | float)
        return f"expected {expected}, got {got}{_QUOTED if number else _MENDS.get(expected, '')}"
    if kind in _BOUNDS:
        limit, words = _BOUNDS[kind]
        return f"must be {words} {context[limit]}, got {got}"
    if _is_quiet(path):
        return "is not valid here"
    if kind in ("literal_error", "enum"):
        return f"expected {context['expected']}, got {got}"
    message = details["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    return message if kind == "value_error" else message[:1].lower() + message[1:]


def unknown(field: str, valid: list[str]) -> str:
    """That a field does not exist, and the one that was meant, else those that do."""
    otherwise = f"valid here: {', '.join(valid)}" if valid else "remove it"
    return f"unknown field; {did_you_mean(field, valid, otherwise)}"


def shown(value: object, path: Path) -> str:
    """A value in words, only its kind where it may be a secret."""
    return kind_of(value) if _is_quiet(path) else described(value)


def _is_quiet(path: Path) -> bool:
    if path[:1] == ("store",) and path[1:2] in (("retention",), ("metrics",)):
        return False
    return any(
        part in ("store", "storage_options") or looks_secret(part)
        for part in path
        if isinstance(part, str)
    )


def fields_at(form: type[BaseModel], loc: tuple[str | int, ...]) -> list[str]:
    """The fields that are valid at a place inside a form."""
    places: list[type[BaseModel]] = [form]
    for part in loc:
        inner = [place.model_fields[part] for place in places if part in place.model_fields]
        if inner:
            places = [model for info in inner for model in _models_in(info.annotation)]
    return [info.alias or name for place in places for name, info in place.model_fields.items()]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _models_in(argument)
