"""Ask Spark the statements of checks.

    python -m tests.spark.check_sql OUT

OUT is JSON: `rows` are the rows of each statement, or null where Spark refuses it or fails;
`empty` says whether Spark analyses it over empty views of the same columns.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from pyspark.sql import SparkSession

from tests.spark.row_plain import plain
from tests.spark.row_statements import (
    FAILING,
    RELATIONS,
    STRICTER,
    of_expectations,
    statements,
)


def session() -> SparkSession:
    builder = SparkSession.builder.master("local[1]")
    settings = {
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": "false",
        "spark.sql.ansi.enabled": "true",
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    found: SparkSession = builder.getOrCreate()
    return found


def asked(spark: SparkSession, sql: str) -> list[list[Any]] | None:
    try:
        # Spark's Python rows would hold local times.
        found = spark.sql(sql).toArrow()
    except Exception as error:
        sys.stderr.write(f"{sql}\n    {str(error)[:300]}\n")
        return None
    return [[plain(value) for value in row.values()] for row in found.to_pylist()]


def analysed(spark: SparkSession, sql: str) -> bool:
    try:
        spark.sql(sql).schema  # noqa: B018
    except Exception:
        return False
    return True


def main(out: str) -> None:
    spark = session()
    every = [*statements(), *of_expectations(), *FAILING, *STRICTER]
    with tempfile.TemporaryDirectory() as folder:
        for name, rows in RELATIONS.items():
            file = Path(folder) / f"{name}.parquet"
            pq.write_table(rows(), file)
            spark.read.parquet(str(file)).limit(0).createOrReplaceTempView(name)
        empty = {sql: analysed(spark, sql) for sql in every}
        for name in RELATIONS:
            path = Path(folder) / f"{name}.parquet"
            spark.read.parquet(str(path)).createOrReplaceTempView(name)
        rows_of = {sql: asked(spark, sql) for sql in every}
    Path(out).write_text(json.dumps({"rows": rows_of, "empty": empty}))
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1])
