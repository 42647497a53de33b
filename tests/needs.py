"""Real components that tests need: their absence fails in CI and is skipped loudly elsewhere."""

import os
from typing import NoReturn

import pytest

MARK = "NOT tested"
"""In every message, so that `tests/conftest.py` finds them for the summary."""


def need(what: str, found: object, mend: str) -> None:
    """Go on if a component was found; else fail in CI, and skip the test elsewhere.

    `mend` says how to get it.
    """
    if not found:
        missing(what, mend)


def missing(what: str, mend: str) -> NoReturn:
    """Fail or skip: a component is not there."""
    message = f"{what} is missing, so this is {MARK}; {mend}"
    if os.environ.get("CI") == "true":
        pytest.fail(message, pytrace=False)
    pytest.skip(message)
