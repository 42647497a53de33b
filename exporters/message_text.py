"""The words of a message, for every channel: what is told, in which order, cut to what fits.

Every message says observed, expected, since when, last good, owner, and one link; what is not
known says so.
"""

import re

from checks.core import Severity, Status
from exporters.core import Change, Message
from exporters.wording import moment

ELLIPSIS = "…"
NOBODY = "nobody named"
NONE_KNOWN = "none known"
NOT_KNOWN = "not known"
_STATES: dict[str, str] = {
    Status.FAIL: "failing",
    Status.ERROR: "could not be evaluated",
    Status.WARN: "warning",
    Status.PASS: "passing",
    Status.NOT_ASSESSED: "not assessed",
}
# Control characters, halves of characters, and what changes the direction of writing.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]"
)
_URL = re.compile(r"https?://[!#-;=?-\[\]_a-z~]{1,4000}")
_BLANKS = re.compile(r"\s+")


def clean(text: str) -> str:
    """Text without control characters and what turns the direction of writing; lines stay.

    >>> clean("a\\x00b\\u202ec\\r\\nd")
    'abc\\nd'
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _HIDDEN.sub("", text)


def line(text: str) -> str:
    """Text in one line.

    >>> line(" a\\n  b ")
    'a b'
    """
    return _BLANKS.sub(" ", clean(text)).strip()


def units(text: str) -> int:
    """The length in UTF-16 units, which is how receivers may count: an emoji has two.

    >>> units("a"), units("🔴")
    (1, 2)
    """
    return len(text) + sum(c > "\uffff" for c in text)


def cut(text: str, limit: int) -> str:
    """Text of at most `limit` UTF-16 units, with an ellipsis where something was left out.

    >>> cut("abcdef", 4), cut("abcd", 4), cut("🔴🔴🔴", 4)
    ('abc…', 'abcd', '🔴…')
    """
    if units(text) <= limit:
        return text
    kept = text[: limit - 1]
    while (excess := units(kept) - (limit - 1)) > 0:
        kept = kept[: -max(1, excess // 2)]
    return kept.rstrip() + ELLIPSIS


def state(message: Message) -> str:
    """What the message tells of its incident, in one or two words.

    An error is called what it is, and never a failure.
    """
    if message.change in (Change.RESOLVED, Change.TEST, Change.SUMMARY):
        return str(message.change)
    return _STATES.get(message.status) or line(message.status.replace("_", " ")) or NOT_KNOWN


def rank(severity: str) -> int:
    """How bad a severity is, from 0; one that is not known is the least."""
    return Severity(severity).rank if severity in list(Severity) else 0


def facts(message: Message) -> tuple[tuple[str, str], ...]:
    """What every message says, as pairs of a name and its value in plain text."""
    told = [
        ("Observed", line(message.observed) or NOT_KNOWN),
        ("Expected", line(message.expected) or NOT_KNOWN),
        ("Since", f"{moment(message.since)} UTC" if message.since else NOT_KNOWN),
        ("Last good", f"{moment(message.last_good)} UTC" if message.last_good else NONE_KNOWN),
        ("Owner", line(message.owner) or NOBODY),
    ]
    if message.slice:
        told.append(("Slice", line(message.slice)))
    return tuple(told)


def title(message: Message) -> str:
    """The title in one line; where it is empty, what the message is about."""
    return line(message.title) or line(f"{message.table} {message.check}") or "limnograph"


def link(message: Message) -> str:
    """The link, if it is an http or https URL that receivers take; else empty."""
    return message.link if _URL.fullmatch(message.link) else ""
