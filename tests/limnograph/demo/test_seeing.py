from datetime import UTC, datetime
from typing import Any

import pytest

from limnograph.demo.seeing import compare
from limnograph.demo.troubles import ALL, Planted, Trouble, planted

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
TRUTHS = {truth.trouble: truth for truth in planted(ALL, NOW)}


def _entry(truth: Planted, **changes: Any) -> dict[str, Any]:
    entry = {
        "table": truth.table,
        "kind": truth.trouble.value,
        "since": truth.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "message": "as the report has it",
    }
    return {**entry, **changes}


def _report(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"schema_version": 1, "troubles": list(entries)}


def test_nothing_planted_and_nothing_found_is_complete() -> None:
    result = compare([], _report())
    assert (result.seen, result.missed, result.surplus, result.complete) == ((), (), (), True)


def test_everything_planted_and_found_is_complete() -> None:
    result = compare(TRUTHS.values(), _report(*(_entry(truth) for truth in TRUTHS.values())))
    assert result.seen == tuple(TRUTHS.values())
    assert result.complete
    assert not result.surplus


@pytest.mark.parametrize("trouble", list(Trouble))
def test_a_silent_report_misses_each(trouble: Trouble) -> None:
    result = compare([TRUTHS[trouble]], _report())
    assert result.missed == (TRUTHS[trouble],)
    assert not result.complete


@pytest.mark.parametrize("trouble", list(Trouble))
def test_what_nobody_planted_is_surplus(trouble: Trouble) -> None:
    result = compare([], _report(_entry(TRUTHS[trouble])))
    assert [(found.table, found.kind) for found in result.surplus] == [
        (TRUTHS[trouble].table, trouble)
    ]
    assert result.complete


@pytest.mark.parametrize("trouble", list(Trouble))
@pytest.mark.parametrize("changes", [{"table": "dim.topics"}, {"kind": "stale"}])
def test_another_table_or_another_kind_is_not_it(trouble: Trouble, changes: dict[str, Any]) -> None:
    result = compare([TRUTHS[trouble]], _report(_entry(TRUTHS[trouble], **changes)))
    assert result.missed == (TRUTHS[trouble],)
    assert len(result.surplus) == 1


@pytest.mark.parametrize(
    ("trouble", "seen"),
    [
        (Trouble.DROP, False),
        (Trouble.DUPLICATE, False),
        (Trouble.LATE, True),
        (Trouble.RECREATED, True),
        (Trouble.REPLACED, True),
        (Trouble.FEED_OFF, True),
        (Trouble.UNREADABLE, True),
    ],
)
def test_only_a_drop_and_a_duplicate_have_to_be_of_the_planted_time(
    trouble: Trouble, seen: bool
) -> None:
    entry = _entry(TRUTHS[trouble], since="2026-11-20T09:13:00Z")
    assert compare([TRUTHS[trouble]], _report(entry)).complete is seen


def test_one_of_two_findings_is_enough() -> None:
    truth = TRUTHS[Trouble.DUPLICATE]
    result = compare([truth], _report(_entry(truth), _entry(truth, since="2026-11-19T01:00:00Z")))
    assert result.complete
    assert [found.since.hour for found in result.surplus] == [1]
