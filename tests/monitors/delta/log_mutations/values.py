"""Mutations of single values: absurd, negative, of other types, and far too long or too deep."""

import json
from dataclasses import replace
from typing import Any

from tests.monitors.delta.log_builder import FEED, metadata, protocol
from tests.monitors.delta.log_mutations.healthy import (
    FEATURES,
    METADATA,
    PROTOCOL,
    SCHEMA,
    written,
)
from tests.monitors.delta.log_mutations.spoiling import (
    DROP,
    SAME,
    Fails,
    Gives,
    How,
    Mutation,
    action,
    both,
    broken,
    info_of,
    more,
)

UNKNOWN = (None, None, None)
SIZELESS = Gives(size=None, problems=("1 of 3 files carry no plausible size in the log",))
ROWLESS = Gives(
    but={9: (None, 0, 0)},
    doubts={9: "no_statistics"},
    rows=None,
    newest=None,
    problems=("1 of 3 files carry no row count in their statistics",),
)
TIMED = replace(ROWLESS, newest=True)
BROKEN_SCHEMA = Gives(newest=None, problems=("the table's schemaString is broken",))


def size(value: Any) -> Mutation:
    """Of F."""
    return Mutation(action(9, "add", size=value), SIZELESS)


def stats(**changes: Any) -> How:
    """Other values in the statistics of F, of which there is no footer to look at."""
    stated = {"numRecords": 11, "maxValues": {"at": "2026-02-09T00:00:00.000Z"}}
    return action(9, "add", stats=json.dumps(stated | changes))


def metric(value: Any) -> How:
    return info_of(8, operationMetrics={"numDeletedRows": value})


def schema(text: Any) -> How:
    ((_, body),) = METADATA.items()
    return more(8, {"metaData": body | {"schemaString": text}})


def deep_schema(levels: int) -> str:
    """A struct in a struct, and so on."""
    head = '{"type":"struct","fields":[{"name":"x","nullable":true,"metadata":{},"type":'
    return head * levels + '"long"' + "}]}" * levels


def table(**changes: Any) -> How:
    ((_, body),) = METADATA.items()
    return more(8, {"metaData": body | changes})


def asked(**changes: Any) -> How:
    ((_, body),) = PROTOCOL.items()
    return more(8, {"protocol": body | changes})


