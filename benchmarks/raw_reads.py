"""The raw lower bound of a cycle over many tables: the requests it cannot do without, no more.

First: a LIST of each log, and a GET of each commit, parsed. Idle: a LIST from the last commit on.
Next: that LIST, and a GET of each commit after it, parsed. Run as a process of its own, with the
storage options in its environment; says nothing.
"""

import argparse
import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import obstore
import orjson
from obstore.store import S3Store

from benchmarks.loopback_s3 import BUCKET, OPTIONS

_TABLES_AT_ONCE = 32
_GETS_AT_ONCE = 32


def read_disk(table: str, after: str) -> int:
    """The actions of the commits of a local log whose names come after one."""
    with os.scandir(f"{table}/_delta_log") as entries:
        files = [e.path for e in entries if e.name.endswith(".json") and e.name > after]
    return sum(
        len([orjson.loads(line) for line in Path(f).read_bytes().splitlines()]) for f in files
    )


async def read(store: S3Store, table: str, after: str) -> int:
    """The actions of the commits of one log whose names come after one."""
    log = f"{table}/_delta_log"
    offset = f"{log}/{after}" if after else None
    names = [
        entry["path"]
        async for page in obstore.list(store, log, offset=offset, chunk_size=1000)
        for entry in page
        if entry["path"].endswith(".json")
    ]
    gate = asyncio.Semaphore(_GETS_AT_ONCE)

    async def one(name: str) -> bytes:
        async with gate:
            return bytes(await (await obstore.get_async(store, name)).bytes_async())

    bodies = await asyncio.gather(*map(one, names))
    return sum(len([orjson.loads(line) for line in body.splitlines()]) for body in bodies)


async def read_all(tables: Sequence[str], after: str) -> int:
    """The actions of all tables, by one client of the bucket."""
    options = {key.lower(): os.environ[key] for key in OPTIONS}
    allow_http = options.pop("aws_allow_http") == "true"
    store = S3Store(BUCKET, config=cast(Any, options), client_options={"allow_http": allow_http})
    gate = asyncio.Semaphore(_TABLES_AT_ONCE)

    async def one(table: str) -> int:
        async with gate:
            return await read(store, table, after)

    return sum(await asyncio.gather(*map(one, tables)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("prefix", help="what the tables' URIs begin with")
    parser.add_argument("tables", type=int)
    parser.add_argument("--after", type=int, help="version of the last commit that is known")
    arguments = parser.parse_args()
    names = [f"table_{number:05}" for number in range(arguments.tables)]
    after = "" if arguments.after is None else f"{arguments.after:020d}.json"
    if "://" in arguments.prefix:
        asyncio.run(read_all(names, after))
    else:
        sum(read_disk(f"{arguments.prefix}/{name}", after) for name in names)
    # Threads of the client that still want the interpreter while it ends would abort the process.
    os._exit(0)


if __name__ == "__main__":
    main()
