"""What is wrong with expectations as their own classes see it; takes seconds, runs in a worker."""

from collections.abc import Mapping, Sequence
from typing import Any

from checks.expectations import catalogue
from checks.expectations.arguments import Problem
from checks.expectations.parameters import example
from checks.expectations.problem import safe

# The library tries each form of a condition and complains of all of them.
_CONDITION = (
    "is no condition of great-expectations; write text such as 'amount > 0', or a mapping such as "
    "{type: comparison, column: {name: amount}, operator: '>', parameter: 0}"
)


def validate(stanzas: Sequence[tuple[str, Mapping[str, Any]]]) -> list[list[Problem]]:
    """The problems of each expectation (type and arguments): paths of arguments, and messages.

    An expectation whose arguments are wrong by its schema has only those problems.
    """
    return [_problems(kind, arguments) for kind, arguments in stanzas]


def _problems(kind: str, arguments: Mapping[str, Any]) -> list[Problem]:
    if reason := catalogue.refused(kind):
        return [((), reason)]
    if kind not in catalogue.names():
        return [((), f"{kind} is no expectation of the installed great-expectations")]
    if found := catalogue.problems(kind, arguments):
        return found
    from checks.expectations.library import built

    try:
        built(kind, example(arguments))
    except Exception as error:  # pydantic's ValidationError, or what a validator of it raises
        return _mapped(error, arguments)
    return []


def _mapped(error: Exception, arguments: Mapping[str, Any]) -> list[Problem]:
    """The problems of a validation, without the branches of unions that pydantic tried."""
    details = getattr(error, "errors", None)
    if details is None:
        return [((), safe(str(error), arguments))]
    found: dict[tuple[str | int, ...], list[str]] = {}
    for problem in details():
        parts = [part for part in problem["loc"] if part != "__root__"]
        where = tuple(parts[:1]) if parts and parts[0] in arguments else ()
        if where == ("row_condition",):
            found[where] = [_CONDITION]
            continue
        found.setdefault(where, []).append(safe(problem["msg"], arguments))
    return [(path, "; or ".join(dict.fromkeys(texts))) for path, texts in found.items()]
