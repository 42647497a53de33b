"""Batches that load a whole table into memory."""

from hypothesis import given
from hypothesis import strategies as st

from monitors.delta.health.batches import BatchPlan, batch_plan


def test_batches_are_of_whole_rows() -> None:
    assert batch_plan(1000, 10.0, 2048) == BatchPlan(10_000, 5, 204)
    assert batch_plan(1000, 10.0, 10_000) == BatchPlan(10_000, 1, 1000)


def test_a_row_that_is_too_large_is_a_batch_of_its_own() -> None:
    assert batch_plan(3, 5000.0, 1024) == BatchPlan(15_000, 3, 1)


def test_an_empty_table_needs_no_batch() -> None:
    assert batch_plan(0, 10.0, 1024).batches == 0
    assert batch_plan(0, 0.0, 1024).batches == 0


def test_rows_of_no_size_are_one_batch() -> None:
    assert batch_plan(7, 0.0, 1024) == BatchPlan(0, 1, 7)


@given(st.integers(1, 10**9), st.floats(0.1, 10**6), st.floats(1, 10**12))
def test_batches_hold_all_rows_and_none_is_too_large(rows: int, width: float, most: float) -> None:
    plan = batch_plan(rows, width, most)
    assert (plan.batches - 1) * plan.rows_per_batch < rows <= plan.batches * plan.rows_per_batch
    assert plan.rows_per_batch == 1 or plan.rows_per_batch * width <= most * (1 + 1e-9)
