"""How numbers and times are written for people; unknown is always `?`, never zero."""

from datetime import UTC, datetime, timedelta

UNKNOWN = "?"


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
    if number is None:
        return UNKNOWN
    if abs(number) < 1000:
        return f"{number} B"
    value, units = number / 1000, ["kB", "MB", "GB", "TB", "PB", "EB"]
    while abs(value) >= 999.5 and len(units) > 1:
        value /= 1000
        units.pop(0)
    digits = 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0
    return f"{value:.{digits}f} {units[0]}"


def span(length: timedelta) -> str:
    """A length of time in its two largest units.

    >>> span(timedelta(seconds=42)), span(timedelta(hours=3, minutes=5)), span(timedelta(days=9.5))
    ('42 s', '3 h 5 min', '9 d 12 h')
    """
    seconds = int(abs(length).total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
    if minutes < 60:
        return f"{minutes} min"
    if hours < 24:
        return _two(f"{hours} h", minutes % 60, "min")
    return _two(f"{days} d", hours % 24, "h")


def _two(large: str, rest: int, unit: str) -> str:
    return f"{large} {rest} {unit}" if rest else large


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


def plural(number: int, noun: str) -> str:
    """A counted noun.

    >>> plural(1, "table"), plural(1200, "table")
    ('1 table', '1,200 tables')
    """
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
