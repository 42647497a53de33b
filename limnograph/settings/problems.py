"""What is wrong with a configuration: one line per problem, all of them at once."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Protocol

Path = tuple[str | int, ...]
"""Where a value is in the document: keys of mappings, positions in lists."""

# What follows the first odd character of a key may be a value, even a secret one, that stands
# there because a space after the colon is missing.
_PLAIN_KEY = re.compile(r"<<|[\w.-]{0,64}")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A problem and its place; line and column count from 1, line 0 is the file as a whole."""

    file: str
    line: int
    column: int
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return ": ".join(part for part in (place, self.field, self.message) if part)


def field_path(path: Path) -> str:
    """A path as people write it; positions in lists count from 0.

    >>> field_path(("tables", 2, "owner"))
    'tables[2].owner'
    """
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{_shown(part)}" if text else _shown(part)
    return text


def _shown(key: str) -> str:
    match = _PLAIN_KEY.match(key)
    plain = match[0] if match else ""
    return plain if plain == key and key else f"{plain}…"


def near(word: str, words: Iterable[str]) -> str | None:
    """The word most like another, in any case; None when none is close.

    >>> near("onwer", ["name", "owner"])
    'owner'
    """
    by_lower = {w.lower(): w for w in words}
    found = get_close_matches(word.lower(), by_lower, n=1)
    return by_lower[found[0]] if found else None


def did_you_mean(word: str, words: Iterable[str], otherwise: str) -> str:
    """A question that names the closest word, else the other advice."""
    closest = near(word, words)
    return f"did you mean {closest!r}?" if closest else otherwise


class Positions(Protocol):
    """What a report needs of a document."""

    @property
    def file(self) -> str: ...

    def position(self, path: Path) -> tuple[int, int]: ...


@dataclass(slots=True)
class Report:
    """Collects the problems of one document; of several at one path, the first is the cause."""

    document: Positions
    problems: list[Problem] = field(default_factory=list)
    _paths: set[Path] = field(default_factory=set)

    def add(self, path: Path, message: str) -> None:
        """Note a problem at a path, unless that path already has one."""
        if path not in self._paths:
            self._paths.add(path)
            self.problems.append(self.problem(path, message))

    def problem(self, path: Path, message: str) -> Problem:
        """A problem at a path, without noting it."""
        line, column = self.document.position(path)
        return Problem(self.document.file, line, column, field_path(path), message)

    def has(self, path: Path) -> bool:
        """Whether a path already has a problem."""
        return path in self._paths

    def merge(self, path: Path, problem: Problem) -> None:
        """Take over a problem that was placed elsewhere."""
        self._paths.add(path)
        self.problems.append(problem)
