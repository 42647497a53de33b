"""Secrets are references in the configuration, resolved late, and shown never.

A reference is `env:NAME` or `file:PATH`. The value lives in a `Secret`, which prints as asterisks;
only `reveal()` gives it up, at the one place that hands it to a client.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from monitors.errors import SecretError

SCHEMES = ("env", "file")
MASK = "********"


@dataclass(frozen=True, slots=True)
class Secret:
    """A reference to a secret; its value is read on demand and never kept in text form."""

    reference: str

    def __post_init__(self) -> None:
        scheme, _, rest = self.reference.partition(":")
        if scheme not in SCHEMES or not rest:
            # The text may be the secret itself, so it must not be repeated.
            raise SecretError(
                "a secret must be a reference, not the value itself",
                "write env:NAME or file:PATH",
            )

    def reveal(self) -> str:
        """The value; raises SecretError when the variable or the file is missing or empty."""
        scheme, _, rest = self.reference.partition(":")
        value = os.environ.get(rest) if scheme == "env" else _content(Path(rest))
        if not value:
            what = f"environment variable {rest}" if scheme == "env" else f"file {rest}"
            raise SecretError(f"secret {self.reference}: {what} is missing or empty", f"set {what}")
        return value

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"Secret({MASK})"


def _content(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError:
        return None
