"""Bad rows that leave for the quarantine, and what of them may be shown."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from checks.core import Check, Finding, Verdict
from checks.rows.outcome import failed
from checks.rows.statements import form_of

if TYPE_CHECKING:
    import pyarrow as pa

_LONGEST = 200


class Quarantine(Protocol):
    """Where bad rows are written; every method raises UnreadableError."""

    def select(self, sql: str, parameters: Mapping[str, Any]) -> "Iterator[pa.RecordBatch]":
        """The rows of a statement's result, in batches; as `Rows.query` otherwise."""
        ...

    def write(
        self, check: Check, reason: str, bad: "Callable[[], Iterator[pa.RecordBatch]]"
    ) -> int:
        """Append rows, those left out that were written before; how many are new there.

        `bad` gives the rows anew whenever it is called. They may have the column `_commit_version`;
        without it they are of the version judged.
        """
        ...


def columns(check: Check, known: Sequence[str]) -> list[str]:
    """The columns of bad rows that may be written; ValueError when the form names unknown ones."""
    quarantine = form_of(check).quarantine
    if quarantine is None:
        return list(known)
    names = {name.casefold() for name in known}
    unknown = [n for n in (*quarantine.drop, *quarantine.mask) if n.casefold() not in names]
    if unknown:
        # A typing error must not let through what was to be hidden.
        raise ValueError(f"quarantine hides the column {unknown[0]!r}, which the table lacks")
    dropped = {name.casefold() for name in quarantine.drop}
    return [name for name in known if name.casefold() not in dropped]


def told(check: Check, verdict: Verdict, rows: int | None, error: Exception | None) -> Finding:
    """The finding of a check whose bad rows were written, or could not be."""
    if error is None:
        return Finding(check.id, verdict, rows)
    why = failed(error)
    text = f"{why.reason}; {why.mend}" if why.mend else why.reason
    return Finding(check.id, replace(verdict, detail={**verdict.detail, "quarantine": text}), rows)


def shown(check: Check, rows: Sequence[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """Rows as samples: plain values for JSON, what the quarantine hides hidden here too."""
    form = form_of(check)
    hidden = form.quarantine
    dropped = {name.casefold() for name in hidden.drop} if hidden else set()
    masked = {name.casefold() for name in hidden.mask} if hidden else set()
    return tuple(
        {
            name: "***" if name.casefold() in masked and value is not None else _plain(value)
            for name, value in row.items()
            if name.casefold() not in dropped
        }
        for row in rows[: form.samples]
    )


def _plain(value: Any) -> Any:
    """A value that JSON can hold, and that fits on a line."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value[:_LONGEST]]
    text = str(value) if isinstance(value, str | Decimal) else repr(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
