"""A backtest for a terminal."""

import io
from typing import Any

from rich.console import Console

from exporters.backtest_text import LISTED, to_text


def point(
    timestamp: str, value: float | None, *, flag: bool = False, **more: Any
) -> dict[str, Any]:
    said = {"expected": 500.0, "lower": 400.0, "upper": 625.0, "score": 0.1, "state": "normal"}
    return {
        "timestamp": timestamp,
        "value": value,
        "flag": flag,
        "reason": "500 is the usual 500",
        **said,
        **({"state": "recovering", "score": 0.875, "reason": "100 is 80 % below"} if flag else {}),
        **more,
    }


def document(*points: dict[str, Any], **more: Any) -> dict[str, Any]:
    flagged = sum(one["flag"] for one in points)
    learning = sum(one["state"] == "learning" for one in points)
    return {
        "source": "counts.csv",
        "time_zone": "Europe/Berlin",
        "cadence_seconds": 86400.0,
        "false_alarms": 1.0,
        "summary": {
            "points": len(points),
            "unknown": 0,
            "learning": learning,
            "judged": len(points) - learning,
            "flagged": flagged,
            "alarms": flagged,
            "alarms_per_month": 1.25,
        },
        "points": list(points),
        **more,
    }


def text(told: dict[str, Any], width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width, no_color=True, highlight=False)
    with console.capture() as capture:
        to_text(told, console)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


LEARNING = point("2026-02-28T23:00:00Z", 500.0, state="learning")


def test_flagged_points_in_the_order_of_time_and_what_they_come_to() -> None:
    told = document(
        point("2026-03-02T23:00:00Z", 100.0, flag=True),
        LEARNING,
        point("2026-03-01T23:00:00Z", 9000.0, flag=True, lower=None, reason="9,000 is much"),
    )
    lines = text(told).splitlines()
    assert lines[0] == "counts.csv"
    assert [" ".join(line.split()) for line in (lines[2], *lines[4:6])] == [
        "Time (Europe/Berlin) Value Expected Range Score State Why",
        "2026-03-02 00:00 9,000 500 at most 625 0.88 recovering 9,000 is much",
        "2026-03-03 00:00 100 500 400 to 625 0.88 recovering 100 is 80 % below",
    ]
    assert lines[7:] == [
        "3 points, one every 1 d",
        "learned from 1 point, judged from 2026-03-02 00:00",
        "2 points flagged, in 2 alarms: 1.25 a month (--false-alarms 1)",
    ]


def test_a_narrow_terminal_keeps_time_value_and_range() -> None:
    told = document(point("2026-03-02T23:00:00Z", 100.0, flag=True))
    head = text(told, width=40).splitlines()[2]
    assert head.split() == ["Time", "(Europe/Berlin)", "Value", "Range"]


def test_nothing_flagged_is_said() -> None:
    told = document(LEARNING, point("2026-03-01T23:00:00Z", 500.0))
    assert text(told).splitlines()[1:] == [
        "2 points, one every 1 d",
        "learned from 1 point, judged from 2026-03-02 00:00",
        "nothing was flagged in 1 judged point (--false-alarms 1)",
    ]


def test_when_all_was_learning_it_says_how_much_history_is_missing() -> None:
    last = point("2026-03-01T23:00:00Z", 5.0, state="learning", reason="28 days are needed")
    assert text(document(last, LEARNING)).splitlines()[-1] == (
        "nothing was judged: 28 days are needed"
    )


def test_an_empty_window_is_said() -> None:
    assert text(document(cadence_seconds=None)).splitlines() == [
        "counts.csv",
        "no point lies in the window",
    ]


def test_a_sweep_is_a_table() -> None:
    swept = [
        {"false_alarms": 0.1, "flagged": 1, "alarms": 1, "alarms_per_month": 0.5},
        {"false_alarms": 5.0, "flagged": 1234, "alarms": 40, "alarms_per_month": None},
    ]
    lines = text(document(LEARNING, sweep=swept)).splitlines()[-5:]
    assert lines == [
        "Sensitivity",
        "False alarms expected  Flagged points  Alarms  Alarms a month",
        "─────────────────────────────────────────────────────────────",
        "                  0.1               1       1            0.50",
        "                    5           1,234      40               ?",
    ]


def test_of_very_many_flagged_points_the_newest_are_told() -> None:
    points = [
        point(f"2026-03-02T{n // 60:02}:{n % 60:02}:00Z", 1.0, flag=True) for n in range(LISTED + 7)
    ]
    told = text(document(*points))
    assert "2026-03-02 01:06" not in told
    assert "2026-03-02 01:07" in told
    assert "and 7 earlier flagged points; --output json has them all" in told
