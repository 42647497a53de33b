"""The sentences of judgements."""

import math


def number(value: float) -> str:
    """A value to be read: whole from 100 on, else three digits that count."""
    if not math.isfinite(value):
        return str(value)
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def between(lower: float | None, upper: float | None) -> str:
    """What would pass."""
    if lower is not None and upper is not None:
        return f"{number(lower)} to {number(upper)}"
    if lower is not None:
        return f"at least {number(lower)}"
    return f"at most {number(upper)}" if upper is not None else ""


def against(value: float, expected: float) -> str:
    """How a value stands to what is usual."""
    usual = f"the usual {number(expected)}"
    if value == expected:
        return f"{number(value)} is {usual}"
    word = "above" if value > expected else "below"
    if expected <= 0 or value < 0:
        return f"{number(value)} is {number(abs(value - expected))} {word} {usual}"
    ratio = value / expected
    if ratio >= 3:
        return f"{number(value)} is {ratio:,.1f} times {usual}"
    if abs(ratio - 1) < 0.005:
        return f"{number(value)} is about {usual}"
    return f"{number(value)} is {abs(ratio - 1):.0%} {word} {usual}".replace("%", " %")
