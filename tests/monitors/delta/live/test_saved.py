"""The live-file state between cycles: what is put, what is dropped, what is not believed."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from monitors.core import State
from monitors.delta.live import saved
from monitors.delta.live.files import Delta, LiveFile, LiveFiles, Sums
from monitors.delta.live.saved import Head, Saving
from monitors.delta.live.statistics import Bound
from monitors.delta.log.actions import Metadata, Protocol
from monitors.delta.log.position import Position

HEAD = Head(
    position=Position(7, 5, "etag", "ab" * 32),
    at=datetime(2026, 3, 2, 12, 30, 1, 123000, tzinfo=UTC),
    metadata=Metadata("id", "{}", ("p", "q"), {"delta.enableChangeDataFeed": "true"}),
    protocol=Protocol(3, 7, ("deletionVectors",), ("deletionVectors", "changeDataFeed")),
    clustering=(("a",), ("b", "c")),
    sums=Sums(files=3, rows=9, size=30),
    complete=True,
    event_name="at",
    newest=5,
    bound=Bound.LOOSE,
    footers=True,
    snapshot_files=0,
    deltas=("delta/1",),
    delta_files=2,
)


def file(key: int) -> LiveFile:
    return LiveFile(key, 3, 0, 10, "", None, Bound.UNKNOWN)


def live(count: int) -> LiveFiles:
    files = LiveFiles()
    files.apply(Delta(tuple(map(file, range(count))), ()))
    return files


def kept(*savings: Saving) -> dict[str, State]:
    """What a store holds after some cycles."""
    states: dict[str, State] = {}
    for saving in savings:
        for key in saving.drop:
            states.pop(key, None)
        states.update((state.key, state) for state in saving.put)
    return states


def test_a_head_survives_its_state() -> None:
    assert saved.head_of(HEAD.state()) == HEAD


def test_no_head_comes_from_a_state_that_is_none_of_ours() -> None:
    state = HEAD.state()
    assert saved.head_of(None) is None
    assert saved.head_of(replace(state, format="head.next")) is None
    for blob in (b"", b"{}", b"[]", b"5", state.blob[:-9], b'{"at":1e99}', b"\xff"):
        assert saved.head_of(replace(state, blob=blob)) is None


def test_a_snapshot_is_read_back() -> None:
    saving = saved.whole(HEAD, live(3), stale=("delta/1",))
    states = kept(saving)
    head = saved.head_of(states["head"])
    assert head == saving.head == replace(HEAD, snapshot_files=3, deltas=(), delta_files=0)
    files = saved.live_files(head, states)
    assert files is not None
    assert files.table() == live(3).table()
    assert saving.drop == ("delta/1",)


def test_deltas_lie_over_the_snapshot() -> None:
    first = saved.whole(HEAD, live(3), ())
    delta = Delta((file(9),), (0,))
    files = live(3)
    files.apply(delta)
    second = saved.grown(replace(HEAD, position=Position(8)), first.head, delta, files)
    states = kept(first, second)
    assert set(states) == {"head", "files", f"delta/{8:020d}"}
    head = saved.head_of(states["head"])
    assert head is not None
    assert (head.snapshot_files, head.delta_files) == (3, 2)
    again = saved.live_files(head, states)
    assert again is not None
    assert again.table() == files.table()


def test_deltas_of_more_than_a_tenth_are_folded_and_dropped() -> None:
    savings = [saved.whole(HEAD, live(1000), ())]
    files = live(1000)
    for version in range(1, 4):
        delta = Delta(tuple(file(version * 10_000 + n) for n in range(40)), ())
        files.apply(delta)
        head = replace(HEAD, position=Position(version))
        savings.append(saved.grown(head, savings[-1].head, delta, files))
    assert [len(saving.head.deltas) for saving in savings] == [0, 1, 2, 0]
    assert len(savings[-1].drop) == 2
    assert set(kept(*savings)) == {"head", "files"}
    assert savings[-1].head.snapshot_files == 1120


@pytest.mark.parametrize("key", ["files", f"delta/{8:020d}"])
def test_a_missing_damaged_or_foreign_blob_is_not_believed(key: str) -> None:
    first = saved.whole(HEAD, live(3), ())
    delta = Delta((file(9),), ())
    second = saved.grown(replace(HEAD, position=Position(8)), first.head, delta, live(3))
    states = kept(first, second)
    good = states[key]
    assert saved.live_files(second.head, states) is not None
    blobs = [good.blob[:cut] for cut in range(0, len(good.blob) - 9, 16)]
    bad = [State(key, "files.next", 7, good.blob), *(replace(good, blob=blob) for blob in blobs)]
    for state in bad:
        assert saved.live_files(second.head, states | {key: state}) is None
    del states[key]
    assert saved.live_files(second.head, states) is None
