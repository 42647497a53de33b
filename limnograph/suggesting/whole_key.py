"""Whether a key that is unique in a sample is so in the whole table, by counting it where cheap."""

from collections.abc import Sequence

import pyarrow as pa

from limnograph.suggesting.live import LiveTable
from limnograph.suggesting.row_rules import Looked
from monitors.delta.feed.changes import changes, feed_schema
from monitors.delta.feed.commits import ChangedCommit
from monitors.lakes.rows.engine import Engine, named

MOST_ROWS = 5_000_000
"""Rows up to which a key is counted in all of them."""


def proof_of(live: LiveTable, key: Sequence[str], looked: Looked) -> tuple[str, bool]:
    """A sentence on how the key is known to be unique, and whether it is.

    UnreadableError when the rows cannot be read.
    """
    if looked.all:
        return f"Each occurs once in {looked.text}.", True
    if live.rows is None or live.rows > MOST_ROWS:
        how = f"counting stops at {MOST_ROWS:,} rows"
        return f"Each occurs once in {looked.text}; not verified in the others: {how}.", True
    rows, repeated, nulls = _counted(live, list(key))
    if repeated or nulls:
        return f"of all {rows:,} rows {repeated:,} repeat a key, {nulls:,} have none", False
    return f"Each occurs once in all {rows:,} rows, by counting them.", True


def _counted(live: LiveTable, key: list[str]) -> tuple[int, int, int]:
    """Rows, those of them that repeat the key of another one, and those without a whole key."""
    everything = ChangedCommit(live.version, live.at, adds=tuple(f.file for f in live.files))
    fields = list(feed_schema(live.table, key))[: len(key)]
    engine = Engine()
    try:
        engine.create("keys", pa.schema(fields))
        for batch in changes(live.table, everything, key):
            engine.insert("keys", batch.select(key))
        columns = ", ".join(map(named, key))
        null = " or ".join(f"{named(column)} is null" for column in key)
        found = engine.query(
            f"select count(*) as r, count(*) filter (where {null}) as n, (select count(*) from"
            f" (select distinct {columns} from keys where not ({null}))) as d from keys"
        ).to_pylist()[0]
    finally:
        engine.close()
    return found["r"], found["r"] - found["n"] - found["d"], found["n"]
