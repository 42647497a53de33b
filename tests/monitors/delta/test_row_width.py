"""Which files are sampled for the width of a row."""

import pytest

from monitors.delta.live.files import LiveFile, LiveFiles, as_table
from monitors.delta.live.statistics import Bound
from monitors.delta.row_width import sample


def files(*of: tuple[int | None, int | None]) -> LiveFiles:
    """Files of (size, rows), each with the number of its place as key."""
    return LiveFiles(
        as_table(
            LiveFile(key, rows, 0, size, "", None, Bound.UNKNOWN)
            for key, (size, rows) in enumerate(of)
        )
    )


@pytest.mark.parametrize(
    ("sizes", "keys"),
    [
        ([], ()),
        ([10], (0,)),
        ([10, 20], (1, 0)),
        ([10, 20, 30], (1, 0, 2)),
        ([60, 50, 40, 30, 20, 10], (2, 4, 0)),
        (range(1000), (500, 166, 833)),
    ],
)
def test_files_of_the_middle_are_sampled_the_middle_one_first(
    sizes: list[int], keys: tuple[int, ...]
) -> None:
    assert sample(files(*((size, 1) for size in sizes))) == keys


def test_files_without_live_rows_are_not_sampled_but_unknown_ones_may_be() -> None:
    assert sample(files((10, 0), (20, None), (None, 5), (30, 0))) == (1, 2)
