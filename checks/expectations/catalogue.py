"""What can be expected: every expectation, its arguments, and how it is evaluated.

Read from `catalogue.json`, which is made from the installed great-expectations
(`checks.expectations.registry`), so that nothing heavy is imported to read a configuration.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from checks.expectations import arguments as argument_rules

FILE = Path(__file__).with_name("catalogue.json")

Problem = argument_rules.Problem

COLUMN_ARGUMENTS = ("column", "column_A", "column_B", "column_list", "column_set")


def names() -> tuple[str, ...]:
    """The types that can be used, in order."""
    return tuple(_catalogue()["runnable"])


def refusals() -> tuple[str, ...]:
    """The types that cannot be used, in order."""
    return tuple(_catalogue()["refused"])


def refused(type: str) -> str | None:
    """Why an expectation cannot be used here, and what to write instead; None where it can."""
    reason = _catalogue()["refused"].get(type)
    return None if reason is None else f"{type} {reason}"


def summary(type: str) -> str:
    """What an expectation expects, in one sentence; KeyError for an unknown type."""
    return str(_entry(type)["summary"])


def evaluation(type: str) -> str:
    """How it is evaluated: `row-wise`, `aggregable`, `whole-set` or `schema`."""
    return str(_entry(type)["evaluation"])


def arguments(type: str) -> tuple[str, ...]:
    """The names of an expectation's arguments."""
    return tuple(_entry(type)["schema"]["properties"])


def columns(type: str) -> tuple[str, ...]:
    """The arguments whose values are names of columns."""
    return tuple(name for name in COLUMN_ARGUMENTS if name in arguments(type))


def schema(type: str) -> dict[str, Any]:
    """The JSON schema (draft 2020-12) of an expectation's arguments; it holds no references."""
    found: dict[str, Any] = _entry(type)["schema"]
    return found


def problems(type: str, arguments: Mapping[str, Any]) -> list[Problem]:
    """What is wrong with the arguments of an expectation: the path of each, and a message with
    the mend. KeyError for an unknown type.
    """
    return argument_rules.problems(schema(type), arguments)


def _entry(type: str) -> dict[str, Any]:
    found: dict[str, Any] = _catalogue()["runnable"][type]
    return found


@cache
def _catalogue() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    return found
