"""The form of a volume check."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from checks.volume.form import VolumeForm, dates_of


def form(**fields: Any) -> VolumeForm:
    return VolumeForm.model_validate({"type": "volume", **fields})


def test_nothing_but_the_type_needs_to_be_written() -> None:
    plain = form()
    assert (plain.grain, plain.count, plain.side) == ("day", "written", "both")
    assert (plain.false_alarms, plain.floor, plain.flatline) == (1.0, 0.2, True)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"grain": "week"}, "'hour' or 'day'"),
        ({"side": "left"}, "'both', 'low' or 'high'"),
        ({"false_alarms": 0}, "greater than 0"),
        ({"floor": -0.1}, "greater than or equal to 0"),
        ({"holidays": ["Atlantis"]}, "neither a date nor a known country"),
        ({"holidays": ["DE-XX"]}, "no subdivision 'XX'; it has .*BY"),
        ({"sensitivity": 3}, "Extra inputs are not permitted"),
    ],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        form(**fields)


def test_equal_bounds_are_borne() -> None:
    assert form(min=5, max=5).min == 5


def test_holidays_are_dates_or_those_of_places() -> None:
    written = form(holidays=["2026-12-24", "DE-BY"]).holidays
    days = dates_of(written, 2026, 2026)
    assert date(2026, 12, 24) in days
    assert date(2026, 1, 6) in days  # Epiphany, in Bavaria
    assert date(2026, 1, 6) not in dates_of(["DE"], 2026, 2026)
    assert days == tuple(sorted(set(days)))
