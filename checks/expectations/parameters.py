"""`$PARAMETER`: bounds that are learned from what a check observed before."""

from collections.abc import Mapping
from typing import Any

from checks.rows.core import LEARNED_LOWER, LEARNED_UPPER

_WORD = "$PARAMETER"


def name_of(value: object) -> str | None:
    """The parameter that stands for a value; None where the value stands for itself."""
    if isinstance(value, Mapping) and set(value) == {_WORD}:
        return str(value[_WORD])
    return None


def named(arguments: Mapping[str, Any]) -> frozenset[str]:
    """The parameters of some arguments, as they must be learned.

    A check with `mostly` observes the share of unexpected rows, so the least share of expected
    ones follows from the greatest of those.
    """
    return frozenset(
        _learned(key, name) for key, value in arguments.items() if (name := name_of(value))
    )


def _learned(key: str, name: str) -> str:
    return {LEARNED_LOWER: LEARNED_UPPER}.get(name, name) if key == "mostly" else name


def filled(
    arguments: Mapping[str, Any], parameters: Mapping[str, float | None]
) -> tuple[dict[str, Any], bool]:
    """The arguments with the values of their parameters, and whether all of these are known.

    An argument whose parameter has not been learned yet is left out.
    """
    found, known = dict(arguments), True
    for key, value in arguments.items():
        name = name_of(value)
        if name is None:
            continue
        learned = parameters.get(_learned(key, name))
        if learned is None:
            known = False
            del found[key]
        else:
            found[key] = min(max(1 - learned, 0.0), 1.0) if key == "mostly" else learned
    return found, known


def example(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with some value for each parameter, to try them."""
    return {
        key: value if name_of(value) is None else (1.0 if key == "mostly" else 0)
        for key, value in arguments.items()
    }
