"""Which tables a command is about: `--only` and `--exclude` by name, tag or owner."""

from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from typing import Protocol


class Selectable(Protocol):
    """What a pattern can be about."""

    @property
    def name(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def tags(self) -> tuple[str, ...]: ...


def selection(
    only: Sequence[str] | None, exclude: Sequence[str] | None
) -> Callable[[Selectable], bool]:
    """A test for tables: any of `only`, if there are some, and none of `exclude`.

    >>> from limnograph.settings.resolved import TableSettings
    >>> wanted = selection(["*.bronze.*"], ["tag:slow"])
    >>> wanted(TableSettings("main.bronze.posts", "/lake/posts"))
    True
    >>> wanted(TableSettings("main.bronze.posts", "/lake/posts", tags=("slow",)))
    False
    """

    def wanted(table: Selectable) -> bool:
        included = not only or any(matches(pattern, table) for pattern in only)
        return included and not any(matches(pattern, table) for pattern in exclude or ())

    return wanted


def matches(pattern: str, table: Selectable) -> bool:
    """Whether a pattern is about a table; `*` and `?` are wildcards, case counts."""
    kind, colon, rest = pattern.partition(":")
    if colon and kind == "tag":
        return any(fnmatchcase(tag, rest) for tag in table.tags)
    if colon and kind == "owner":
        return fnmatchcase(table.owner, rest)
    return fnmatchcase(table.name, rest if colon and kind == "table" else pattern)
