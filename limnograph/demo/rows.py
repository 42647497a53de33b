"""The demo's rows: their values follow from their ids, so that the same load is the same rows."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa

Ids = np.ndarray[tuple[int], np.dtype[np.int64]]
Values: TypeAlias = "pa.Array[Any]"
Maker = Callable[[Ids, datetime], Values]
"""A column's values for some row ids; the time is the hour that the rows were made in."""

VECTOR_SIZE = 8
MOST_ROWS = 1000  # of one load, so that ids of two hours never meet
LANGUAGES = ("de", "en", "es", "fr", "it", "pl")
LABELS = ("news", "opinion", "question", "review", "sport")


def table_rows(name: str, ids: Ids, hour: datetime) -> pa.Table:
    """Rows of the table with that name."""
    columns = COLUMNS[name]
    return pa.table({column: make(ids, hour) for column, make in columns.items()})


def schema(name: str) -> pa.Schema:
    """The columns of the table with that name."""
    return table_rows(name, np.arange(1, dtype=np.int64), datetime(2000, 1, 1, tzinfo=UTC)).schema


def fresh_ids(hour: datetime, rows: int) -> Ids:
    """Ids that only the load of that hour has."""
    first = int(hour.timestamp()) // 3600 * MOST_ROWS
    return np.arange(first, first + rows, dtype=np.int64)


def _mixed(ids: Ids, below: int) -> Ids:
    """Numbers that look random, from 0 to `below`; the same for the same ids."""
    mixed: Ids = (ids * 2654435761 % 4294967291) % below
    return mixed


def _id(ids: Ids, hour: datetime) -> Values:
    return pa.array(ids)


def _number(below: int) -> Maker:
    return lambda ids, hour: pa.array(_mixed(ids, below))


def _share(ids: Ids, hour: datetime) -> Values:
    return pa.array(_mixed(ids, 1000) / 1000)


def _one_of(words: tuple[str, ...]) -> Maker:
    return lambda ids, hour: pa.array([words[pick] for pick in _mixed(ids, len(words))])


def _text(pattern: str) -> Maker:
    return lambda ids, hour: pa.array([pattern.format(id=number) for number in ids])


def _refreshed(pattern: str) -> Maker:
    """A text that changes with the time, so that a merge really changes its rows."""
    return lambda ids, hour: pa.array(
        [pattern.format(id=number, at=f"{hour:%Y-%m-%d}") for number in ids]
    )


def _every(step: int) -> Maker:
    return lambda ids, hour: pa.array(ids % step == 0)


def _within(ids: Ids, hour: datetime) -> Values:
    """Moments of the first forty minutes of the hour, before any load of that hour commits."""
    first = np.datetime64(hour.replace(tzinfo=None), "us")
    return pa.array(first + _mixed(ids, 2400).astype("timedelta64[s]"), pa.timestamp("us", "UTC"))


def _hour(ids: Ids, hour: datetime) -> Values:
    return pa.array([hour] * len(ids), pa.timestamp("us", "UTC"))


def _day(ids: Ids, hour: datetime) -> Values:
    return pa.array([hour.date()] * len(ids), pa.date32())


def _vector(ids: Ids, hour: datetime) -> Values:
    spread = ids[:, None] * np.arange(1, VECTOR_SIZE + 1)
    values: Values = pa.array(list(np.sin(spread % 1009).astype(np.float32)))
    return values


COLUMNS: dict[str, dict[str, Maker]] = {
    "bronze.posts": {
        "id": _id,
        "author_id": _number(400),
        "language": _one_of(LANGUAGES),
        "text": _text("post {id}, in which somebody has an opinion"),
        "spam": _every(50),
        "posted_at": _within,
        "day": _day,
    },
    "bronze.comments": {
        "id": _id,
        "post_id": _number(100_000),
        "text": _text("comment {id}, in which somebody else has another"),
        "commented_at": _within,
        "day": _day,
    },
    "bronze.documents": {
        "id": _id,
        "source_id": _number(80),
        "title": _text("document {id}"),
        "pages": _number(60),
        "extracted": _text('{{"document": {id}, "entities": ["a person", "a place"]}}'),
        "loaded_at": _within,
    },
    "bronze.crawl_runs": {
        "id": _id,
        "source_id": _number(80),
        "pages": _number(5000),
        "errors": _number(20),
        "finished_at": _within,
    },
    "silver.post_labels": {
        "post_id": _id,
        "label": _one_of(LABELS),
        "confidence": _share,
        "labelled_at": _within,
    },
    "silver.post_embeddings": {
        "post_id": _id,
        "vector": _vector,
        "model": _one_of(("small-2",)),
        "embedded_at": _within,
    },
    "gold.cached_summaries": {
        "id": _id,
        "summary": _refreshed("what was said about {id}, as of {at}"),
        "tokens": _number(900),
        "refreshed_at": _hour,
    },
    "gold.topic_counts": {"topic_id": _id, "posts": _number(9000), "counted_at": _hour},
    "dim.authors": {
        "id": _id,
        "name": _text("author {id}"),
        "followers": _number(100_000),
        "updated_at": _hour,
    },
    "dim.sources": {"id": _id, "url": _text("https://source-{id}.example"), "updated_at": _hour},
    "dim.topics": {"id": _id, "name": _text("topic {id}"), "updated_at": _hour},
    "dim.languages": {"id": _id, "code": _text("l{id}"), "speakers": _number(90_000_000)},
}


def day_before(hour: datetime) -> date:
    """The value of the partition that is complete by then."""
    return (hour - timedelta(days=1)).date()
