"""What is wrong with rows in the demo: a few of the newest load of some tables, and the truth.

The truth says how many; the checks of the demo's configuration must find exactly as many.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import pyarrow as pa

from limnograph.demo.lakehouse import Act, Step, Table

Values = list[Any]


class Flaw(StrEnum):
    """The kinds of flawed rows."""

    NULL_KEY = "null_key"
    DUPLICATE_KEY = "duplicate_key"
    UNKNOWN_LABEL = "unknown_label"
    SCORE_OUT_OF_RANGE = "score_out_of_range"
    BROKEN_JSON = "broken_json"
    ORPHAN = "orphan"


ALL = frozenset(Flaw)


@dataclass(frozen=True, slots=True)
class Spoiling:
    """A flaw: on which table, the check that finds it, how many rows, and how they are spoiled.

    `values` gives the new values of a column from the old ones, those of the spoiled rows only.
    """

    flaw: Flaw
    table: str
    check: str
    rows: int
    column: str
    values: Callable[[Values], Values]
    story: str


def _broken(texts: Values) -> Values:
    """Texts that end in the middle, as an answer of a model that was cut off does."""
    return [text[: len(text) // 2] for text in texts]


DAY_OF_LOADS = 24_000  # ids of hourly loads lie a thousand apart

SPOILINGS: tuple[Spoiling, ...] = (
    Spoiling(
        *(Flaw.NULL_KEY, "bronze.comments", "comments-have-a-post", 7, "post_id"),
        lambda old: [None] * len(old),
        "comments without the id of their post",
    ),
    Spoiling(
        *(Flaw.DUPLICATE_KEY, "bronze.comments", "comment-ids-are-unique", 5, "id"),
        lambda old: [value - DAY_OF_LOADS for value in old],
        "comments that came a day before under the same id",
    ),
    Spoiling(
        *(Flaw.UNKNOWN_LABEL, "silver.post_labels", "labels-are-known", 4, "label"),
        lambda old: ["rumour"] * len(old),
        "posts with a label that nobody has defined",
    ),
    Spoiling(
        *(Flaw.SCORE_OUT_OF_RANGE, "silver.post_labels", "confidence-is-a-share", 3, "confidence"),
        lambda old: [1 + value for value in old],
        "labels with a confidence of more than 1",
    ),
    Spoiling(
        *(Flaw.BROKEN_JSON, "bronze.documents", "extraction-is-json", 6, "extracted"),
        _broken,
        "documents whose extraction is cut off",
    ),
    Spoiling(
        *(Flaw.ORPHAN, "silver.post_embeddings", "embeddings-have-a-post", 2, "post_id"),
        lambda old: [-1 - index for index in range(len(old))],
        "vectors of posts that do not exist",
    ),
)


@dataclass(frozen=True, slots=True)
class PlantedRows:
    """The truth about one flaw: the check that must find so many rows of the table."""

    flaw: Flaw
    table: str
    check: str
    rows: int
    story: str


def flawed(table: Table, steps: Sequence[Step], flaws: Collection[Flaw]) -> list[Step]:
    """The plan of a table, with its flaws in its newest load."""
    mine = tuple(one.flaw for one in SPOILINGS if one.table == table.name and one.flaw in flaws)
    loads = [index for index, step in enumerate(steps) if step.act is Act.APPEND]
    if not mine or not loads:
        return list(steps)
    changed = list(steps)
    changed[loads[-1]] = replace(steps[loads[-1]], flaws=mine)
    return changed


def spoiled(table: str, rows: pa.Table, flaws: Iterable[str]) -> pa.Table:
    """Rows of a load with the flaws of its step; each flaw has rows of its own."""
    asked, start = set(flaws), 0
    for one in SPOILINGS:
        if one.table != table or one.flaw not in asked:
            continue
        index = rows.schema.get_field_index(one.column)
        values = rows.column(index).to_pylist()
        values[start : start + one.rows] = one.values(values[start : start + one.rows])
        kind = rows.schema.field(index).type
        rows = rows.set_column(index, one.column, pa.array(values, kind))
        start += one.rows
    return rows


def planted_rows(flaws: Collection[Flaw]) -> list[PlantedRows]:
    """The truth about each flaw, in the order of `Flaw`."""
    return [
        PlantedRows(one.flaw, one.table, one.check, one.rows, one.story)
        for one in SPOILINGS
        if one.flaw in flaws
    ]


def to_json(truths: Iterable[PlantedRows]) -> list[dict[str, Any]]:
    """The flaws as the truth file has them."""
    return [
        {
            "kind": truth.flaw.value,
            "table": truth.table,
            "check": truth.check,
            "rows": truth.rows,
            "story": truth.story,
        }
        for truth in truths
    ]


def from_json(entries: Iterable[Mapping[str, Any]]) -> list[PlantedRows]:
    """The flaws of a truth file."""
    return [
        PlantedRows(Flaw(e["kind"]), e["table"], e["check"], e["rows"], e["story"]) for e in entries
    ]


def found(truth: PlantedRows, report: Mapping[str, Any]) -> bool:
    """Whether a report's document has the check fail with exactly as many rows."""
    return any(
        entry["table"] == truth.table
        and entry["check"] == truth.check
        and entry["status"] == "fail"
        and entry["bad"] == truth.rows
        for entry in report["checks"]
    )
