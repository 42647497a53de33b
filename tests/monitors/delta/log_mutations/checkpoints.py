"""Mutations of checkpoints, of what points to them, and of what else tells a state.

While every commit is there a checkpoint is not needed; where the log's start was cleaned it is.
"""

import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.monitors.delta.log_builder import Action, Log, add, protocol
from tests.monitors.delta.log_mutations.healthy import (
    FILES,
    FIRST_VECTOR,
    METADATA,
    PROTOCOL,
    SIZE,
    gone,
    point,
    written,
)
from tests.monitors.delta.log_mutations.spoiling import (
    SAME,
    Fails,
    Gives,
    How,
    Mutation,
    body,
    both,
    copied,
    cut,
    lost,
    put,
    sparse,
)

NAME = "00000000000000000005.checkpoint.parquet"
CLEANED = Gives(but=dict.fromkeys(range(4)))
NEEDED = Fails(f"broken log: _delta_log/{NAME} is not a readable Parquet file")
cleaned = lost(0, 1, 2, 3)


def flipped(content: bytes) -> bytes:
    middle = len(content) // 3
    return (
        content[:middle]
        + bytes(255 - b for b in content[middle : middle + 400])
        + content[middle + 400 :]
    )


def parquet(table: pa.Table) -> How:
    """A checkpoint of that content."""

    def spoil(log: Log) -> None:
        pq.write_table(table, log.path(NAME))

    return spoil


def holding(*actions: Action, version: int = 5) -> How:
    return lambda log: log.checkpoint(version, *actions)


def pointing(version: Any, files: Any) -> How:
    return lambda log: point(log, version, files)


def crc(document: Any) -> How:
    return put("00000000000000000009.crc", json.dumps(document))


def in_sidecars(log: Log, *names: str) -> None:
    """The checkpoint as a v2 manifest in place of the classic one; its sidecars by these names."""
    actions = pq.read_table(log.path(NAME)).to_pylist()
    adds = [{"add": dict(a["add"], partitionValues={"part": "x y"})} for a in actions if a["add"]]
    log.path(NAME).unlink()
    log.sidecar("one.parquet", *adds[:1])
    log.sidecar("two.parquet", *adds[1:])
    log.manifest(5, PROTOCOL, METADATA, sidecars=names)


def v2(*names: str) -> How:
    return lambda log: in_sidecars(log, *names)


BOTH = ("one.parquet", "two.parquet")
OTHERS = "the checkpoint of version 5 holds 1 files, the commits up to it give others (2)"


def far_ahead(version: int) -> Gives:
    """What engines would read, and that something is wrong with it."""
    return Gives(
        head=version,
        rows=32,
        files=2,
        size=200,
        newest=False,
        problems=(f"the checkpoint of version {version} lies above the newest commit, version 9",),
        events=("log_cleaned",),
    )


