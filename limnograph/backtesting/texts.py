"""Texts of a file as messages show them."""

LONGEST = 60  # characters


def shown(text: str) -> str:
    """A text within quotation marks, escaped, and not longer than a line can bear.

    >>> shown("x" * 1000 + "\\n")[-5:]
    "xxx…'"
    """
    return repr(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")
