"""Mutations of whole commits: their bytes, their lines, and which of them are there."""

from tests.monitors.delta.log_mutations.healthy import METADATA, gone, told, written
from tests.monitors.delta.log_mutations.spoiling import (
    SAME,
    Fails,
    Gives,
    Mutation,
    body,
    both,
    broken,
    copied,
    cut,
    info_of,
    lost,
    more,
    put,
    raw,
)

CHECKPOINT = "00000000000000000005.checkpoint.parquet"
UNKNOWN = (None, None, None)
# What no state tells: the files of A, B and C, until the checkpoint describes them.
HIDDEN = Gives(
    but={3: None},
    problems=("broken log: _delta_log/00000000000000000003.json:2 is not JSON",),
    events=("log_cleaned",),
)


def as_bytes(text: str) -> bytes:
    return text.encode()


MUTATIONS: dict[str, Mutation] = {
    # Truncated.
    "a commit before the checkpoint is cut in mid-line": Mutation(cut(3, 250), HIDDEN, SAME),
    "a commit after the checkpoint is cut in mid-line": Mutation(
        cut(8, 200), broken(8, ":2 is not JSON")
    ),
    "the newest commit is cut in mid-line": Mutation(cut(9, 200), broken(9, ":2 is not JSON")),
    "a commit is cut at the end of a line": Mutation(
        body(9, lambda b: b.split(b"\n")[0] + b"\n"),
        Gives(
            but={9: (0, 0, 0)},
            rows=32,
            files=2,
            size=200,
            newest=False,
        ),
        Gives(but={9: (0, 0, 0)}, rows=32, files=2, size=200, newest=False),
    ),
    "the newest commit is empty": Mutation(put(9, b""), broken(9, " is empty")),
    "the newest commit holds white space only": Mutation(
        put(9, b"\n \n\t\n"), broken(9, " is empty")
    ),
    "the newest commit is all zeros": Mutation(put(9, bytes(4096)), broken(9, ":1 is not JSON")),
    # Missing.
    "a commit before the checkpoint is missing": Mutation(
        lost(3), Gives(but={3: None}, events=("log_cleaned",)), SAME
    ),
    "a commit after the checkpoint is missing": Mutation(lost(8), Fails("version 8", "")),
    "the first commit is missing": Mutation(lost(0), Gives(but={0: None}), SAME),
    "the newest commit is missing": Mutation(
        lost(9), Gives(head=8, rows=32, files=2, size=200, newest=False)
    ),
    "every commit up to the checkpoint is missing": Mutation(
        lost(0, 1, 2, 3, 4, 5), Gives(but=dict.fromkeys(range(6))), SAME
    ),
    # Twice.
    "a commit's content stands under the next version too": Mutation(
        copied(9, 10), Gives(but={10: (11, 0, 0)}, doubts={10: "added_again"}, head=10)
    ),
    "a version is there in another spelling too": Mutation(
        both(
            copied(9, "9.json"),
            copied(9, "0000000000000000000009.json"),
            copied(9, "00000000000000000009.JSON"),
            copied(9, "00000000000000000009.json.tmp"),
            copied(9, ".00000000000000000009.json.crc"),
        ),
        SAME,
    ),
    "an add stands twice in a commit": Mutation(more(9, written("F", 11, 9)), SAME),
    "an add stands twice with other statistics": Mutation(
        more(9, written("F", 12, 9)), Gives(but={9: (12, 0, 0)}, rows=44)
    ),
    "an add of a file that is there already": Mutation(
        more(9, written("D2", 25, 4)), Gives(but={9: (36, 0, 0)}, doubts={9: "added_again"})
    ),
    "a remove stands twice in a commit": Mutation(more(8, gone("E")), SAME),
    "a remove of a file that never was": Mutation(
        more(8, gone("Z")), Gives(but={8: (0, 0, None)}, doubts={8: "unknown_files"})
    ),
    "two commitInfo in one commit": Mutation(more(9, told(9, "WRITE")), SAME),
    "two metaData in one commit": Mutation(more(8, METADATA, METADATA), SAME),
    "the commit that was read last says something else": Mutation(
        info_of(7, userMetadata="x"), SAME, Gives(events=("recreated",)), anew=True
    ),
    "a commit that was read long ago is cut": Mutation(
        cut(6, 200),
        broken(6, ":2 is not JSON"),
        SAME,
    ),
    # Characters.
    "a byte order mark at the start": Mutation(
        body(9, lambda b: b"\xef\xbb\xbf" + b),
        broken(9, ":1 is not JSON (UTF-8 byte order mark"),
    ),
    "carriage returns at the ends of lines": Mutation(
        body(9, lambda b: b.replace(b"\n", b"\r\n") + b"\r\n"), SAME
    ),
    "blank lines between the actions": Mutation(
        body(9, lambda b: b.replace(b"\n", b"\n\n  \n")), SAME
    ),
    "two actions on one line": Mutation(
        body(9, lambda b: b.replace(b"\n", b" ")),
        broken(9, ":1 is not JSON"),
    ),
    "a NUL byte behind the last line": Mutation(
        body(9, lambda b: b + b"\n\0"),
        broken(9, ":3 is not JSON"),
    ),
    "bytes that are not UTF-8": Mutation(
        raw(9, "operation", b"oper\xfftion"),
        broken(9, ":1 is not JSON"),
    ),
    "a lone surrogate in a text": Mutation(
        raw(9, "WRITE", "\\ud800"),
        broken(9, ":1 is not JSON"),
    ),
    "NaN for a number": Mutation(
        raw(9, '"size": 100', '"size": NaN'),
        broken(9, ":2 is not JSON"),
    ),
    "a line that is no object": Mutation(
        more(9, "[]"),
        broken(9, ":3 is not a JSON object"),
    ),
    "a line that is null": Mutation(
        more(9, "null"),
        broken(9, ":3 is not a JSON object"),
    ),
    "keys that stand twice": Mutation(raw(9, '"size": 100', '"size": 7, "size": 100'), SAME),
    "nesting too deep for a stack": Mutation(
        more(9, '{"x": ' * 200_000 + "1" + "}" * 200_000),
        broken(9, ":3 is not JSON"),
    ),
    "nesting as deep as a parser goes": Mutation(more(9, '{"x": ' * 1000 + "1" + "}" * 1000), SAME),
    # Actions that are unknown or say too little.
    "unknown actions": Mutation(
        more(9, {"rumour": {"path": "x"}}, {"": None}, {}, {"add": None}), SAME
    ),
    "an action of a known kind that is no object": Mutation(
        more(9, '{"add": 5}'),
        broken(9, ":3 has an action 'add' that is not an object"),
    ),
    "an add without a path": Mutation(
        more(9, '{"add": {"size": 5}}'),
        broken(9, ":3 has a file action without a path"),
    ),
    "a commitInfo that is no object": Mutation(more(9, '{"commitInfo": "x"}'), SAME),
    "a cdc without a path": Mutation(
        more(9, '{"cdc": {}}'), Gives(but={9: UNKNOWN}, doubts={9: "unreadable_feed"})
    ),
    "two actions in one object": Mutation(
        more(9, '{"txn": {"appId": "x"}, "protocol": null}'), SAME
    ),
}
