"""Columns by their dotted paths, as people write them; case does not count, as in Spark."""

import re

Path = tuple[str, ...]

_PART = re.compile(r"(?:`((?:[^`]|``)+)`|([^.`]+))(\.|$)")


def parsed(text: str) -> Path:
    """The parts of a path; a name with a dot stands in backticks. ValueError when it is none.

    >>> parsed("address.city"), parsed("`a.b`.c")
    (('address', 'city'), ('a.b', 'c'))
    """
    parts, at = [], 0
    while match := _PART.match(text, at):
        quoted, plain, dot = match.groups()
        parts.append(plain or quoted.replace("``", "`"))
        at = match.end()
        if not dot:
            return tuple(parts)
    raise ValueError(f"{text!r} is no column; write for example id, address.city or `a.b`.c")


def folded(path: Path) -> Path:
    """A path by which columns are found whatever the case of their letters."""
    return tuple(part.casefold() for part in path)
