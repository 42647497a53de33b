"""The form of an expectation: what every check over rows has, and its own arguments."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from checks.forms import RowForm


class ExpectationForm(RowForm):
    """An expectation of great-expectations."""

    arguments: Mapping[str, Any] = Field(
        default_factory=dict, description="The expectation's own arguments."
    )
    max_rows: int = Field(
        default=1_000_000,
        ge=1,
        description="Most rows of an expectation that needs all rows at once.",
    )
