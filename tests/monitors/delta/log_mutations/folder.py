"""Mutations of the log's folder: what lies there that is no file, or has no decent name."""

import os
import shutil
from pathlib import Path

from tests.monitors.delta.log_builder import Log
from tests.monitors.delta.log_mutations.spoiling import (
    SAME,
    Fails,
    Gives,
    How,
    Mutation,
    both,
    broken,
    folder,
    linked,
    lost,
    name_of,
    pipe,
    put,
    sparse,
)

NAME = "00000000000000000005.checkpoint.parquet"
SHORTER = Gives(head=8, rows=32, files=2, size=200, newest=False)
LACKING = Fails("lacks version 8", "restore the missing commit")


def named(name: bytes) -> How:
    """A file of the log whose name is these bytes."""

    def spoil(log: Log) -> None:
        folder = os.fsencode(log.table / "_delta_log")
        Path(os.fsdecode(folder + b"/" + name)).write_bytes(b"{}")

    return spoil


def log_is(how: How) -> How:
    """Something else in place of the log's folder, which is kept beside it as `kept`."""

    def spoil(log: Log) -> None:
        (log.table / "_delta_log").rename(log.table / "kept")
        how(log)

    return spoil


def table_is(target: str) -> How:
    """A symlink in place of the table's folder, which is kept beside it as `kept`."""

    def spoil(log: Log) -> None:
        log.table.rename(log.table.parent / "kept")
        log.table.symlink_to(log.table.parent / target)

    return spoil


def symlink(name: str, target: str) -> How:
    return lambda log: (log.table / name).symlink_to(target)


def elsewhere(log: Log) -> None:
    """A commit that is a symlink to a file outside the table."""
    file = log.path(name_of(9))
    shutil.move(file, log.table.parent / "commit")
    file.symlink_to(log.table.parent / "commit")


def unreadable_mode(log: Log) -> None:
    os.utime(log.path(name_of(9)), (-(2**40), 2**40))


MUTATIONS: dict[str, Mutation] = {
    # What is no file.
    "a folder in place of the newest commit": Mutation(folder(9), SHORTER),
    "a folder in place of a commit": Mutation(folder(8), LACKING),
    "a pipe in place of the newest commit": Mutation(pipe(9), SHORTER),
    "a pipe in place of a commit": Mutation(pipe(8), LACKING),
    "a pipe beside the commits": Mutation(pipe(10), SAME),
    "a pipe in place of the checkpoint": Mutation(pipe(NAME), SAME),
    "a pipe in place of the pointer": Mutation(pipe("_last_checkpoint"), SAME),
    "a pipe in place of the checksum": Mutation(pipe("00000000000000000009.crc"), SAME),
    "a commit that is a symlink to itself": Mutation(linked(9, name_of(9)), SHORTER),
    "commits that are symlinks to each other": Mutation(
        both(linked(10, name_of(11)), linked(11, name_of(10))), SAME
    ),
    "a symlink to nowhere beside the commits": Mutation(linked(10, "nowhere"), SAME),
    "a symlink to the log's folder in the log": Mutation(linked("loop", "."), SAME),
    "a symlink to the log's folder that is named like a commit": Mutation(linked(10, "."), SAME),
    "a symlink to a device": Mutation(linked(10, "/dev/zero"), SAME),
    "a commit that is a symlink to a file": Mutation(elsewhere, SAME),
    "a loop of symlinks among the data": Mutation(
        both(symlink("round", "."), symlink("part=x y/up", "..")), SAME
    ),
    # The table's folder.
    "the table's folder is a symlink": Mutation(table_is("kept"), SAME),
    "the table's folder is a symlink to itself": Mutation(
        table_is("table"), Fails("cannot open ", "check the path")
    ),
    "the table's folder is a symlink to nowhere": Mutation(
        table_is("nowhere"), Fails("cannot open ", "check the path")
    ),
    # The log's folder.
    "the log's folder is a symlink": Mutation(log_is(symlink("_delta_log", "kept")), SAME),
    "the log's folder is a symlink to itself": Mutation(
        log_is(symlink("_delta_log", "_delta_log")),
        Fails("/_delta_log/ cannot be read: ", "check the storage"),
    ),
    "the log's folder is a file": Mutation(
        log_is(lambda log: (log.table / "_delta_log").write_text("x")),
        Fails("/_delta_log/ cannot be read: ", "check the storage"),
    ),
    "the log's folder is gone": Mutation(
        log_is(lambda log: None),
        Fails("is not a Delta table: it has no _delta_log", "check the URI"),
    ),
    "the log's folder is empty": Mutation(
        log_is(lambda log: (log.table / "_delta_log").mkdir()),
        Fails("is not a Delta table: it has no _delta_log", "check the URI"),
    ),
    "the log holds nothing of a log": Mutation(
        log_is(lambda log: log.path("notes.txt").write_text("x")),
        Fails("holds neither a commit nor a complete checkpoint", "restore the log"),
    ),
    # Names.
    "names that are not UTF-8": Mutation(
        both(named(b"\xff\xfe.json"), named(b"00000000000000000010\xff.json")), SAME
    ),
    "a name with a line break": Mutation(named(b"00000000000000000010.json\n"), SAME),
    "digits of another script": Mutation(
        named(("\N{ARABIC-INDIC DIGIT ONE}" * 20 + ".json").encode()), SAME
    ),
    "a version of 21 digits": Mutation(put("000000000000000000010.json", "{}"), SAME),
    "a version beyond 64 bits": Mutation(put("99999999999999999999.json", "{}"), SAME),
    "a version of 2^63": Mutation(put(2**63, "{}"), SAME),
    "a commit far ahead of the newest": Mutation(
        put(2**63 - 1, '{"commitInfo": {}}'),
        Fails("lacks version 10", "restore the missing commit"),
    ),
    "a negative version": Mutation(put("-0000000000000000001.json", "{}"), SAME),
    "copies of editors and file systems": Mutation(
        both(
            put("00000000000000000009 (1).json", "{}"),
            put(".00000000000000000010.json.swp", "{}"),
            put("00000000000000000010.json~", "{}"),
            put(".DS_Store", b"\0"),
            put("_commits", "{}"),
        ),
        SAME,
    ),
    # Sizes.
    "a commit of five gigabytes of nothing": Mutation(
        sparse(9, 5 << 30),
        Fails("_delta_log/00000000000000000009.json has 5368709120 bytes, more than any log needs"),
    ),
    "a checkpoint of five gigabytes of nothing": Mutation(sparse(NAME, 5 << 30), SAME),
    "a needed checkpoint of five gigabytes of nothing": Mutation(
        both(sparse(NAME, 5 << 30), lost(0, 1, 2, 3)),
        Fails(f"{NAME} has 5368709120 bytes, more than any log needs"),
        SAME,
    ),
    "a checksum of five gigabytes of nothing": Mutation(
        sparse("00000000000000000009.crc", 5 << 30), SAME
    ),
    "a commit that is all white space": Mutation(put(9, " " * 100_000), broken(9, " is empty")),
    # Times.
    "times of files beyond any calendar": Mutation(unreadable_mode, SAME),
}
