"""The raw lower bound of a cycle over many tables: the requests it cannot do without, no more.

First: a LIST of each log, and a GET of each commit, parsed. Idle: a LIST from the last commit on.
Next: that LIST, and a GET of each commit after it, parsed. Run as a process of its own, with the
storage options in its environment; says nothing.
"""

import argparse
import asyncio
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
import orjson

from benchmarks.loopback_s3 import OPTIONS
from monitors.storage.stores import open_store

if TYPE_CHECKING:
    from obstore.store import ObjectStore

_TABLES_AT_ONCE = 32
_GETS_AT_ONCE = 32


def read_disk(table: str, after: str) -> int:
    """The actions of the commits of a local log whose names come after one."""
    with os.scandir(f"{table}/_delta_log") as entries:
        files = [e.path for e in entries if e.name.endswith(".json") and e.name > after]
    return sum(
        len([orjson.loads(line) for line in Path(f).read_bytes().splitlines()]) for f in files
    )


async def read(store: "ObjectStore", offset: str | None) -> int:
    """The actions of the commits after an offset of one log."""
    names = [
        entry["path"]
        async for page in obstore.list(store, "_delta_log", offset=offset, chunk_size=1000)
        for entry in page
        if entry["path"].endswith(".json")
    ]
    gate = asyncio.Semaphore(_GETS_AT_ONCE)

    async def one(name: str) -> bytes:
        async with gate:
            return bytes(await (await obstore.get_async(store, name)).bytes_async())

    bodies = await asyncio.gather(*map(one, names))
    return sum(len([orjson.loads(line) for line in body.splitlines()]) for body in bodies)


async def read_all(uris: Sequence[str], options: Mapping[str, str], offset: str | None) -> int:
    """The actions of all tables."""
    gate = asyncio.Semaphore(_TABLES_AT_ONCE)

    async def one(uri: str) -> int:
        async with gate:
            return await read(open_store(uri, options), offset)

    return sum(await asyncio.gather(*map(one, uris)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prefix", help="what the tables' URIs begin with")
    parser.add_argument("tables", type=int)
    parser.add_argument("--after", type=int, help="version of the last commit that is known")
    arguments = parser.parse_args()
    uris = [f"{arguments.prefix}/table_{number:05}" for number in range(arguments.tables)]
    options = {key: os.environ[key] for key in OPTIONS if key in os.environ}
    last = "" if arguments.after is None else f"{arguments.after:020d}.json"
    if "://" in arguments.prefix:
        asyncio.run(read_all(uris, options, f"_delta_log/{last}" if last else None))
    else:
        sum(read_disk(uri, last) for uri in uris)


if __name__ == "__main__":
    main()