MUTATIONS: dict[str, Mutation] = {
    # Not needed.
    "a checkpoint that is cut": Mutation(cut(NAME, 500)),
    "a checkpoint with flipped bytes": Mutation(body(NAME, flipped)),
    "a checkpoint that is empty": Mutation(put(NAME, b"")),
    "a checkpoint of another schema": Mutation(parquet(pa.table({"x": [1]}))),
    "a checkpoint that is missing": Mutation(lost(NAME)),
    # Needed.
    "the log's start was cleaned": Mutation(cleaned, CLEANED, SAME),
    "a needed checkpoint that is cut": Mutation(both(cleaned, cut(NAME, 500)), NEEDED, SAME),
    "a needed checkpoint with flipped bytes": Mutation(
        both(cleaned, body(NAME, flipped)), NEEDED, SAME
    ),
    "a needed checkpoint that is empty": Mutation(both(cleaned, put(NAME, b"")), NEEDED, SAME),
    "a needed checkpoint that is text": Mutation(
        both(cleaned, put(NAME, "{}" * 1000)), NEEDED, SAME
    ),
    "a needed checkpoint of another schema": Mutation(
        both(cleaned, parquet(pa.table({"x": [1]}))),
        Fails(f"broken log: _delta_log/{NAME} holds no metaData or no protocol action"),
        SAME,
    ),
    "a needed checkpoint whose add is a number": Mutation(
        both(cleaned, parquet(pa.table({"add": [1], "metaData": [2], "protocol": [3]}))),
        Fails(f"broken log: _delta_log/{NAME} "),
        SAME,
    ),
    "a needed checkpoint that is missing": Mutation(
        both(cleaned, lost(NAME)), Fails("lacks", "restore the missing commit"), SAME
    ),
    "a needed checkpoint without a protocol": Mutation(
        both(cleaned, holding(METADATA, written("D", 25, 4))),
        Fails(f"broken log: _delta_log/{NAME} holds no metaData or no protocol action"),
        SAME,
    ),
    "a needed checkpoint of an unknown protocol": Mutation(
        both(cleaned, holding(protocol(9, 9), METADATA)),
        Fails("the table asks for reader version 9", "upgrade"),
        SAME,
    ),
    "one part of two is missing": Mutation(
        both(
            cleaned,
            lambda log: log.checkpoint(5, PROTOCOL, METADATA, parts=2)[0].unlink(),
        ),
        CLEANED,
        SAME,
    ),
    # Of the wrong version.
    "a checkpoint with the files of another version": Mutation(
        holding(PROTOCOL, METADATA, written("D", 25, 4)), SAME
    ),
    "a checkpoint that contradicts the commits, and is pointed to": Mutation(
        both(holding(PROTOCOL, METADATA, written("D", 25, 4)), pointing(5, 1)),
        Gives(problems=(OTHERS,)),
        SAME,
    ),
    "a needed checkpoint with the files of another version": Mutation(
        both(cleaned, holding(PROTOCOL, METADATA, written("D", 25, 4))),
        Gives(but=dict.fromkeys(range(4)), rows=36, files=2, size=200),
        SAME,
    ),
    "a checkpoint far ahead of the newest commit": Mutation(
        copied(NAME, "00000000000000000050.checkpoint.parquet"),
        far_ahead(50),
    ),
    "a checkpoint of the greatest version": Mutation(
        copied(NAME, f"{2**63 - 1:020d}.checkpoint.parquet"),
        far_ahead(2**63 - 1),
    ),
    "a checkpoint beyond the greatest version": Mutation(
        copied(NAME, f"{2**63:020d}.checkpoint.parquet"), SAME
    ),
    "part 0 of 0": Mutation(
        both(
            copied(NAME, "00000000000000000009.checkpoint.0000000000.0000000000.parquet"),
            copied(NAME, "00000000000000000009.checkpoint.0000000003.0000000002.parquet"),
            copied(NAME, "00000000000000000009.checkpoint.9999999999.9999999999.parquet"),
        ),
        SAME,
    ),
    "absurd numbers in a needed checkpoint": Mutation(
        both(
            cleaned,
            holding(
                PROTOCOL,
                METADATA,
                written("D", 25, 4),
                written("H", -5, 4, size=-1),
                add("I", stats='{"numRecords": 1e308}', size=2**63 - 1),
            ),
        ),
        Gives(
            but=dict.fromkeys(range(4)),
            rows=None,
            files=4,
            size=None,
            newest=None,
            problems=("2 of 4 files carry no row count", "1 of 4 files carry no plausible size"),
        ),
        SAME,
    ),
    # `_last_checkpoint`.
    "a pointer that counts wrongly": Mutation(pointing(5, 7), SAME),
    "a pointer to nowhere": Mutation(pointing(4, 7), SAME),
    "a pointer far ahead": Mutation(pointing(2**63, 1), SAME),
    "a pointer of odd types": Mutation(pointing("five", [1]), SAME),
    "a negative pointer": Mutation(pointing(-5, -1), SAME),
    "a pointer that is no object": Mutation(put("_last_checkpoint", "5"), SAME),
    "a pointer that is cut": Mutation(put("_last_checkpoint", '{"version": 5, "si'), SAME),
    "an empty pointer": Mutation(put("_last_checkpoint", b""), SAME),
    "a pointer that is not UTF-8": Mutation(put("_last_checkpoint", b"\xff\xfe{"), SAME),
    "a pointer nested too deep": Mutation(put("_last_checkpoint", "[" * 200_000), SAME),
    "no pointer": Mutation(lost("_last_checkpoint"), SAME),
    "a pointer of a gigabyte": Mutation(sparse("_last_checkpoint", 1 << 30), SAME),
    "a wrong count of a checkpoint that cannot be read": Mutation(
        both(pointing(5, 1), put(NAME, b"PAR1")), SAME
    ),
    # V2 checkpoints and sidecars.
    "a checkpoint in sidecars": Mutation(both(v2(*BOTH), cleaned), CLEANED, SAME),
    "a sidecar named twice": Mutation(both(v2(*BOTH, "one.parquet"), cleaned), CLEANED, SAME),
    "a sidecar named by its whole path": Mutation(
        both(v2("s3://elsewhere/_delta_log/_sidecars/one.parquet", "two%2Eparquet"), cleaned),
        CLEANED,
        SAME,
    ),
    "a sidecar that is missing": Mutation(
        both(v2(*BOTH, "three.parquet"), cleaned),
        Fails("/_delta_log/_sidecars/three.parquet does not exist", "check the path"),
        SAME,
    ),
    "a sidecar that is corrupt": Mutation(
        both(v2(*BOTH), put("_sidecars/two.parquet", b"PAR1PAR1"), cleaned),
        Fails("broken log: _delta_log/_sidecars/two.parquet is not a readable Parquet file"),
        SAME,
    ),
    "a manifest that is cut": Mutation(
        both(
            v2(*BOTH),
            lambda log: [
                file.write_bytes(file.read_bytes()[:300])
                for file in log.table.glob("_delta_log/*.checkpoint.*.json")
            ],
            cleaned,
        ),
        Fails("broken log: _delta_log/00000000000000000005.checkpoint.", "restore the file"),
        SAME,
    ),
    # Checksums and compacted logs.
    "a checksum that counts wrongly": Mutation(
        crc({"numFiles": FILES + 1, "tableSizeBytes": SIZE}),
        Gives(problems=("states 4 files, the log's actions give 3",)),
        SAME,
    ),
    "a checksum of odd types": Mutation(crc({"numFiles": -1, "tableSizeBytes": "x"}), SAME),
    "a checksum of absurd numbers": Mutation(
        crc({"numFiles": 2**64, "tableSizeBytes": 1e308}), SAME
    ),
    "a checksum that is no object": Mutation(crc([]), SAME),
    "a checksum that is cut": Mutation(put("00000000000000000009.crc", '{"numF'), SAME),
    "a checksum that is empty": Mutation(put("00000000000000000009.crc", b""), SAME),
    "a checksum of another version": Mutation(
        copied("00000000000000000009.crc", "00000000000000000002.crc"), SAME
    ),
    "a compacted log makes up for a commit": Mutation(
        both(lambda log: log.compacted(7, 8, gone("E")), lost(8)),
        Gives(but={8: None}, events=("log_cleaned",)),
        # A listing that starts at version 7 does not hold it.
        Fails("lacks version 8", "restore the missing commit"),
    ),
    "compacted logs that overlap": Mutation(
        both(
            lambda log: log.compacted(7, 8, gone("D"), written("Z", 5, 9)),
            lambda log: log.compacted(8, 9, gone("E"), written("F", 11, 9)),
            lambda log: log.compacted(9, 2, gone("E")),
        ),
        SAME,
    ),
    "a compacted log that leads over the newest commit": Mutation(
        both(lambda log: log.compacted(8, 50, gone("E")), lost(8)),
        Fails("lacks version 8", "restore the missing commit"),
    ),
    "a compacted log that is cut": Mutation(
        both(
            lambda log: log.compacted(8, 8, gone("E")).write_text('{"remo'),
            lost(8),
        ),
        Fails("lacks version 8", "restore the missing commit"),
    ),
    "a vector that another commit already took": Mutation(
        both(
            cleaned, holding(PROTOCOL, METADATA, written("A", 10, 1, deletionVector=FIRST_VECTOR))
        ),
        Gives(
            but={**dict.fromkeys(range(4)), 6: (0, 3, 0)},
            rows=44,
            files=3,
            size=300,
        ),
        SAME,
    ),
}
