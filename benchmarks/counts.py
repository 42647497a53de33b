"""Counting every commit of a table: against the raw lower bound, and against the change feed.

The table: 1,000 commits, 10 million rows, change feed on. The lower bound lists and fetches the
same objects with obstore and parses their JSON, nothing else. The peer reads the change feed with
deltalake's `load_cdf` and groups it in DuckDB. On local disk, and behind 20 ms of latency. Each
figure is the median of its runs; the ratios are what to look at.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import obstore
import orjson
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from benchmarks.loopback_s3 import running, uri
from limnograph.inspection import inspect_table
from monitors.storage.stores import open_store

_AT_ONCE = 32


def build(folder: Path, commits: int, rows: int) -> None:
    """The table: `commits` appends of `rows` rows each."""
    configuration = {"delta.enableChangeDataFeed": "true", "delta.checkpointInterval": "1000000"}
    for number in range(commits):
        first = number * rows
        batch = pa.table(
            {
                "id": pa.array(range(first, first + rows), pa.int64()),
                "value": pa.array([number * 0.5] * rows),
            }
        )
        write_deltalake(
            str(folder), batch, mode="append", configuration=None if number else configuration
        )


def raw(where: str, options: Mapping[str, str]) -> int:
    """The lower bound: LIST, GET, parse."""
    store = open_store(where, options)

    async def read() -> int:
        gate = asyncio.Semaphore(_AT_ONCE)
        names = [
            entry["path"]
            async for page in obstore.list(store, "_delta_log", chunk_size=1000)
            for entry in page
            if entry["path"].endswith(".json")
        ]

        async def one(name: str) -> bytes:
            async with gate:
                return bytes(await (await obstore.get_async(store, name)).bytes_async())

        bodies = await asyncio.gather(*map(one, names))
        return sum(len([orjson.loads(line) for line in body.splitlines()]) for body in bodies)

    return asyncio.run(read())


def ours(where: str, options: Mapping[str, str]) -> int:
    """Every commit counted, by the log."""
    document = asyncio.run(inspect_table(where, storage_options=options, by="commit"))
    return sum(commit["inserted"] for commit in document["commits"])


def feed(where: str, options: Mapping[str, str]) -> int:
    """Every commit counted, by the change feed."""
    table = DeltaTable(where, storage_options=dict(options))
    connection = duckdb.connect()
    connection.register("feed", table.load_cdf(0, columns=["_change_type", "_commit_version"]))
    found = connection.execute(
        "SELECT _commit_version, _change_type, count(*) FROM feed GROUP BY ALL"
    )
    return sum(count for _, _, count in found.fetchall())


def median(run: Callable[[], int], runs: int, expected: int | None = None) -> tuple[float, float]:
    """Median wall and CPU seconds of some runs."""
    walls, cpus = [], []
    for _ in range(runs):
        wall, cpu = time.perf_counter(), time.process_time()
        found = run()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
        if expected is not None and found != expected:
            raise SystemExit(f"counted {found} rows instead of {expected}")
    return statistics.median(walls), statistics.median(cpus)


def compare(name: str, where: str, options: Mapping[str, str], rows: int, runs: int) -> None:
    """Print the three, and the ratios."""
    bound = median(lambda: raw(where, options), runs)
    counted = median(lambda: ours(where, options), runs, rows)
    fed = median(lambda: feed(where, options), 1 if "latency" in name else runs, rows)
    print(f"{name}")
    for label, (wall, cpu) in (("raw bound", bound), ("limnograph", counted), ("feed", fed)):
        print(f"  {label:12} wall {wall:8.3f} s   CPU {cpu:8.3f} s")
    print(f"  limnograph / raw bound: {counted[0] / bound[0]:.2f} (aim: at most 2)")
    print(f"  feed / limnograph:      {fed[0] / counted[0]:.1f} (aim: at least 20)", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commits", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=10_000, help="rows of each commit")
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    total = arguments.commits * arguments.rows
    with tempfile.TemporaryDirectory() as folder:
        table = Path(folder, "events")
        build(table, arguments.commits, arguments.rows)
        print(f"{arguments.commits} commits, {total:,} rows")
        compare("local disk", str(table), {}, total, arguments.runs)
        with running(Path(folder), 0.02) as options:
            compare("20 ms latency", uri("events"), options, total, arguments.runs)


if __name__ == "__main__":
    main()
