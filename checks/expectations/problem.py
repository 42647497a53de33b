"""Why an expectation cannot be evaluated, in words for a verdict."""

import difflib
import re
from collections.abc import Iterable

from checks.core import Verdict

_LONGEST = 300
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_TYPES = {"str", "int", "float", "bool", "bytes", "NoneType", "dict", "list", "tuple"}
_TYPES |= {"date", "datetime", "datetime.date", "datetime.datetime", "Timestamp", "Decimal"}
_TYPES |= {"decimal.Decimal", "numpy.ndarray", "<", ">", "<=", ">=", "==", "!="}


class Unfit(Exception):
    """An expectation that does not fit the table: the reason, and the mend."""

    def __init__(self, reason: str, mend: str = "") -> None:
        super().__init__(reason)
        self.reason, self.mend = reason, mend

    def verdict(self) -> Verdict:
        """The check could not be evaluated."""
        return Verdict.error(self.reason, self.mend)


def missing(name: str, known: Iterable[str]) -> Unfit:
    """A column that the table does not have."""
    columns = list(known)
    near = difflib.get_close_matches(name, columns, n=3)
    if near:
        mend = f"did you mean {' or '.join(repr(column) for column in near)}?"
    else:
        mend = f"the table has {', '.join(columns[:20])}{', ...' if len(columns) > 20 else ''}"
    return Unfit(f"the table has no column {name!r}", mend)


def safe(message: str, known: Iterable[str]) -> str:
    """The first line of the library's message without what it quotes, which may be a row's value;
    names of types and columns stay.
    """
    lines = message.strip().splitlines()
    allowed = _TYPES.union(known)

    def shown(match: re.Match[str]) -> str:
        return match[0] if match[0][1:-1] in allowed else "'...'"

    return _QUOTED.sub(shown, lines[0] if lines else "")[:_LONGEST]
