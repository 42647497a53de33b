"""Bounds of numbers: those that a name or the values themselves explain, else a wide range."""

from collections.abc import Iterator
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, localcontext
from typing import Any

from checks.expectations.kinds import NUMBERS, ColumnKind
from limnograph.suggesting import names
from limnograph.suggesting.columns import Profile
from limnograph.suggesting.forms import Forms
from limnograph.suggesting.proposal import Number, Proposal

LEAST = 30
"""Values below which nothing is said of their bounds."""
LEAST_RANGE = 100
"""Values below which no range is learned from them."""

_ROOM = (1, 4)  # the range, times so much on either side: at first, and when widened
_REAL = (ColumnKind.FLOAT, ColumnKind.DECIMAL)
_TYPICAL = 0.8  # a share that nears 1 is one even if its name does not say so
# Numbers by which YAML and floating point stay exact.
_GREATEST = 2**53


def bounds(profile: Profile, forms: Forms, wide: int = 0) -> Iterator[Proposal]:
    """Bounds of a column, the most telling first; the first that holds is enough."""
    usable = profile.kind in NUMBERS and profile.least is not None and not profile.is_odd
    if not usable or profile.set < LEAST or names.is_identifier(profile.name):
        return
    yield from _explained(profile, forms)
    if not names.is_personal(profile.name):
        yield from _range(profile, forms, wide)
    if profile.least >= 0:
        fields = forms.between(profile.name, "not-negative", 0, None)
        why = (_seen(profile), "None is negative.")
        yield Proposal(_meaning(profile), fields, why, limits=(0, None))


def _meaning(profile: Profile) -> tuple[str, ...]:
    return ("bounds", profile.name)


def _explained(profile: Profile, forms: Forms) -> Iterator[Proposal]:
    low, high = profile.least, profile.greatest
    known: tuple[tuple[bool, Number, Number, str, str], ...] = (
        (_is_share(profile), 0, 1, "share", "All are from 0 to 1: a share."),
        (
            names.is_percent(profile.name) and profile.greatest > 1,
            0, 100, "percent", "All are from 0 to 100: a percentage, by its name.",
        ),
        (_is_word(profile, "latitude", "lat"), -90, 90, "latitude", "A latitude, by its name."),
        (
            _is_word(profile, "longitude", "lon", "lng", "long"),
            -180, 180, "longitude", "A longitude, by its name.",
        ),
    )  # fmt: skip
    for fits, least, greatest, word, why in known:
        if fits and least <= low and high <= greatest:
            fields = forms.between(profile.name, word, least, greatest)
            limits = (least, greatest)
            yield Proposal(_meaning(profile), fields, (_seen(profile), why), limits=limits)


def _is_word(profile: Profile, *wanted: str) -> bool:
    return bool(set(names.words(profile.name)) & set(wanted)) and profile.kind in _REAL


def _is_share(profile: Profile) -> bool:
    if profile.kind not in _REAL or not 0 <= profile.least < profile.greatest <= 1:
        return False
    spread = profile.set >= LEAST_RANGE and profile.greatest >= _TYPICAL
    return names.is_share(profile.name) or spread


def _range(profile: Profile, forms: Forms, wide: int) -> Iterator[Proposal]:
    least, greatest = profile.least, profile.greatest
    few = profile.distinct is not None and profile.distinct <= 2
    if profile.set < LEAST_RANGE or few or least == greatest:
        return
    if max(abs(least), abs(greatest)) > _GREATEST:
        return
    room = _ROOM[wide]
    low, high = outward(least, greatest, room)
    if least >= 0:
        low = 0
    fields = forms.between(profile.name, "range", low, high)
    why = f"Widened to leave {'as much' if room == 1 else f'{room} times as much'} room again"
    why += "." if least < 0 else " above; none is negative."
    bare = forms.between(profile.name, "range", *outward(least, greatest, 0))
    yield Proposal(
        _meaning(profile),
        fields,
        (_seen(profile), why),
        learned=True,
        bare=bare,
        wide=wide,
        limits=(low, high),
    )


def outward(least: Any, greatest: Any, room: int) -> tuple[Number, Number]:
    """A range with room on either side in multiples of its width, rounded away from its middle;
    without room it is as it was.

    >>> outward(3, 97, 1), outward(-0.25, 0.5, 0)
    ((-100, 200), (-0.25, 0.5))
    """
    with localcontext() as context:
        context.prec = 60
        low, high = (
            Decimal(repr(end)) if isinstance(end, float) else Decimal(end)
            for end in (least, greatest)
        )
        width = high - low
        if not room:
            return _plain(low), _plain(high)
        step = Decimal(10) ** width.adjusted()
        low = ((low - room * width) / step).to_integral_value(ROUND_FLOOR) * step
        high = ((high + room * width) / step).to_integral_value(ROUND_CEILING) * step
    return _plain(low), _plain(high)


def _plain(number: Decimal) -> Number:
    return int(number) if number == number.to_integral_value() else float(number)


def _seen(profile: Profile) -> str:
    if names.is_personal(profile.name):
        return f"{profile.set:,} values."
    low, high = (_plain(Decimal(str(end))) for end in (profile.least, profile.greatest))
    return f"{profile.set:,} values from {_told(low)} to {_told(high)}."


def _told(number: Number) -> str:
    return f"{number:,}" if isinstance(number, int) else f"{number:,.6g}"
