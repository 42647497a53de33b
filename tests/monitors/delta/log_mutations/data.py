"""Mutations of what commits name: deletion vectors, change files and data files."""

import os
from dataclasses import replace
from typing import Any

from tests.monitors.delta.log_builder import Log
from tests.monitors.delta.log_mutations.healthy import CHANGES
from tests.monitors.delta.log_mutations.spoiling import (
    SAME,
    Gives,
    How,
    Mutation,
    action,
)
from tests.monitors.delta.written import z85

DATA = "part=x y/C.parquet"
UNSURE = Gives(but={4: (0, 0, 1)}, doubts={4: "unreadable_feed"})
VACUUMED = Gives(but={4: (0, 0, 1)}, doubts={4: "vacuumed"})
NO_CHANGES = Gives(but={6: (0, None, 0)}, doubts={6: "unreadable_feed"})
CHANGES_GONE = replace(NO_CHANGES, doubts={6: "vacuumed"}, events=("feed_vacuumed",))
NO_FOOTER = Gives(but={2: (None, 0, 0)}, doubts={2: "no_statistics"})


def file(name: str, how: How) -> How:
    """Something else in place of a data file; `*` stands for the vector's name."""

    def spoil(log: Log) -> None:
        (path,) = log.table.glob(name)
        path.unlink()
        how(Log(path))

    return spoil


def holding(content: bytes) -> How:
    return lambda log: log.table.write_bytes(content)


def a_pipe(log: Log) -> None:
    os.mkfifo(log.table)


def a_folder(log: Log) -> None:
    log.table.mkdir()


def a_loop(log: Log) -> None:
    log.table.symlink_to(log.table)


def a_device(log: Log) -> None:
    log.table.symlink_to("/dev/zero")


def nothing(log: Log) -> None:
    pass


def huge(log: Log) -> None:
    with log.table.open("wb") as sparse:
        sparse.truncate(1 << 40)


def vector(**changes: Any) -> How:
    """Another descriptor for the vector that version 4 gave to A, until A's last place."""
    descriptor = {
        "storageType": "u",
        "pathOrInlineDv": z85(bytes(16)),
        "offset": 1,
        "sizeInBytes": 40,
        "cardinality": 3,
    }
    return action(4, "add", deletionVector=descriptor | changes)


def doubted(
    reason: str = "unreadable_feed", *, deleted: int | None = 1, rows: bool = True
) -> Gives:
    """Version 4 is only known by the sizes of its vectors; the table by the last of them."""
    counts = (None, 0, None) if deleted is None else (0, 0, deleted)
    if rows:
        return Gives(but={4: counts}, doubts={4: reason})
    return Gives(
        but={4: counts},
        doubts={4: reason},
        rows=None,
        problems=("1 of 3 files carry no row count in their statistics",),
    )


def change_file(**changes: Any) -> How:
    return action(6, "cdc", **changes)


VECTOR = "deletion_vector_*.bin"


def flipped(name: str, at: int) -> How:
    def spoil(log: Log) -> None:
        (path,) = log.table.glob(name)
        content = bytearray(path.read_bytes())
        content[at] ^= 0xFF
        path.write_bytes(content)

    return spoil


