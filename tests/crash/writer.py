"""A process that changes two Delta tables until it is told to stop, and keeps books of each commit.

Usage: writer.py FOLDER SEED. Ends after the current commit on SIGTERM. The books, FOLDER/ledger,
have a JSON line for each commit, from what this program knows that it did: nothing is read back.
"""

import json
import random
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

FIELDS: list[tuple[str, pa.DataType]] = [("id", pa.int64()), ("text", pa.string())]
SCHEMA = pa.schema(FIELDS)
FEED = {"posts": True, "labels": False}
PACE = 0.15  # seconds between commits: leaves the machine to the runners


@dataclass
class Counts:
    """What a commit did, in rows."""

    inserted: int = 0
    updated: int = 0
    deleted: int = 0


@dataclass
class Table:
    """A table and the ids that must be in it."""

    path: Path
    feed: bool
    chance: random.Random
    ids: set[int] = field(default_factory=set)
    next_id: int = 0
    commits: int = 0

    def create(self) -> Counts:
        properties = {"delta.enableChangeDataFeed": str(self.feed).lower()}
        rows = self._fresh(20)
        write_deltalake(self.path, self._rows(rows), configuration=properties)
        return Counts(inserted=len(rows))

    def change(self) -> Counts:
        """One commit of a kind that chance picks."""
        self.commits += 1
        if self.commits % 12 == 0:
            done = DeltaTable(self.path).optimize.compact()
            if done["numFilesRemoved"]:
                return Counts()
        kinds = [self._append, self._append, self._merge, self._delete]
        if self.feed:
            kinds.append(self._update)  # counted by the feed, as its log is not exact
        return self.chance.choice(kinds)()

    def _append(self) -> Counts:
        rows = self._fresh(self.chance.randint(1, 9))
        write_deltalake(self.path, self._rows(rows), mode="append")
        return Counts(inserted=len(rows))

    def _merge(self) -> Counts:
        known = self.chance.sample(sorted(self.ids), min(len(self.ids), self.chance.randint(1, 5)))
        new = self._fresh(self.chance.randint(1, 4))
        merger = DeltaTable(self.path).merge(
            self._rows([*known, *new]), "s.id = t.id", source_alias="s", target_alias="t"
        )
        merger.when_matched_update_all().when_not_matched_insert_all().execute()
        return Counts(inserted=len(new), updated=len(known))

    def _update(self) -> Counts:
        known = self.chance.sample(sorted(self.ids), min(len(self.ids), 3))
        if not known:
            return self._append()
        chosen = ", ".join(map(str, known))
        DeltaTable(self.path).update(
            predicate=f"id in ({chosen})", new_values={"text": f"{self.commits}u"}
        )
        return Counts(updated=len(known))

    def _delete(self) -> Counts:
        first = self.chance.randint(0, self.next_id)
        gone = {number for number in self.ids if first <= number < first + 6}
        if not gone:
            return self._append()
        DeltaTable(self.path).delete(f"id >= {first} and id < {first + 6}")
        self.ids -= gone
        return Counts(deleted=len(gone))

    def _fresh(self, count: int) -> list[int]:
        rows = list(range(self.next_id, self.next_id + count))
        self.next_id += count
        self.ids.update(rows)
        return rows

    def _rows(self, ids: list[int]) -> pa.Table:
        # The text is new each time, so that an update changes its row.
        texts = [f"{number}/{self.commits}" for number in ids]
        return pa.table({"id": ids, "text": texts}, schema=SCHEMA)


def main(folder: Path, seed: int) -> None:
    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    tables = [
        Table(folder / name, feed, random.Random(f"{seed}/{name}")) for name, feed in FEED.items()
    ]
    with (folder / "ledger").open("a", buffering=1) as ledger:

        def note(table: Table, counts: Counts) -> None:
            ledger.write(json.dumps({"table": table.path.name, **vars(counts)}) + "\n")

        for table in tables:
            note(table, table.create())
        while not stopping:
            for table in tables:
                note(table, table.change())
            time.sleep(PACE)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
