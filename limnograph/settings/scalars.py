"""Plain scalars: what their text means, and what it must not hold."""

import math
import re
import unicodedata
from typing import Any

_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})?\.[0-9]{1,30}([eE][-+]?[0-9]{1,3})?")
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TEMPLATE = re.compile(r"\$\{\s*([A-Za-z_][A-Za-z0-9_]*)?|^\$([A-Za-z_][A-Za-z0-9_]*)$|\{\{")


def value_of(text: str) -> Any:
    """The value of a plain scalar as in YAML 1.2: None, a boolean, a number, else its text.

    >>> [value_of(text) for text in ("", "true", "42", "no", "1:30", "007")]
    [None, True, 42, 'no', '1:30', '007']
    """
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and math.isfinite(number := float(text)):
        return number
    return text


def templated(text: str) -> str | None:
    """What to say of text that expects to be filled in from the environment, else None."""
    match = _TEMPLATE.search(text)
    if match is None:
        return None
    name = match[1] or match[2] or "NAME"
    return (
        f"templates are not filled in; write the value itself, or for a secret the reference "
        f"env:{name}"
    )


def unprintable(text: str) -> bool:
    """Whether text holds a control character other than tab and newline, or half a character."""
    if text.isprintable():
        return False
    return any(c not in "\t\n" and unicodedata.category(c) in ("Cc", "Cs") for c in text)


def kind_of(value: object) -> str:
    """A value in words that give nothing away: its kind only."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    for kind, name in ((int | float, "a number"), (str, "text"), (dict, "a mapping")):
        if isinstance(value, kind):
            return name
    return "a list"


def described(value: object) -> str:
    """A value in words: text and numbers as they are, shortened; else its kind."""
    if isinstance(value, str):
        return repr(value if len(value) <= 60 else f"{value[:57]}...")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"the number {value}"
    return kind_of(value)
