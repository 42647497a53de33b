"""Write Delta tables with real Spark by random scripts, and what Spark's own feed says of them.

    python -m tests.spark.random_script OUTDIR SEED TABLES

Every table keeps a change feed from its first version, so that Spark can tell what each did.
OUTDIR/truth.json holds the counts of every version and the live rows at the end. The same seed
gives the same statements.
"""

import json
import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from tests.spark.script import KINDS, session

STEPS = 15
PARTITIONS = ("", "PARTITIONED BY (grp)")
ROWS = "SELECT id, concat('g ', id % 3, ':%') AS grp, id * 1.5D AS v FROM range({first}, {last})"


def properties(dice: random.Random) -> str:
    """Random table properties, the feed always on."""
    chosen = {
        "delta.enableChangeDataFeed": "true",
        "delta.enableDeletionVectors": dice.choice(("true", "false")),
        "delta.columnMapping.mode": dice.choice(("none", "name", "id")),
        "delta.checkpointPolicy": dice.choice(("classic", "v2")),
        "delta.checkpointInterval": str(dice.choice((3, 100))),
        "delta.enableInCommitTimestamps": dice.choice(("true", "false")),
    }
    return ", ".join(f"'{key}' = '{value}'" for key, value in chosen.items())


def statement(dice: random.Random, table: str, version: int) -> str:
    """A random statement on a table of that version."""
    first, few = dice.randrange(100), dice.randrange(2, 6)
    rows = ROWS.format(first=first, last=first + dice.randrange(1, 30))
    merge = (
        f"MERGE INTO {table} t USING ({rows}) s ON t.id = s.id "
        f"WHEN MATCHED AND s.id % {few} = 0 THEN DELETE "
        "WHEN MATCHED THEN UPDATE SET v = s.v + 1 WHEN NOT MATCHED THEN INSERT * "
        f"WHEN NOT MATCHED BY SOURCE AND t.id % 11 = {few} THEN DELETE"
    )
    choices = {
        f"INSERT INTO {table} {rows}": 6,
        merge: 4,
        f"UPDATE {table} SET v = v + 1 WHERE id % {few} = 1": 4,
        f"UPDATE {table} SET v = v WHERE id % {few} = 0": 1,
        f"DELETE FROM {table} WHERE id % {few} = 0": 4,
        f"DELETE FROM {table} WHERE grp = 'g 1:%'": 1,
        f"DELETE FROM {table}": 1,
        f"INSERT OVERWRITE {table} {rows}": 1,
        f"INSERT INTO {table} REPLACE WHERE grp = 'g 2:%' "
        f"SELECT * FROM ({rows}) WHERE grp = 'g 2:%'": 2,
        f"OPTIMIZE {table}": 2,
        f"RESTORE TABLE {table} TO VERSION AS OF {dice.randrange(version + 1)}": 2,
        f"ALTER TABLE {table} SET TBLPROPERTIES ('comment' = '{first}')": 1,
    }
    return dice.choices(list(choices), list(choices.values()))[0]


def last_version(folder: Path) -> int:
    return max(
        int(file.stem) for file in (folder / "_delta_log").glob("*.json") if file.stem.isdigit()
    )


def play(spark: SparkSession, folder: Path, dice: random.Random) -> dict[str, Any]:
    """Write one table; return its statements, counts by version, and live rows."""
    table, script = f"delta.`{folder}`", []
    made = (
        f"CREATE TABLE {table} (id BIGINT, grp STRING, v DOUBLE) USING delta "
        f"{dice.choice(PARTITIONS)} TBLPROPERTIES ({properties(dice)})"
    )
    script.append(made)
    spark.sql(made)
    for _ in range(STEPS):
        script.append(statement(dice, table, last_version(folder)))
        spark.sql(script[-1]).collect()
    last = last_version(folder)
    feed = spark.sql(f"SELECT * FROM table_changes_by_path('{folder}', 0, {last})")
    grouped = feed.groupBy("_commit_version", "_change_type").count().collect()
    found = Counter({(row[0], row[1]): row[2] for row in grouped})
    counts = [[found[version, kind] for kind in KINDS] for version in range(last + 1)]
    return {"script": script, "counts": counts, "rows": spark.table(table).count()}


def main(folder: Path, seed: int, tables: int) -> None:
    folder.mkdir(parents=True)
    spark = session(folder / "warehouse")
    spark.sparkContext.setLogLevel("ERROR")
    try:
        truth = {
            f"t{number}": play(spark, folder / f"t{number}", random.Random(f"{seed}/{number}"))
            for number in range(tables)
        }
    finally:
        spark.stop()
    (folder / "truth.json").write_text(json.dumps(truth))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
