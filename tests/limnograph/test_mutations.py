"""Spoilt logs give numbers, or an error with its mend: nothing is raised and nothing hangs."""

import asyncio
import json
import random
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable, write_deltalake

from limnograph.inspection import inspect_table
from tests.monitors.cycles import rows
from tests.monitors.delta.log_builder import (
    BIRTH,
    FEED,
    Log,
    add,
    info,
    metadata,
    protocol,
    remove,
    vector,
)
from tests.monitors.delta.mutations import spoil

QUICK, LONG = 120, 4000
SLOWEST = 10.0


def written_by_delta_rs(table: Path) -> None:
    uri = str(table)
    write_deltalake(uri, rows(1, 6), configuration=FEED, partition_by=["name"])
    DeltaTable(uri).delete("id <= 2")
    DeltaTable(uri).update(updates={"id": "id"}, predicate="id = 3")
    DeltaTable(uri).create_checkpoint()
    write_deltalake(uri, rows(7, 9), mode="append")


def with_vectors(table: Path) -> None:
    table.mkdir()
    features = ["deletionVectors", "v2Checkpoint"]
    head = protocol(3, 7, readerFeatures=features, writerFeatures=features)
    log = Log(table).commits(
        [head, metadata(FEED), add("a", 9), add("b", 4)],
        [info("DELETE"), remove("a"), add("a", 9, deletionVector=vector(1, 2))],
        [remove("a", deletionVector=vector(1, 2)), add("a", 9, deletionVector=vector(2, 3))],
    )
    last = (add("a", 9, deletionVector=vector(2, 3)), add("b", 4))
    log.manifest(2, head, metadata(FEED), last[0], sidecars=["s.parquet"])
    log.sidecar("s.parquet", last[1])
    log.commit(3, info("MERGE", {"numTargetRowsInserted": "1"}), remove("b"), add("c", 5))
    log.crc(3, {"numFiles": 2, "tableSizeBytes": 200})


def without_its_start(table: Path) -> None:
    table.mkdir()
    log = Log(table)
    log.checkpoint(4, *BIRTH, add("a", 3, stats_parsed={"numRecords": 3}), add("b"), parts=2)
    log.commit(4, add("b"))
    log.commit(6, info("WRITE", {"numOutputRows": "2"}, mode="Append"), add("c"))
    log.compacted(5, 5, remove("a"))


BASES = (written_by_delta_rs, with_vectors, without_its_start)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("good")
    tables = [folder / base.__name__ for base in BASES]
    for base, table in zip(BASES, tables, strict=True):
        base(table)
    return tables


def survive(good: list[Path], folder: Path, seed: int) -> None:
    rng = random.Random(seed)
    table = folder / str(seed)
    shutil.copytree(rng.choice(good), table, symlinks=True)
    for _ in range(rng.choice((1, 1, 2, 4))):
        try:
            spoil(rng, table)
        except (IndexError, ValueError, OSError):
            # An earlier mutation has left nothing to spoil in this way.
            break
    last, log_only = rng.choice((None, None, 2)), rng.random() < 0.3
    started = time.monotonic()
    document = asyncio.run(inspect_table(str(table), by="commit", last=last, log_only=log_only))
    assert time.monotonic() - started < SLOWEST
    json.dumps(document, allow_nan=False)
    assert_honest(document)
    shutil.rmtree(table)


def assert_honest(document: dict[str, Any]) -> None:
    """Whatever is said is complete: exact numbers are all there, others have their reason."""
    for problem in document["problems"]:
        assert problem["reason"]
        assert problem["mend"]
    assert document["problems"] or None not in (document["version"], document["rows"])
    for commit in document["commits"]:
        numbers = [commit[key] for key in ("inserted", "updated", "deleted")]
        assert all(number is None or number >= 0 for number in numbers)
        assert commit["exact"] is (commit["reason"] is None)
        if commit["exact"]:
            assert None not in numbers
            assert commit["net"] == commit["inserted"] - commit["deleted"]


def test_good_tables_are_good(good: list[Path]) -> None:
    found = [asyncio.run(inspect_table(str(table), log_only=True)) for table in good]
    assert [document["version"] for document in found] == [3, 3, 6]
    assert [document["rows"] for document in found] == [7, 12, None]


@pytest.mark.slow
def test_spoilt_logs_are_survived(good: list[Path], tmp_path: Path) -> None:
    for seed in range(QUICK):
        survive(good, tmp_path, seed)


@pytest.mark.proof
@pytest.mark.parametrize("start", range(QUICK, LONG, 400))
def test_many_spoilt_logs_are_survived(good: list[Path], tmp_path: Path, start: int) -> None:
    for seed in range(start, start + 400):
        survive(good, tmp_path, seed)
