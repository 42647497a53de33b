"""Live files: moved by commits, summed up, written and read again."""

import pyarrow as pa
import pytest

from monitors.delta.live.files import (
    Delta,
    LiveFile,
    LiveFiles,
    Sums,
    as_table,
    decode,
    delta_of,
    encode,
    key_of,
    merged,
)
from monitors.delta.live.statistics import Bound
from monitors.delta.log.actions import GREATEST


def file(
    key: int,
    rows: int | None = 5,
    vector: int | None = 0,
    size: int | None = 10,
    newest: int | None = None,
    bound: Bound = Bound.UNKNOWN,
) -> LiveFile:
    return LiveFile(key, rows, vector, size, "p=1", newest, bound)


def live(*files: LiveFile) -> LiveFiles:
    return LiveFiles(as_table(files).sort_by("key"))


def keys(files: LiveFiles) -> list[int]:
    return [int(key.as_py()) for key in files.table()["key"]]


def test_files_are_found_in_the_base_and_above_it() -> None:
    files = live(file(2), file(2**64 - 1))
    files.apply(Delta((file(7, rows=1),), ()))
    assert files.get(2) == file(2)
    assert files.get(2**64 - 1) == file(2**64 - 1)
    assert files.get(7) == file(7, rows=1)
    assert files.get(3) is None


def test_nothing_is_found_among_no_files() -> None:
    assert LiveFiles().get(1) is None
    assert LiveFiles().sums() == Sums()


def test_a_removed_file_is_gone_wherever_it_was() -> None:
    files = live(file(1), file(2))
    files.apply(Delta((file(3),), (1,)))
    files.apply(Delta((), (3, 99)))
    assert keys(files) == [2]
    assert (files.get(1), files.get(3)) == (None, None)


def test_a_file_removed_and_added_in_one_commit_stays_as_the_new_one() -> None:
    files = live(file(1))
    files.apply(Delta((file(1, rows=9),), (1,)))
    assert files.get(1) == file(1, rows=9)
    assert keys(files) == [1]


def test_a_file_removed_and_added_again_later_is_there() -> None:
    files = live(file(1))
    files.apply(Delta((), (1,)))
    files.apply(Delta((file(1),), ()))
    assert keys(files) == [1]


def test_sums_leave_out_what_is_unknown_and_say_so() -> None:
    known = live(file(1, rows=5, vector=2), file(2, rows=4)).sums()
    assert (known.files, known.live_rows, known.size_bytes) == (2, 7, 20)
    partly = live(file(1), file(2, rows=None), file(3, vector=None), file(4, size=None)).sums()
    assert partly == Sums(files=4, rows=10, unknown_rows=2, size=30, unknown_size=1)
    assert (partly.live_rows, partly.size_bytes) == (None, None)


def test_sums_do_not_wrap_around() -> None:
    sums = live(file(1, size=GREATEST), file(2, size=GREATEST)).sums()
    assert sums.size == 2 * GREATEST
    assert sums.size_bytes is None
    assert live(file(1, size=GREATEST)).sums().size_bytes == GREATEST


def test_sums_moved_by_a_file_equal_sums_of_the_files() -> None:
    one, two = file(1, rows=None), file(2, rows=7, vector=3, size=None)
    moved = live(one).sums().moved(two, 1)
    assert moved == live(one, two).sums()
    assert moved.moved(one, -1) == live(two).sums()


def test_the_newest_value_is_proven_by_a_tight_bound() -> None:
    tight = file(1, newest=50, bound=Bound.TIGHT)
    assert live(tight, file(2, newest=40, bound=Bound.LOOSE)).newest() == (50, Bound.TIGHT)
    assert live(tight, file(2, newest=50, bound=Bound.LOOSE)).newest() == (50, Bound.TIGHT)
    assert live(tight, file(2, newest=60, bound=Bound.LOOSE)).newest() == (60, Bound.LOOSE)
    assert live(tight, file(2, bound=Bound.EMPTY)).newest() == (50, Bound.TIGHT)
    assert live(tight, file(2)).newest() == (None, Bound.UNKNOWN)
    assert live(file(1, bound=Bound.EMPTY)).newest() == (None, Bound.EMPTY)
    assert LiveFiles().newest() == (None, Bound.EMPTY)


def test_a_file_whose_rows_are_all_deleted_holds_no_value() -> None:
    dead = file(1, rows=5, vector=5, newest=90, bound=Bound.TIGHT)
    assert live(dead, file(2, newest=40, bound=Bound.TIGHT)).newest() == (40, Bound.TIGHT)


def test_a_file_of_unknown_rows_and_an_unknown_vector_may_be_alive() -> None:
    odd = file(1, rows=None, vector=None)
    files = live(odd, file(2, newest=40, bound=Bound.TIGHT))
    assert files.newest() == (None, Bound.UNKNOWN)
    assert files.open_bounds() == (40, frozenset({1}))


def test_only_files_that_may_hold_more_than_the_proven_value_are_open() -> None:
    files = live(
        file(1, newest=50, bound=Bound.TIGHT),
        file(2, newest=50, bound=Bound.LOOSE),
        file(3, newest=51, bound=Bound.LOOSE),
        file(4),
        file(5, bound=Bound.EMPTY),
        file(6, rows=1, vector=1),
    )
    assert files.open_bounds() == (50, frozenset({3, 4}))
    assert live(file(2, newest=50, bound=Bound.LOOSE)).open_bounds() == (None, frozenset({2}))


def test_bounds_can_be_forgotten() -> None:
    files = live(file(1, newest=50, bound=Bound.TIGHT)).without_bounds()
    assert files.newest() == (None, Bound.UNKNOWN)
    assert files.get(1) == file(1)
    assert LiveFiles().without_bounds().sums() == Sums()


def test_a_snapshot_survives_its_blob() -> None:
    files = live(
        file(2**64 - 1, newest=-5, bound=Bound.TIGHT), file(1, rows=None, vector=None, size=None)
    )
    table, removed = decode(encode(files.table()))
    assert LiveFiles(table).get(2**64 - 1) == file(2**64 - 1, newest=-5, bound=Bound.TIGHT)
    assert LiveFiles(table).get(1) == file(1, rows=None, vector=None, size=None)
    assert removed == ()


def test_a_delta_survives_its_blob() -> None:
    delta = Delta((file(3), file(1, newest=7, bound=Bound.LOOSE)), (2, 2**64 - 1))
    assert delta_of(encode(as_table(delta.added), delta.removed)) == delta
    empty = Delta((), (5,))
    assert delta_of(encode(as_table(()), (5,))) == empty


def test_a_blob_that_is_none_is_refused() -> None:
    blob = encode(as_table([file(1)]))
    for body in (b"", b"?" * 100, blob[:-30], blob[:40]):
        with pytest.raises((pa.ArrowException, OSError)):
            decode(body)


def test_one_delta_has_the_effect_of_several() -> None:
    deltas = [
        Delta((file(1), file(2)), (9,)),
        Delta((file(3),), (1,)),
        Delta((file(1, rows=8), file(9)), (3,)),
    ]
    one_by_one, at_once = live(file(9, rows=1)), live(file(9, rows=1))
    for delta in deltas:
        one_by_one.apply(delta)
    at_once.apply(merged(deltas))
    assert one_by_one.table() == at_once.table()


def test_a_key_is_that_of_its_text() -> None:
    assert key_of("a") == key_of("a")
    assert key_of("a") != key_of("b")
    assert 0 <= key_of("ä/\ud800") < 2**64
