"""What a log says of its table's columns, layout and protocol, commit by commit."""

import json
from pathlib import Path
from typing import Any

from monitors.core import Column, Definition
from monitors.delta.definitions import columns
from monitors.delta.schema import parse
from tests.monitors.cycles import Cycles
from tests.monitors.delta.written import field, mapped, schema_string

PROTOCOL = {"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": ["clustering"]}


def write(table: Path, version: int, *actions: dict[str, Any]) -> None:
    log = table / "_delta_log"
    log.mkdir(parents=True, exist_ok=True)
    lines = "".join(f"{json.dumps(action)}\n" for action in actions)
    (log / f"{version:020d}.json").write_text(lines)


def info(operation: str, **more: Any) -> dict[str, Any]:
    return {"commitInfo": {"timestamp": 1767225600000, "operation": operation, **more}}


def metadata(*fields: Any, **properties: str) -> dict[str, Any]:
    return {
        "metaData": {
            "id": "id-1",
            "schemaString": schema_string(*fields),
            "partitionColumns": [],
            "configuration": properties,
        }
    }


def clustering(*columns: list[str], removed: bool = False) -> dict[str, Any]:
    body = {"domain": "delta.clustering", "removed": removed}
    return {"domainMetadata": body | {"configuration": json.dumps({"clusteringColumns": columns})}}


def add(path: str) -> dict[str, Any]:
    stats = json.dumps({"numRecords": 2})
    return {"add": {"path": path, "size": 9, "dataChange": True, "stats": stats}}


def told(definitions: tuple[Definition, ...]) -> list[tuple[int, str, str, str]]:
    """Version, operation, user and the columns of each."""
    return [
        (d.version, d.operation, d.user, ", ".join(f"{c.path[-1]} {c.type}" for c in d.columns))
        for d in definitions
    ]


def test_each_commit_that_defines_the_table_anew_is_a_definition(tmp_path: Path) -> None:
    write(tmp_path, 0, {"protocol": PROTOCOL}, metadata(("a", "long")), info("CREATE TABLE"))
    write(tmp_path, 1, add("x"), info("WRITE", userName="ada"))
    wider = metadata(("a", "long"), ("b", "string"))
    write(tmp_path, 2, wider, info("ADD COLUMNS", userName="ada", userId="7"))
    tail = Cycles(str(tmp_path)).run()
    assert tail.before is None
    assert told(tail.definitions) == [
        (0, "CREATE TABLE", "", "a long"),
        (2, "ADD COLUMNS", "ada", "a long, b string"),
    ]


def test_a_later_read_tells_the_new_definition_and_the_one_before(tmp_path: Path) -> None:
    write(tmp_path, 0, {"protocol": PROTOCOL}, metadata(("a", "long")), info("CREATE TABLE"))
    cycles = Cycles(str(tmp_path))
    cycles.run()
    write(tmp_path, 1, add("x"), info("WRITE"))
    assert cycles.run().definitions == ()
    write(tmp_path, 2, metadata(("a", "string")), info("CHANGE COLUMN", userId="7"))
    tail = cycles.run()
    assert tail.before is not None
    assert told((tail.before, *tail.definitions)) == [
        (1, "", "", "a long"),
        (2, "CHANGE COLUMN", "7", "a string"),
    ]


def test_metadata_that_says_the_same_again_defines_nothing(tmp_path: Path) -> None:
    write(tmp_path, 0, {"protocol": PROTOCOL}, metadata(("a", "long")), info("CREATE TABLE"))
    write(tmp_path, 1, metadata(("a", "long")), add("x"), info("WRITE"))
    assert len(Cycles(str(tmp_path)).run().definitions) == 1


def test_clustering_is_told_by_logical_names_and_may_be_taken_back(tmp_path: Path) -> None:
    point: Any = {"type": "struct", "fields": [field("lat", "double")]}
    write(tmp_path, 0, {"protocol": PROTOCOL}, metadata(("a", "long"), ("p", point)), info("X"))
    cycles = Cycles(str(tmp_path))
    cycles.run()
    write(tmp_path, 1, clustering(["a"], ["p", "lat"]), info("CLUSTER BY"))
    (clustered,) = cycles.run().definitions
    assert clustered.clustering_columns == ("a", "p.lat")
    write(tmp_path, 2, add("x"), info("WRITE"))
    assert cycles.run().definitions == ()
    write(tmp_path, 3, clustering(removed=True), info("CLUSTER BY"))
    tail = cycles.run()
    assert tail.before is not None
    assert tail.before.clustering_columns == ("a", "p.lat")
    assert tail.definitions[0].clustering_columns == ()


def test_a_schema_that_is_broken_is_a_problem_and_the_counts_stand(tmp_path: Path) -> None:
    broken = {"metaData": {"id": "id-1", "schemaString": "{", "partitionColumns": []}}
    write(tmp_path, 0, {"protocol": PROTOCOL}, broken, add("x"), info("WRITE"))
    tail = Cycles(str(tmp_path)).run()
    assert tail.definitions == ()
    assert [problem.what for problem in tail.problems] == ["schema of version 0"]
    assert tail.snapshot.rows == 2


def test_nested_columns_follow_their_parent_and_keep_a_physical_identity() -> None:
    inner = {"type": "struct", "fields": [field("city", "string", mapped("col-2", 2))]}
    items = {"type": "array", "elementType": inner, "containsNull": False}
    named = {"type": "map", "keyType": "string", "valueType": "long", "valueContainsNull": True}
    text = schema_string(("home", items, mapped("col-1", 1)), ("n", named, mapped("col-3", 3)))
    assert list(columns(parse(text, "name"))) == [
        Column(("home",), "array", True, "col-1"),
        Column(("home", "element"), "struct", False, "col-1/element"),
        Column(("home", "element", "city"), "string", True, "col-1/element/col-2"),
        Column(("n",), "map", True, "col-3"),
        Column(("n", "key"), "string", False, "col-3/key"),
        Column(("n", "value"), "long", True, "col-3/value"),
    ]
    assert [column.id for column in columns(parse(text))] == [""] * 6
