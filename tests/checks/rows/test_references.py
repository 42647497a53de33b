"""Children without a parent in another declared table."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from pydantic import ValidationError

from checks.core import Status, Verdict
from tests.checks.rows.declared import declared, due, outcome, verdict
from tests.monitors.lakes.rows.tables import append, opened

FIELDS: dict[str, Any] = {"columns": ["id"], "table": "silver.parents", "to": ["pid"]}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    append(tmp_path / "posts", [1, 2, None, 3, 3])
    write_deltalake(tmp_path / "parents", pa.table({"pid": [1, 2], "region": ["eu", "us"]}))
    return tmp_path / "posts"


def judged(table: Path, position: str | None = None, **fields: Any) -> Verdict:
    others = {"silver.parents": table.parent / "parents"}
    check = due("references", **{**FIELDS, **fields})
    return verdict(table, check, others=others, position=position)


def test_a_child_without_a_parent_is_bad_and_a_null_is_not(table: Path) -> None:
    found = judged(table, samples=2)
    assert found.status is Status.FAIL
    assert (found.rows, found.bad, found.detail["null_keys"]) == (5, 2, 1)
    assert found.reason.startswith("2 of 5 rows have a key (id) that is not in silver.parents")
    assert found.samples == ({"id": 3, "occurrences": 2},)


def test_parents_count_as_they_are_now(table: Path) -> None:
    write_deltalake(
        table.parent / "parents", pa.table({"pid": [3], "region": ["eu"]}), mode="append"
    )
    assert judged(table).status is Status.PASS
    opened(table.parent / "parents").delete("pid = 1")
    assert judged(table).bad == 1


def test_only_children_of_new_rows_are_judged(table: Path) -> None:
    position = outcome(table, due("sql_rule", bad_rows="id < 0")).position
    append(table, [2, 9])
    assert judged(table, position).bad == 1
    assert judged(table, position, rows="all").bad == 3


def test_a_table_may_reference_itself(tmp_path: Path) -> None:
    append(tmp_path / "posts", [1, 2, 3], parent=[None, 1, 9])
    check = due("references", columns=["parent"], table="main.bronze.posts", to=["id"])
    assert verdict(tmp_path / "posts", check).bad == 1


def test_keys_of_several_columns_are_compared_whole(tmp_path: Path, table: Path) -> None:
    append(tmp_path / "more", [1, 2], region=["eu", "eu"])
    check = due(
        "references", columns=["id", "region"], table="silver.parents", to=["pid", "region"]
    )
    others = {"silver.parents": table.parent / "parents"}
    assert verdict(tmp_path / "more", check, others=others).bad == 1


def test_a_parent_table_that_cannot_be_read_is_an_error(table: Path) -> None:
    check = due("references", **FIELDS)
    gone = verdict(table, check, others={"silver.parents": table.parent / "nowhere"})
    assert gone.status is Status.ERROR
    unknown = verdict(table, check)
    assert (unknown.status, "no declared table" in unknown.reason) == (Status.ERROR, True)


def test_columns_are_paired() -> None:
    with pytest.raises(ValidationError, match="pair them"):
        declared("references", **{**FIELDS, "to": ["pid", "region"]})
