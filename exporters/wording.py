"""How numbers and times are written for people; unknown is always `?`, never zero."""

from datetime import UTC, datetime

from checks.wording import UNKNOWN, plural, span
from checks.wording import size as known_size

__all__ = ["UNKNOWN", "ago", "count", "moment", "percent", "plural", "signed", "size", "span"]


def count(number: int | None) -> str:
    """A whole number with thousands separators.

    >>> count(1234567), count(None)
    ('1,234,567', '?')
    """
    return UNKNOWN if number is None else f"{number:,}"


def signed(number: int | None) -> str:
    """A difference, with its sign unless it is zero.

    >>> signed(1200), signed(-3), signed(0), signed(None)
    ('+1,200', '-3', '0', '?')
    """
    if number is None:
        return UNKNOWN
    return f"{number:+,}" if number else "0"


def size(number: int | None) -> str:
    """Bytes in decimal units, three digits where there is a fraction.

    >>> size(512), size(2_340_000), size(12_000_000_000), size(-1500), size(None)
    ('512 B', '2.34 MB', '12.0 GB', '-1.50 kB', '?')
    """
    return UNKNOWN if number is None else known_size(number)


def ago(at: datetime | None, now: datetime) -> str:
    """How far a time lies from `now`.

    >>> ago(datetime(2026, 3, 1, 6, tzinfo=UTC), datetime(2026, 3, 1, 8, tzinfo=UTC))
    '2 h ago'
    """
    if at is None:
        return UNKNOWN
    return f"in {span(at - now)}" if at > now else f"{span(now - at)} ago"


def moment(at: datetime | None) -> str:
    """A time in UTC, to the minute.

    >>> moment(datetime(2026, 3, 1, 6, 30, 59, tzinfo=UTC))
    '2026-03-01 06:30'
    """
    return UNKNOWN if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def percent(ratio: float | None) -> str:
    """A ratio as whole percent.

    >>> percent(0.456), percent(None)
    ('46 %', '?')
    """
    return UNKNOWN if ratio is None else f"{ratio * 100:.0f} %"
