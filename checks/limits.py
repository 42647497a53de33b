"""Limits: what is bad about a number, for a warning and for a failure, and how that is told.

The comparison says what is bad: `below` with a limit of 100 is bad at 99 and well at 100. An end of
a range is within it.
"""

import operator
from collections.abc import Callable, Mapping
from math import isfinite
from typing import Annotated, Any, Literal, Protocol, get_args

from pydantic import BeforeValidator, WithJsonSchema

from checks.core import Status
from checks.forms import DURATION
from checks.wording import length, number

Comparison = Literal[
    "above", "at_least", "below", "at_most", "equal", "not_equal", "between", "outside"
]
Limit = float | tuple[float, float]

_SYMBOLS = {
    ">": "above", ">=": "at_least", "<": "below", "<=": "at_most", "==": "equal", "=": "equal",
    "!=": "not_equal",
}  # fmt: skip
_PAIRED = ("between", "outside")


class Limits(Protocol):
    """A comparison with at least one limit; see `check_limits`."""

    @property
    def comparison(self) -> Comparison: ...

    @property
    def warn(self) -> Limit | None: ...

    @property
    def fail(self) -> Limit | None: ...


def _comparison(written: object) -> object:
    return _SYMBOLS.get(written, written) if isinstance(written, str) else written


def _limit(written: object) -> Limit:
    if isinstance(written, list | tuple):
        if len(written) != 2:
            raise ValueError(f"a range has two ends, got {len(written)}; write [low, high]")
        low, high = (_one(end) for end in written)
        if low > high:
            raise ValueError(f"the range begins above its end; write [{high:g}, {low:g}]")
        return low, high
    return _one(written)


def _one(written: object) -> float:
    if isinstance(written, str) and written[-1:] in "smhd" and written[:1].isdigit():
        return length(written).total_seconds()
    try:
        value = float("" if isinstance(written, bool) else written)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"expected a number, got {written!r}; write for example 100") from None
    if not isfinite(value):
        raise ValueError(f"{written!r} is no limit; write a number, or leave it out")
    return value


_ONE_SCHEMA = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": DURATION}]}
_SCHEMA: dict[str, Any] = {
    "anyOf": [
        *_ONE_SCHEMA["anyOf"],
        {"type": "array", "items": _ONE_SCHEMA, "minItems": 2, "maxItems": 2},
        {"type": "null"},
    ]
}
LimitField = Annotated[Limit | None, BeforeValidator(_limit), WithJsonSchema(_SCHEMA)]
_COMPARISONS: dict[str, Any] = {"enum": [*get_args(Comparison), *_SYMBOLS]}
ComparisonField = Annotated[Comparison, BeforeValidator(_comparison), WithJsonSchema(_COMPARISONS)]


_IS_BAD: Mapping[str, Callable[[float, float], bool]] = {
    "above": operator.gt,
    "at_least": operator.ge,
    "below": operator.lt,
    "at_most": operator.le,
    "equal": operator.eq,
    "not_equal": operator.ne,
}
BADLY = {
    "above": "above {}", "at_least": "which is at least {}", "below": "below {}",
    "at_most": "which is at most {}", "equal": "which is bad", "not_equal": "not {}",
    "between": "within {}", "outside": "outside {}",
}  # fmt: skip
WELL = {
    "above": "at most {}", "at_least": "less than {}", "below": "at least {}",
    "at_most": "more than {}", "equal": "anything but {}", "not_equal": "{}",
    "between": "outside {}", "outside": "within {}",
}  # fmt: skip


def check_limits(form: Limits) -> None:
    limits = {
        name: limit for name in ("warn", "fail") if (limit := getattr(form, name)) is not None
    }
    if not limits:
        raise ValueError("there is no limit; write fail: or warn: with a number")
    for name, limit in limits.items():
        if isinstance(limit, tuple) != (form.comparison in _PAIRED):
            mend = "[low, high]" if form.comparison in _PAIRED else "one number"
            raise ValueError(f"{name} does not fit comparison {form.comparison}; write {mend}")
    if form.warn is None or form.fail is None:
        return
    if form.comparison == "not_equal":
        raise ValueError("with not_equal a value is always one of two limits; write only one")
    if form.warn == form.fail or not _reached_before(form.comparison, form.warn, form.fail):
        raise ValueError(
            f"warn {limit_text(form.warn)} is not reached before fail {limit_text(form.fail)}; "
            f"write a warn that is {_MILDER[form.comparison]}"
        )


_MILDER = {
    "above": "less than fail", "at_least": "less than fail",
    "below": "greater than fail", "at_most": "greater than fail",
    "equal": "another value than fail",
    "between": "a range around that of fail", "outside": "a range within that of fail",
}  # fmt: skip


def _reached_before(comparison: Comparison, warn: Limit, fail: Limit) -> bool:
    if isinstance(warn, tuple) and isinstance(fail, tuple):
        wide, narrow = (warn, fail) if comparison == "between" else (fail, warn)
        return wide[0] <= narrow[0] and narrow[1] <= wide[1]
    assert isinstance(warn, float)
    assert isinstance(fail, float)
    if comparison == "equal":
        return True
    return warn < fail if comparison in ("above", "at_least") else warn > fail


def judged(form: Limits, value: float) -> tuple[Status, Limit]:
    """How a value is judged, and by which limit."""
    for status, limit in ((Status.FAIL, form.fail), (Status.WARN, form.warn)):
        if limit is not None and _reaches(value, form.comparison, limit):
            return status, limit
    return Status.PASS, tightest(form)


def _reaches(value: float, comparison: Comparison, limit: Limit) -> bool:
    if isinstance(limit, tuple):
        return (limit[0] <= value <= limit[1]) == (comparison == "between")
    return _IS_BAD[comparison](value, limit)


def tightest(form: Limits) -> Limit:
    """The limit that is reached first."""
    limit = form.fail if form.warn is None else form.warn
    assert limit is not None  # the form has at least one
    return limit


def bounds(form: Limits) -> tuple[float | None, float | None]:
    """The least and the greatest value that would pass, where there are such."""
    limit = tightest(form)
    if isinstance(limit, tuple):
        return limit if form.comparison == "outside" else (None, None)
    lower = limit if form.comparison in ("below", "at_most", "not_equal") else None
    upper = limit if form.comparison in ("above", "at_least", "not_equal") else None
    return lower, upper


def limit_text(limit: Limit, text: Callable[[float], str] = number) -> str:
    """A limit in words, each of its numbers written by `text`."""
    if isinstance(limit, tuple):
        return f"{text(limit[0])} to {text(limit[1])}"
    return text(limit)
