"""Parts of markdown that several documents share."""


def row(*cells: str) -> str:
    """One line of a markdown table."""
    return f"| {' | '.join(cells)} |"


def cell(text: str) -> str:
    """Text that cannot end a table cell early or start markup of its own."""
    for mark in ("\\", "|", "*", "<", "["):
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())
