"""Definitions from a few words."""

from datetime import UTC, datetime
from typing import Any

from monitors.core import Column, Definition

AT = datetime(2026, 3, 1, 6, tzinfo=UTC)


def column(text: str) -> Column:
    """A column from `path type`, then perhaps `required` or `id=physical`."""
    path, kind, *more = text.split()
    ids = [word.removeprefix("id=") for word in more if word.startswith("id=")]
    return Column(tuple(path.split(".")), kind, "required" not in more, "".join(ids))


def defined(*columns: str, version: int = 1, **more: Any) -> Definition:
    """A definition with some columns; everything else as of a table with nothing special."""
    values: dict[str, Any] = {"at": AT, "table_id": "id-1", **more}
    return Definition(version=version, columns=tuple(map(column, columns)), **values)
