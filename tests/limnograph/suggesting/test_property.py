"""Whatever rows hold: what they suggest passes on them."""

import string
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.limnograph.suggesting.tables import (
    NOW,
    UTC_TIME,
    configured,
    not_passing,
    row_verdicts,
    suggestions,
    written,
)

ROWS, COMMITS = 60, 6
PRINTED = st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"))  # what a log can hold
NAMES = st.text(st.sampled_from(string.ascii_letters + "äß日. _`'\"%:#-"), min_size=1, max_size=12)
VALUES: tuple[tuple[st.SearchStrategy[Any], pa.DataType], ...] = (
    (st.integers(-(2**63), 2**63 - 1), pa.int64()),
    (st.integers(-9, 9), pa.int32()),
    (st.floats(), pa.float64()),
    (st.floats(0, 1), pa.float64()),
    (st.decimals(-999, 999, places=3), pa.decimal128(10, 3)),
    (st.text(PRINTED, max_size=9), pa.string()),
    (st.sampled_from(["on", "null", "1", "a: b", "#", "'x'", "é"]), pa.string()),
    (st.sampled_from(["2026-01-02", "2026-1-2", "x@y.zz", "{}"]), pa.string()),
    (st.integers(0, 10**6).map(lambda s: NOW - timedelta(seconds=s)), UTC_TIME),
    (st.booleans(), pa.bool_()),
)


@st.composite
def tables(draw: st.DrawFn) -> list[pa.Table]:
    names = draw(
        st.lists(NAMES, min_size=2, max_size=5, unique_by=lambda name: name.casefold().strip())
    )
    columns = {}
    for name in names:
        values, kind = draw(st.sampled_from(VALUES))
        pool = draw(st.lists(st.one_of(values, st.none()) if draw(st.booleans()) else values,
                             min_size=2, max_size=12))  # fmt: skip
        step = draw(st.integers(1, 7))
        picked = [pool[n * step % len(pool)] for n in range(ROWS * COMMITS)]
        columns[name] = pa.array(picked, kind)
    whole = pa.table(columns)
    return [whole.slice(n * ROWS, ROWS) for n in range(COMMITS)]


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(tables())
def test_what_is_suggested_loads_and_passes(commits: list[pa.Table]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = suggestions(written(Path(folder) / "t", commits))
        assert not_passing(row_verdicts(configured(Path(folder), made))) == {}
