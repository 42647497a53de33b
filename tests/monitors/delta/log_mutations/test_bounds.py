"""Huge and endless logs: what reading them takes is bounded."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from monitors.delta.log.tail import whole_log
from monitors.delta.reader import Access, LogReader
from monitors.errors import UnreadableError
from tests.monitors.cycles import Inline
from tests.monitors.delta.log_builder import Log
from tests.monitors.delta.log_mutations.healthy import build, finish
from tests.monitors.delta.log_mutations.reading import NOW, Reader
from tests.monitors.delta.log_mutations.spoiling import (
    action,
    info_of,
    lost,
    more,
    name_of,
    sparse,
)

MIB = 1024 * 1024
HUGE = 32 * MIB
# What a program with Arrow in it takes before it reads anything, and what comes on top: a file as
# it was fetched, as it was parsed, and as a text.
BASE, TIMES = 200 * MIB, 4

MEASURE = """
import json, re, sys
from pathlib import Path
from tests.monitors.delta.log_mutations.reading import NOW, Reader
found = Reader().cycle(Path(sys.argv[1]))
# What the kernel tells in getrusage begins with the peak of the process that started this one.
peak = 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
reason = found.error.reason if found.error else ""
print(json.dumps([peak, found.measured.get("lakehouse_table_rows", -1), reason]))
"""


def huge_stats(log: Log) -> None:
    stats = json.dumps({"numRecords": 11, "maxValues": {"at": "2026-02-09", "x": "y" * HUGE}})
    action(9, "add", stats=stats)(log)


def huge_info(log: Log) -> None:
    info_of(9, userMetadata="x" * HUGE)(log)


def huge_unknown(log: Log) -> None:
    more(9, json.dumps({"rumour": {"x": ["y" * 1000] * (HUGE // 1000)}}))(log)


def huge_schema(log: Log) -> None:
    more(9, json.dumps({"metaData": {"id": "a table", "schemaString": "[" * HUGE}}))(log)


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a peak like that")
HUGE_LINES: dict[str, tuple[Callable[[Log], object], int]] = {
    "statistics": (huge_stats, 43),
    "a commitInfo": (huge_info, 43),
    "an unknown action": (huge_unknown, 43),
    "a schema": (huge_schema, 43),
    "zeros": (sparse(9, HUGE), -1),
}


def measured(table: Path) -> tuple[int, int, str]:
    """Peak memory in bytes of a process that reads the table, its rows, and the error."""
    ran = subprocess.run(
        [sys.executable, "-c", MEASURE, str(table)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    peak, rows, reason = json.loads(ran.stdout)
    return int(peak), int(rows), str(reason)


@pytest.mark.slow
@on_linux
@pytest.mark.parametrize("what", HUGE_LINES)
def test_a_line_of_many_megabytes_takes_a_few_times_its_size(what: str, tmp_path: Path) -> None:
    spoil, rows = HUGE_LINES[what]
    log = build(tmp_path)
    finish(log)
    spoil(log)
    peak, found, reason = measured(tmp_path)
    assert found == rows, reason
    assert peak < BASE + TIMES * HUGE, f"{peak >> 20} MiB"


@pytest.mark.slow
@on_linux
def test_many_large_commits_are_not_held_at_once(tmp_path: Path) -> None:
    log = build(tmp_path)
    finish(log)
    for version in range(10, 34):
        log.commit(version, {"commitInfo": {"userMetadata": "x" * (HUGE // 2)}})
    peak, found, reason = measured(tmp_path)
    assert found == 43, reason
    # Two dozen of 16 MiB each, of which a window holds four.
    assert peak < BASE + 8 * HUGE, f"{peak >> 20} MiB"


def vanished(table: Path, *names: str) -> str:
    """Why a table cannot be read whose files are removed between the LIST and their GET."""

    async def read() -> None:
        reader = LogReader.open(str(table), {}, Access(Inline()), None, NOW)
        listing = await whole_log(reader.log)
        for name in names:
            (table / "_delta_log" / name).unlink()
        first = min(listing.commits)
        await reader.walk(listing, await reader.before(listing, first))

    with pytest.raises(UnreadableError) as raised:
        asyncio.run(read())
    return raised.value.reason


def test_a_commit_that_vanishes_after_it_was_listed_is_an_error_until_the_next_read(
    tmp_path: Path,
) -> None:
    finish(build(tmp_path))
    reason = vanished(tmp_path, name_of(9))
    assert "_delta_log/00000000000000000009.json does not exist" in reason
    assert Reader().cycle(tmp_path).measured["lakehouse_table_rows"] == 32


def test_a_needed_checkpoint_that_vanishes_after_it_was_listed_is_an_error(tmp_path: Path) -> None:
    log = build(tmp_path)
    lost(0, 1, 2, 3)(log)
    reason = vanished(tmp_path, "00000000000000000005.checkpoint.parquet")
    assert "_delta_log/00000000000000000005.checkpoint.parquet does not exist" in reason
