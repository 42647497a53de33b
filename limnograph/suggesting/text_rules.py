"""What texts have in common: a few values, a format, a length. No value of a person is told."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

import pyarrow.compute as pc

from checks.expectations.kinds import ColumnKind
from limnograph.suggesting import names
from limnograph.suggesting.columns import Profile
from limnograph.suggesting.forms import Forms
from limnograph.suggesting.proposal import Proposal

LEAST = 30
"""Texts below which nothing is said of their format."""
LEAST_SET = 100
"""Texts below which their few values are no set, nor their lengths typical."""

_EACH, _SHARE = 5, 20  # rows that each value must have, and rows for each of the values
_LONGEST_VALUE = 60
_DISTINCT = 10  # values that a format must have held for
_UUID = r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
_EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s.]+$"
_URL = r"^https?://[^\s/]+(/\S*)?$"
_ISO = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})$"
_HEX = r"^[0-9a-fA-F]+$"
_FORMATS = (
    ("uuid", _UUID, "a UUID"),
    ("email", _EMAIL, "an e-mail address"),
    ("url", _URL, "a web address"),
    ("time", _ISO, "an ISO time with its zone"),
)
_DATES = (
    "%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f",
    "%Y-%m-%d %H:%M:%S.%f", "%Y/%m/%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y-%m", "%H:%M:%S",
    "%H:%M",
)  # fmt: skip
_LIKE_PERSONAL = re.compile(r"\S+@\S+\.\S+|[+(]?\d[\d\s().-]{6,}|[A-Z]{2}\d{2}[A-Z0-9]{10,}")
_ROOM = (1, 4)


def texts(profile: Profile, forms: Forms, wide: int = 0) -> Iterator[Proposal]:
    """What the texts of a column have in common; of one meaning the first that holds is enough."""
    if profile.kind is not ColumnKind.TEXT or profile.set < LEAST:
        return
    values = list(value_set(profile, forms))
    yield from values
    formats = [] if values else list(_format(profile, forms))
    yield from formats
    if not values and not formats:
        yield from _lengths(profile, forms, wide)


def value_set(profile: Profile, forms: Forms) -> Iterator[Proposal]:
    """The few values that a column has, each often enough to be believed."""
    counts = profile.counts
    if len(counts) < 2 or names.is_personal(profile.name) or profile.set < LEAST_SET:
        return
    enough = min(counts.values()) >= _EACH and profile.set >= _SHARE * len(counts)
    if not enough or not all(_is_plain(value) for value in counts):
        return
    fields = forms.in_set(profile.name, sorted(counts))
    if fields is not None:
        why = (
            f"{len(counts)} values in {profile.set:,} rows, each in at least "
            f"{min(counts.values()):,}."
        )
        yield Proposal(("values", profile.name), fields, (why,), learned=True)


def _is_plain(value: str) -> bool:
    """Whether a value is a word that may be written down."""
    short = len(value) <= _LONGEST_VALUE and value.isprintable()
    return short and not _LIKE_PERSONAL.search(value)


def _format(profile: Profile, forms: Forms) -> Iterator[Proposal]:
    if profile.distinct is None or profile.distinct < _DISTINCT:
        return
    meaning, seen = ("format", profile.name), f"{profile.set:,} values"
    for word, regex, what in _FORMATS:
        if _all_match(profile, regex) and (fields := forms.matching(profile.name, word, regex)):
            yield Proposal(meaning, fields, (f"Each of {seen} is {what}.",))
            return
    for form in _DATES:
        if _all_dated(profile, form) and (fields := forms.dated(profile.name, form)):
            yield Proposal(meaning, fields, (f"Each of {seen} is a time written {form}.",))
            return
    if _all_json(profile) and (fields := forms.json(profile.name)):
        yield Proposal(("json", profile.name), fields, (f"Each of {seen} is JSON.",))
        return
    if _is_hash(profile) and (length := profile.longest):
        regex = f"^[0-9a-fA-F]{{{length}}}$"
        if fields := forms.matching(profile.name, "hex", regex):
            why = f"Each of {seen} has {length} hexadecimal digits."
            yield Proposal(meaning, fields, (why,))


def _all_match(profile: Profile, regex: str) -> bool:
    found = pc.all(pc.match_substring_regex(profile.values, regex)).as_py()
    return bool(found)


def _all_dated(profile: Profile, form: str) -> bool:
    return all(_is_dated(value, form) for value in profile.values.unique().to_pylist())


def _is_dated(text: str, form: str) -> bool:
    with suppress(ValueError):
        read = datetime.strptime(text, form)
        # Python also takes 1.2.2026 for %d.%m.%Y, which other programs may not.
        return form.endswith("%f") or read.strftime(form) == text
    return False


def _all_json(profile: Profile) -> bool:
    """Whether all are objects or lists: a number alone would be JSON too."""
    for value in profile.values.unique().to_pylist():
        if value.lstrip()[:1] not in ("{", "["):
            return False
        try:
            json.loads(value)
        except (ValueError, RecursionError):
            return False
    return True


def _is_hash(profile: Profile) -> bool:
    same = profile.shortest == profile.longest
    return same and (profile.longest or 0) >= 16 and _all_match(profile, _HEX)


def _lengths(profile: Profile, forms: Forms, wide: int) -> Iterator[Proposal]:
    low, high = profile.shortest, profile.longest
    if low is None or high is None or profile.set < LEAST_SET or not high:
        return
    most = high if low == high else _rounded(high * (1 + _ROOM[wide]))
    least = low if low == high else min(low, 1)
    fields = forms.lengths(profile.name, least, most)
    told = f"all of {low:,}" if low == high else f"from {low:,} to {high:,}"
    room = "" if low == high else " Widened to leave room above."
    why = (f"{profile.set:,} values, {told} letters.{room}",)
    yield Proposal(
        ("length", profile.name),
        fields,
        why,
        learned=True,
        bare=forms.lengths(profile.name, least, high),
        wide=wide,
    )


def _rounded(length: int) -> int:
    """A length rounded up to two digits.

    >>> _rounded(1234), _rounded(96), _rounded(7)
    (1300, 96, 7)
    """
    step = int(10 ** max(len(str(length)) - 2, 0))
    return -(-length // step) * step
