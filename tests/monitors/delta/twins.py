"""Random scripts of writes, played on two tables at once: one keeps a change feed, one may not.

What the twin's feed holds is what the other's feed would hold.
"""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder, write_deltalake

Counts = tuple[int, int, int]
FEED = "delta.enableChangeDataFeed"
IDS = 40
PARTS = ("x", "y")


class Twins:
    """Two tables with the same rows, and what each version did to them."""

    def __init__(self, folder: Path, rng: random.Random) -> None:
        self.rng = rng
        self.table, self.twin = str(folder / "table"), str(folder / "twin")
        self.both = (self.table, self.twin)
        self.partition_by = rng.choice((None, ["part"]))
        self.keeps_feed = rng.random() < 0.5
        rows = self.rows(8)
        for uri in self.both:
            feed = uri == self.twin or self.keeps_feed
            configuration: dict[str, str | None] = {FEED: "true"} if feed else {}
            write_deltalake(uri, rows, partition_by=self.partition_by, configuration=configuration)

    def step(self) -> None:
        """One write, the same to both."""
        self.rng.choice(STEPS)(self)

    def rows(self, most: int) -> pa.Table:
        ids = self.rng.sample(range(IDS), self.rng.randint(1, most))
        return pa.table(
            {
                "id": pa.array(ids, pa.int64()),
                "n": pa.array([self.rng.randint(0, 3) for _ in ids], pa.int64()),
                "part": [self.rng.choice(PARTS) for _ in ids],
            }
        )

    def truth(self, version: int) -> Counts:
        """What the twin's feed says of a version."""
        changes = DeltaTable(self.twin, version=version).load_cdf(
            version, version, columns=["_change_type"]
        )
        kinds = Counter(str(kind) for kind in changes.read_all()["_change_type"].to_pylist())
        return kinds["insert"], kinds["update_postimage"], kinds["delete"]

    def live_rows(self) -> int:
        """The rows of the table, by a scan."""
        builder = QueryBuilder().register("t", DeltaTable(self.table))
        (row,) = builder.execute("SELECT count(*) AS n FROM t").read_all()["n"].to_pylist()
        return int(row)

    @property
    def version(self) -> int:
        return DeltaTable(self.table).version()

    def condition(self) -> str:
        low = self.rng.randrange(IDS)
        by_id = f"id >= {low} AND id < {low + self.rng.randint(1, 15)}"
        return self.rng.choice((by_id, by_id, f"part = '{self.rng.choice(PARTS)}'", "n = 1"))


def append(twins: Twins) -> None:
    rows = twins.rows(6)
    for uri in twins.both:
        write_deltalake(uri, rows, mode="append")


def overwrite(twins: Twins) -> None:
    rows = twins.rows(8)
    for uri in twins.both:
        write_deltalake(uri, rows, mode="overwrite")


def overwrite_a_partition(twins: Twins) -> None:
    part = twins.rng.choice(PARTS)
    rows = twins.rows(6)
    rows = rows.set_column(2, "part", pa.array([part] * rows.num_rows))
    for uri in twins.both:
        write_deltalake(uri, rows, mode="overwrite", predicate=f"part = '{part}'")


def delete(twins: Twins) -> None:
    condition = twins.condition() if twins.rng.random() < 0.9 else None
    for uri in twins.both:
        DeltaTable(uri).delete(condition)


def update(twins: Twins) -> None:
    condition = twins.condition()
    value = twins.rng.choice(("n", "n + 1", "2"))
    for uri in twins.both:
        DeltaTable(uri).update(updates={"n": value}, predicate=condition)


def merge(twins: Twins) -> None:
    rows = twins.rows(10)
    clauses = [twins.rng.random() < 0.6 for _ in range(4)]
    for uri in twins.both:
        merger = DeltaTable(uri).merge(rows, "s.id = t.id", source_alias="s", target_alias="t")
        if clauses[0]:
            merger = merger.when_matched_delete("s.n = 0")
        if clauses[1]:
            merger = merger.when_matched_update({"n": "s.n"})
        if clauses[2] or not any(clauses):
            merger = merger.when_not_matched_insert({"id": "s.id", "n": "s.n", "part": "s.part"})
        if clauses[3]:
            merger = merger.when_not_matched_by_source_delete("t.n = 3")
        merger.execute()


def optimize(twins: Twins) -> None:
    for uri in twins.both:
        DeltaTable(uri).optimize.compact()


def restore(twins: Twins) -> None:
    if twins.version:
        target = twins.rng.randrange(twins.version)
        for uri in twins.both:
            DeltaTable(uri).restore(target)


def checkpoint(twins: Twins) -> None:
    for uri in twins.both:
        DeltaTable(uri).create_checkpoint()


def switch_the_feed(twins: Twins) -> None:
    """On or off at the one, nothing at the other: a commit of both."""
    twins.keeps_feed = not twins.keeps_feed
    value = str(twins.keeps_feed).lower()
    DeltaTable(twins.table).alter.set_table_properties({FEED: value})
    DeltaTable(twins.twin).alter.set_table_properties({FEED: "true"})


STEPS: tuple[Callable[[Twins], None], ...] = (
    append,
    append,
    overwrite,
    overwrite_a_partition,
    delete,
    delete,
    update,
    merge,
    merge,
    optimize,
    restore,
    checkpoint,
    switch_the_feed,
)
