"""Parts of markdown that several documents share."""

import re

_CODE = re.compile(r"((?<!`)`(?!`)[^`]+(?<!`)`(?!`))")


def row(*cells: str) -> str:
    """One line of a markdown table."""
    return f"| {' | '.join(cells)} |"


def cell(text: str) -> str:
    """Text that cannot end a table cell early or start markup of its own."""
    # Within code only a bar means anything; every second part is code.
    parts = (_escaped(part, n % 2 == 1) for n, part in enumerate(_CODE.split(text)))
    return " ".join("".join(parts).split())


def _escaped(text: str, code: bool) -> str:
    for mark in "|" if code else "\\|*<[":
        text = text.replace(mark, f"\\{mark}")
    return text
