from datetime import timedelta

from limnograph.replay.memory import Block, block_of, finding_document, key_of
from limnograph.replay.plan import CLEANED
from limnograph.store.comparing import Finding
from tests.limnograph.store.samples import NOW

CHANGED = finding_document(Finding("fact", 2, NOW, changed={"inserted": (99, 5)}))
BLOCK = Block(
    at=NOW,
    done=frozenset({1, 2, 3, 7}),
    findings=(CHANGED,),
    lost=((8, 9, CLEANED),),
    events=({"kind": "feed_on", "key": "2@0", "at": "2026-03-10T12:00:00Z", "message": "on"},),
    old=(1,),
)


def test_a_block_comes_back_from_its_state() -> None:
    state = BLOCK.state("abc/0")
    assert state.key == "abc/0"
    assert block_of(state) == BLOCK


def test_looking_again_forgets_nothing_that_was_to_be_told() -> None:
    later = Block(NOW + timedelta(minutes=1), frozenset({4})).after(BLOCK)
    assert later.done == {1, 2, 3, 4, 7}
    assert (later.findings, later.lost, later.old) == (BLOCK.findings, BLOCK.lost, BLOCK.old)


def test_a_commit_that_changed_twice_is_told_from_first_to_last() -> None:
    again = finding_document(Finding("fact", 2, NOW, changed={"inserted": (5, 6)}))
    (told,) = Block(NOW, findings=(again,)).after(BLOCK).findings
    assert told["changed"] == {"inserted": {"before": 99, "after": 6}}


def test_work_that_was_broken_off_a_day_ago_is_done_again_but_told() -> None:
    assert BLOCK.fresh(NOW + timedelta(hours=23))
    assert not BLOCK.fresh(NOW + timedelta(hours=24))
    assert BLOCK.undone().done == frozenset()
    assert BLOCK.undone().findings == (CHANGED,)


def test_only_the_same_command_about_the_same_table_finds_it_again() -> None:
    keys = {
        key_of(["start", "now", "ingestion"], 1),
        key_of(["start", "now", "ingestion"], 2),
        key_of(["start", "v9", "ingestion"], 1),
        key_of(["start", "now", "ingestion", "schema"], 1),
    }
    assert len(keys) == 4


def test_why_a_fact_changed_or_was_kept_is_said_where_it_is_known() -> None:
    mended = Finding("fact", 2, NOW, changed={"reason": ("unreadable_feed", "")})
    assert finding_document(mended)["why"] == (
        "it can be told now; when it was stored, the files that hold the commit's changes could "
        "not be read"
    )
    kept = Finding("fact", 2, NOW, kept={"reason": ("", "vacuumed"), "exact": (True, False)})
    assert finding_document(kept)["why"] == (
        "the files that hold the commit's changes have been vacuumed"
    )
    assert CHANGED["why"] is None