MUTATIONS: dict[str, Mutation] = {
    # The size of a file.
    "a size of 2^63": size(2**63),
    "a size of 10^300": size(10**300),
    "a size of 1e308": size(1e308),
    "a negative size": size(-1),
    "a size with a fraction": size(100.5),
    "a size that is a word": size("many"),
    "a size that is null": size(None),
    "a size that is true": size(True),
    "a size that is an object": size({"bytes": 100}),
    "no size": size(DROP),
    "a size as a float": Mutation(action(9, "add", size=100.0), SAME),
    "a size as a text": Mutation(action(9, "add", size="100"), SAME),
    "sizes whose sum no 64 bits hold": Mutation(
        both(
            action(9, "add", size=2**63 - 1),
            action(6, "add", size=2**63 - 1),
        ),
        Gives(size=None, problems=("3 of 3 files carry no plausible size in the log",)),
    ),
    # The statistics of a file.
    "statistics that are cut": Mutation(action(9, "add", stats='{"numRecords": 1'), ROWLESS),
    "statistics that are no object": Mutation(action(9, "add", stats="[11]"), ROWLESS),
    "statistics that are no text": Mutation(action(9, "add", stats={"numRecords": 11}), ROWLESS),
    "statistics of nothing": Mutation(action(9, "add", stats=""), ROWLESS),
    "a negative row count": Mutation(stats(numRecords=-11), TIMED),
    "a row count of 2^63": Mutation(stats(numRecords=2**63), TIMED),
    "a row count that no file holds": Mutation(stats(numRecords=2**60), TIMED),
    "a row count of 1e308": Mutation(stats(numRecords=1e308), TIMED),
    "a row count as a float": Mutation(stats(numRecords=11.0), SAME),
    "a row count as a text": Mutation(stats(numRecords="11"), SAME),
    "statistics that are nested too deep": Mutation(
        action(9, "add", stats='{"x":' * 100_000 + "1" + "}" * 100_000), ROWLESS
    ),
    "a newest time in the year 12026": Mutation(
        stats(maxValues={"at": "12026-02-09T00:00:00.000Z"}), Gives(newest=None)
    ),
    "a newest time that is a number": Mutation(stats(maxValues={"at": 1e300}), Gives(newest=None)),
    "a newest time that is an object": Mutation(stats(maxValues={"at": {}}), Gives(newest=None)),
    "greatest values that are no object": Mutation(stats(maxValues=[5]), Gives(newest=None)),
    # The metrics of an operation.
    "a metric that contradicts the files": Mutation(metric("8"), SAME),
    "a metric that is negative": Mutation(metric("-7"), SAME),
    "a metric of 2^64": Mutation(metric(2**64), SAME),
    "a metric that is an object": Mutation(metric({}), SAME),
    "metrics that are no object": Mutation(info_of(8, operationMetrics=[7]), SAME),
    "no commitInfo at all": Mutation(more(8, '{"commitInfo": {}}'), SAME),
    "an operation that is a number": Mutation(info_of(8, operation=5), SAME),
    "parameters that are no object": Mutation(info_of(9, operationParameters="all"), SAME),
    # The time of a commit.
    "a time of 2^63": Mutation(info_of(8, timestamp=2**63), SAME),
    "a time in the year 300000": Mutation(info_of(8, timestamp=9_400_000_000_000_000), SAME),
    "a negative time": Mutation(info_of(8, timestamp=-1), SAME),
    "a time that is a word": Mutation(info_of(8, timestamp="noon"), SAME),
    "a time in the future": Mutation(
        info_of(8, timestamp=5_000_000_000_000), Gives(events=("clock_skew",))
    ),
    # dataChange and partition values.
    "dataChange as a text": Mutation(action(9, "add", dataChange="true"), SAME),
    "no dataChange": Mutation(action(9, "add", dataChange=DROP), SAME),
    "partition values that are no object": Mutation(action(9, "add", partitionValues=5), SAME),
    "partition values that are numbers": Mutation(
        action(9, "add", partitionValues={"part": 5, "no": [1]}), SAME
    ),
    "no partition values": Mutation(action(9, "add", partitionValues=DROP), SAME),
    "partition columns that do not exist": Mutation(table(partitionColumns=["nowhere"]), SAME),
    "partition columns that are no list": Mutation(
        table(partitionColumns="part"), broken(8, ":3 has partitionColumns that are not a list")
    ),
    "partition columns that are numbers": Mutation(
        table(partitionColumns=[5]), broken(8, ":3 has partitionColumns that are not a list")
    ),
    # The schema.
    "a schema that is cut": Mutation(schema(SCHEMA[:40]), BROKEN_SCHEMA),
    "a schema that is empty": Mutation(schema(""), BROKEN_SCHEMA),
    "a schema that is a number": Mutation(schema(5), BROKEN_SCHEMA),
    "a schema that is null": Mutation(schema(None), BROKEN_SCHEMA),
    "a schema without the event-time column": Mutation(
        schema('{"type":"struct","fields":[]}'), Gives(newest=None)
    ),
    "a schema of a thousand levels": Mutation(schema(deep_schema(1000)), BROKEN_SCHEMA),
    "a schema nested too deep for a stack": Mutation(schema(deep_schema(100_000)), BROKEN_SCHEMA),
    "an array nested too deep for a stack": Mutation(
        schema(
            '{"type":"struct","fields":[{"name":"at","nullable":true,"metadata":{},"type":'
            + '{"type":"array","containsNull":true,"elementType":' * 900
            + '"long"'
            + "}" * 900
            + "}]}"
        ),
        BROKEN_SCHEMA,
    ),
    "column ids and names of odd types": Mutation(
        table(
            schemaString='{"type":"struct","fields":[{"name":5,"type":null},7,{"name":"at"}]}',
            configuration={**FEED, "delta.columnMapping.mode": "sideways"},
        ),
        Gives(
            newest=None,
            problems=("unknown column mapping mode 'sideways'",),
        ),
    ),
    "a configuration that is no object": Mutation(
        table(configuration=5),
        broken(8, ":3 has a metaData whose configuration is not an object"),
    ),
    "properties that are no texts": Mutation(
        table(configuration={**FEED, "x": 5, "y": None, "z": {"a": []}}), SAME
    ),
    "a metaData of nothing": Mutation(
        more(8, '{"metaData": {}}'),
        Gives(
            newest=None,
            problems=("the table's schemaString is broken",),
            events=("replaced", "feed_off"),
        ),
    ),
    # The protocol.
    "a protocol downgrade": Mutation(more(8, protocol(1, 2)), SAME),
    "a protocol of another reader version": Mutation(
        asked(minReaderVersion=4), Fails("the table asks for reader version 4", "upgrade")
    ),
    "a reader version of 2^63": Mutation(
        asked(minReaderVersion=2**63),
        broken(8, ":3 has the minReaderVersion '9223372036854775808'"),
    ),
    "a reader version that is a word": Mutation(
        asked(minReaderVersion="new"), broken(8, ":3 has the minReaderVersion 'new'")
    ),
    "a negative reader version": Mutation(
        asked(minReaderVersion=-1), broken(8, ":3 has the minReaderVersion '-1'")
    ),
    "an unknown reader feature": Mutation(
        asked(readerFeatures=[*FEATURES, "telepathy"]),
        Fails("the table uses unknown reader features: telepathy", "upgrade"),
    ),
    "an unknown writer feature": Mutation(asked(writerFeatures=["telepathy"]), SAME),
    "reader features that are no list": Mutation(
        asked(readerFeatures={"x": 1}), broken(8, ":3 has readerFeatures that are not a list")
    ),
    "writer features that are no list": Mutation(asked(writerFeatures=5), SAME),
    # Paths.
    "percent signs that encode nothing": Mutation(
        more(9, written("100%", 1, 9), written("%zz", 1, 9), written("%", 1, 9)),
        Gives(but={9: (14, 0, 0)}, rows=46, files=6, size=600),
    ),
    "escapes that are not UTF-8": Mutation(
        more(9, written("%ff%fe", 1, 9)), Gives(but={9: (12, 0, 0)}, rows=44, files=4, size=400)
    ),
    "an escaped NUL": Mutation(
        more(9, written("%00", 1, 9)), Gives(but={9: (12, 0, 0)}, rows=44, files=4, size=400)
    ),
    "a path of a megabyte": Mutation(
        more(9, written("x" * 1_000_000, 1, 9)),
        Gives(but={9: (12, 0, 0)}, rows=44, files=4, size=400),
    ),
    "a path that leaves the table": Mutation(
        more(9, written("../../../../../../../etc/passwd", None, 9)),
        Gives(
            but={9: (None, 0, 0)},
            doubts={9: "no_statistics"},
            rows=None,
            files=4,
            size=400,
            newest=None,
            problems=("1 of 4 files carry no row count in their statistics",),
        ),
    ),
    "a path that is a number": Mutation(
        action(9, "add", path=5), broken(9, ":2 has a file action without a path")
    ),
    "the path of a removed file in another spelling": Mutation(
        action(8, "remove", path="./part%3Dx%20y//E.parquet"), SAME
    ),
    "unknown fields everywhere": Mutation(
        both(
            action(9, "add", colour="red", tags={"a": None}, baseRowId=2**70),
            action(8, "remove", colour=[1], extendedFileMetadata="x"),
            info_of(9, colour={"x": {}}, engineInfo=5, isolationLevel=None),
            table(colour="red", format=7, createdTime="then"),
        ),
        SAME,
    ),
    "metaData of another table": Mutation(
        more(8, metadata(FEED, SCHEMA, ("part",), "another table")), Gives(events=("replaced",))
    ),
}