MUTATIONS: dict[str, Mutation] = {
    # A vector in a file.
    "a vector whose file is gone": Mutation(file(VECTOR, nothing), VACUUMED, SAME),
    "a vector whose file is empty": Mutation(file(VECTOR, holding(b"")), UNSURE, SAME),
    "a vector whose file is cut": Mutation(file(VECTOR, holding(b"\1\0\0")), UNSURE, SAME),
    "a vector with a wrong checksum": Mutation(flipped(VECTOR, -1), UNSURE, SAME),
    "a vector with a flipped bit": Mutation(flipped(VECTOR, -6), UNSURE, SAME),
    "a vector whose size is wrong": Mutation(flipped(VECTOR, 4), UNSURE, SAME),
    "a vector in a folder": Mutation(file(VECTOR, a_folder), VACUUMED, SAME),
    "a vector in a pipe": Mutation(file(VECTOR, a_pipe), UNSURE, SAME),
    "a vector in a loop of symlinks": Mutation(file(VECTOR, a_loop), UNSURE, SAME),
    "a vector in a device": Mutation(file(VECTOR, a_device), UNSURE, SAME),
    "a vector in a terabyte of nothing": Mutation(file(VECTOR, huge), UNSURE, SAME),
    # Its descriptor: only what version 4 did to A is known by it, D replaces nothing of it.
    "a vector that points nowhere": Mutation(vector(), doubted("vacuumed"), SAME),
    "a vector in a store that nobody knows": Mutation(
        vector(storageType="p", pathOrInlineDv="nowhere://bucket/x"), doubted(), SAME
    ),
    "a vector of an unknown kind": Mutation(vector(storageType="z"), doubted(), SAME),
    "a vector whose name is too short": Mutation(vector(pathOrInlineDv="x"), doubted(), SAME),
    "a vector whose name is not Z85": Mutation(vector(pathOrInlineDv='"' * 20), doubted(), SAME),
    "a vector at a negative place": Mutation(vector(offset=-1), doubted(), SAME),
    "a vector at a place of 2^63": Mutation(vector(offset=2**63), doubted(), SAME),
    "a vector of 2^31 bytes": Mutation(vector(sizeInBytes=2**31), doubted(), SAME),
    "a vector of a size in words": Mutation(vector(sizeInBytes="x"), doubted(), SAME),
    "an inline vector of other bytes": Mutation(
        vector(storageType="i", pathOrInlineDv="00000"), doubted(), SAME
    ),
    "a vector that deletes more rows than the file has": Mutation(
        vector(cardinality=11), doubted("vacuumed", deleted=9, rows=False), SAME
    ),
    "a vector that deletes 2^62 rows": Mutation(
        vector(cardinality=2**62), doubted("vacuumed", deleted=None, rows=False), SAME
    ),
    "a vector that deletes -1 rows": Mutation(
        vector(cardinality=-1), doubted(deleted=None, rows=False), SAME
    ),
    "a vector that does not say how many rows it deletes": Mutation(
        vector(cardinality=None), doubted(deleted=None, rows=False), SAME
    ),
    "a vector that is no object": Mutation(
        action(4, "add", deletionVector="x"), Gives(but={4: (2, 0, 0)}, rows=46), SAME
    ),
    # A data file that is asked for its rows.
    "a file without statistics is gone": Mutation(file(DATA, nothing), NO_FOOTER, SAME),
    "a file without statistics is empty": Mutation(file(DATA, holding(b"")), NO_FOOTER, SAME),
    "a file without statistics is text": Mutation(file(DATA, holding(b"x" * 999)), NO_FOOTER, SAME),
    "a file without statistics has a footer of 4 GB": Mutation(
        file(DATA, holding(b"PAR1" + bytes(99) + b"\xff\xff\xff\xff" + b"PAR1")), NO_FOOTER, SAME
    ),
    "a file without statistics is a folder": Mutation(file(DATA, a_folder), NO_FOOTER, SAME),
    "a file without statistics is a pipe": Mutation(file(DATA, a_pipe), NO_FOOTER, SAME),
    "a file without statistics is a loop": Mutation(file(DATA, a_loop), NO_FOOTER, SAME),
    "a file without statistics is a device": Mutation(file(DATA, a_device), NO_FOOTER, SAME),
    "a file without statistics is a terabyte of nothing": Mutation(
        file(DATA, huge), NO_FOOTER, SAME
    ),
    "a file without statistics and of a wrong size": Mutation(action(2, "add", size=7), SAME),
    "a file without statistics and of an absurd size": Mutation(
        action(2, "add", size=2**63 - 1), SAME
    ),
    # A change file.
    "a change file is gone": Mutation(
        file(CHANGES, nothing),
        CHANGES_GONE,
        SAME,
    ),
    "a change file is empty": Mutation(file(CHANGES, holding(b"")), NO_CHANGES, SAME),
    "a change file is text": Mutation(file(CHANGES, holding(b"x" * 99)), NO_CHANGES, SAME),
    "a change file is a pipe": Mutation(file(CHANGES, a_pipe), NO_CHANGES, SAME),
    "a change file is a folder": Mutation(file(CHANGES, a_folder), CHANGES_GONE, SAME),
    "a change file with flipped bytes": Mutation(flipped(CHANGES, 143), NO_CHANGES, SAME),
    "a change file without its column": Mutation(
        change_file(path="part%3Dx%20y/C.parquet"), NO_CHANGES, SAME
    ),
    "a change file whose path is broken": Mutation(change_file(path="%ff%00"), CHANGES_GONE, SAME),
    "a change file in another store": Mutation(
        change_file(path="nowhere://bucket/x"), NO_CHANGES, SAME
    ),
    "a change file of a wrong size": Mutation(change_file(size=2**63 - 1), SAME),
}
