"""A backtest as a document."""

import json
from datetime import UTC, datetime, timedelta

from checks.volume.words import Judged, State
from exporters.backtest_json import Backtested, Summary, Swept, alarms, summed_up, to_json

START = datetime(2026, 3, 2, tzinfo=UTC)


def point(day: int, value: float | None, *, flag: bool = False, **more: object) -> Judged:
    state = State.RECOVERING if flag else State.NORMAL
    said = {"expected": 5.0, "lower": 1.0, "upper": 9.0, "score": 0.25, "state": state, **more}
    return Judged(START + timedelta(days=day), value, flag=flag, reason="why", **said)  # type: ignore[arg-type]


def test_the_document_of_a_backtest() -> None:
    summary = Summary(2, 1, 0, 1, 1, 1, 0.5)
    later = point(1, 12.0, flag=True, score=0.75)
    first = point(0, None, lower=None, upper=None, expected=None, score=0.0, state=State.LEARNING)
    made = Backtested("x.csv", "Europe/Berlin", 86400.0, 1.0, [later, first], summary)
    assert to_json(made) == {
        "schema_version": 1,
        "source": "x.csv",
        "time_zone": "Europe/Berlin",
        "cadence_seconds": 86400.0,
        "false_alarms": 1.0,
        "summary": {
            "points": 2,
            "unknown": 1,
            "learning": 0,
            "judged": 1,
            "flagged": 1,
            "alarms": 1,
            "alarms_per_month": 0.5,
        },
        "points": [
            {
                "timestamp": "2026-03-03T00:00:00Z",
                "value": 12.0,
                "expected": 5.0,
                "lower": 1.0,
                "upper": 9.0,
                "score": 0.75,
                "flag": True,
                "state": "recovering",
                "reason": "why",
            },
            {
                "timestamp": "2026-03-02T00:00:00Z",
                "value": None,
                "expected": None,
                "lower": None,
                "upper": None,
                "score": 0.0,
                "flag": False,
                "state": "learning",
                "reason": "why",
            },
        ],
    }


def test_a_sweep_is_there_only_when_it_was_asked_for() -> None:
    summary = Summary(9, 0, 0, 9, 4, 2, 6.667)
    swept = Backtested("x", "UTC", 60.0, 1.0, [], summary, [Swept(0.5, summary)])
    assert to_json(swept)["sweep"] == [
        {"false_alarms": 0.5, "flagged": 4, "alarms": 2, "alarms_per_month": 6.667}
    ]
    assert to_json(Backtested("x", "UTC", 60.0, 1.0, [], summary, []))["sweep"] == []
    assert "sweep" not in to_json(Backtested("x", "UTC", 60.0, 1.0, [], summary))


def test_bounds_beyond_all_numbers_are_no_bounds() -> None:
    wide = point(0, 1.0, lower=float("-inf"), upper=float("nan"))
    made = Backtested("x", "UTC", None, 1.0, [wide], Summary(1, 0, 0, 1, 0, 0, None))
    (told,) = json.loads(json.dumps(to_json(made), allow_nan=False))["points"]
    assert (told["lower"], told["upper"]) == (None, None)


def test_alarms_are_runs_which_an_unknown_point_does_not_end() -> None:
    points = [
        point(0, 9.0, flag=True),
        point(1, None),
        point(2, 9.0, flag=True),
        point(3, 5.0),
        point(4, 9.0, flag=True),
    ]
    assert [[one.at.day for one in run] for run in alarms(points)] == [[2, 4], [6]]
    assert list(alarms([])) == []


def test_alarms_a_month_count_from_the_first_judged_point_to_the_end_of_the_last() -> None:
    learned = [point(day, 5.0, state=State.LEARNING) for day in range(10)]
    judged = [point(day, 9.0, flag=day == 12) for day in range(10, 25)]
    summary = summed_up([*learned, *judged], 86400.0)
    assert summary == Summary(25, 0, 10, 15, 1, 1, 2.0)
    assert summed_up(learned, 86400.0).alarms_per_month is None
