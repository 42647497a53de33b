"""The script of the referee: what Spark is told, and what each commit must have done.

Each feature of Delta comes once. `{t}` is the table at hand, `{path}` its folder, `{name}` another.
"""

from dataclasses import dataclass, field

Counts = tuple[int, int, int]
"""Rows inserted, updated, deleted."""

NOTHING: Counts = (0, 0, 0)
UNSPOILT = "_unspoilt"
"""Ends the name of a table's copy from before its VACUUM."""

QUIET = {"spark.databricks.delta.history.metricsEnabled": "false"}
NO_STATISTICS = {"spark.databricks.delta.stats.collect": "false"}
DYNAMIC = {"spark.sql.sources.partitionOverwriteMode": "dynamic"}
# One sidecar per file, so that a small table has several.
JSON_MANIFEST = {
    "spark.databricks.delta.checkpointV2.topLevelFileFormat": "json",
    "spark.databricks.delta.checkpoint.partSize": "1",
}
PARQUET_MANIFEST = JSON_MANIFEST | {
    "spark.databricks.delta.checkpointV2.topLevelFileFormat": "parquet"
}
FEED = "'delta.enableChangeDataFeed' = 'true'"
NO_FEED = "'delta.enableChangeDataFeed' = 'false'"
VECTORS = "'delta.enableDeletionVectors' = 'true'"
V2_CHECKPOINTS = "'delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = '2'"

# On ids 1 to 6: updates 2 and 5, deletes 3 and 6, inserts 107 and 108, each by a clause of its own.
MERGE = """MERGE INTO {t} t USING
(SELECT * FROM VALUES (2, 'u'), (3, 'd'), (107, 'i'), (108, 'i') AS s(id, op)) s ON t.id = s.id
WHEN MATCHED AND s.op = 'd' THEN DELETE
WHEN MATCHED THEN UPDATE SET n = t.n + 1000
WHEN NOT MATCHED THEN INSERT (id, n) VALUES (s.id, 7)
WHEN NOT MATCHED BY SOURCE AND t.id = 5 THEN UPDATE SET n = -5
WHEN NOT MATCHED BY SOURCE AND t.id = 6 THEN DELETE"""
MERGED: Counts = (2, 2, 2)


@dataclass(frozen=True)
class Step:
    """A statement, the counts of each commit it makes, and the settings it runs under."""

    sql: str
    commits: tuple[Counts, ...] = (NOTHING,)
    settings: dict[str, str] = field(default_factory=dict)


def step(sql: str, *commits: Counts, settings: dict[str, str] | None = None) -> Step:
    """A statement that makes one commit, of no counts unless they are given."""
    return Step(sql, commits or (NOTHING,), settings or {})


def create(properties: str, select: str, partitions: str = "") -> str:
    """CREATE TABLE AS SELECT."""
    by = f"PARTITIONED BY ({partitions})" if partitions else ""
    return f"CREATE TABLE {{t}} USING delta {by} TBLPROPERTIES ({properties}) AS {select}"


def numbered(first: int, last: int, columns: str = "") -> str:
    """Rows with ids first to last and n = 10 * id, in one file."""
    more = f", {columns}" if columns else ""
    return (
        f"SELECT /*+ COALESCE(1) */ cast(id AS int) AS id, cast(id * 10 AS int) AS n{more} "
        f"FROM range({first}, {last + 1})"
    )


def properties(text: str) -> Step:
    """A commit that changes properties only."""
    return step(f"ALTER TABLE {{t}} SET TBLPROPERTIES ({text})")


# Ids 1 to 12, two in each place.
PLACES = """INSERT INTO {t} SELECT /*+ COALESCE(1) */ * FROM VALUES
(1, 10, 'a b'), (2, 20, 'a b'), (3, 30, 'c:d'), (4, 40, 'c:d'), (5, 50, '50%'), (6, 60, '50%'),
(7, 70, 'ä/ö'), (8, 80, 'ä/ö'), (9, 90, 'e=f'), (10, 100, 'e=f'), (11, 110, null), (12, 120, null)
"""
# Two rows of each moment, one of a day before 1970, one without any.
MOMENTS = """SELECT /*+ COALESCE(1) */ id, n, cast(at AS timestamp) AS at, cast(day AS date) AS day,
named_struct('at', cast('2024-05-01 00:00:00' AS timestamp) + make_interval(0, 0, 0, 0, id, 0, 0.5),
'by', concat('user ', id)) AS seen FROM VALUES
(1, 10, '2024-03-01 10:00:00', '2024-03-01'), (2, 20, '2024-03-01 10:00:00', '2024-03-01'),
(3, 30, '2024-03-01 10:00:00.123456', '2024-03-01'),
(4, 40, '2024-03-01 10:00:00.123456', '2024-03-02'),
(5, 50, '1969-12-31 23:59:59.5', '1969-12-31'), (6, 60, null, null) AS v(id, n, at, day)"""

SCRIPT: dict[str, tuple[Step, ...]] = {
    # String partitions that need escaping; the feed is on; files are rewritten.
    "places": (
        step(
            "CREATE TABLE {t} (id INT, n INT, place STRING) USING delta PARTITIONED BY (place) "
            f"TBLPROPERTIES ({FEED})"
        ),
        step(PLACES, (12, 0, 0)),
        step("DELETE FROM {t} WHERE place = 'a b' AND id = 1", (0, 0, 1)),
        step("DELETE FROM {t} WHERE place = '50%'", (0, 0, 2)),
        step("UPDATE {t} SET place = 'a b' WHERE id IN (3, 11)", (0, 2, 0)),
        step("UPDATE {t} SET n = n WHERE place = 'ä/ö'", (0, 2, 0)),
        step(
            "INSERT INTO {t} REPLACE WHERE place = 'ä/ö' "
            "VALUES (20, 1, 'ä/ö'), (21, 2, 'ä/ö'), (22, 3, 'ä/ö')",
            (3, 0, 2),
        ),
        step(
            "INSERT INTO {t} REPLACE WHERE id >= 21 VALUES (30, 1, 'ä/ö'), (31, 2, 'c:d')",
            (2, 0, 2),
        ),
        step(
            "INSERT OVERWRITE {t} VALUES (40, 1, 'e=f'), (41, 2, '50%')",
            (2, 0, 2),
            settings=DYNAMIC,
        ),
        step(
            "INSERT OVERWRITE {t} "
            "VALUES (50, 1, 'a b'), (51, 2, null), (52, 3, 'a b'), (53, 4, 'ü')",
            (4, 0, 10),
        ),
        step("OPTIMIZE {t} ZORDER BY (id)"),
        step("TRUNCATE TABLE {t}", (0, 0, 4)),
    ),
    # Partitions by timestamp and date; an event time inside a struct.
    "moments": (
        step(create(FEED, MOMENTS, "at, day"), (6, 0, 0)),
        step(MERGE, MERGED),
        step("DELETE FROM {t} WHERE n = 10", (0, 0, 1)),
        step("DELETE FROM {t} WHERE at = TIMESTAMP'2024-03-01 10:00:00.123456'", (0, 0, 1)),
        step(f"INSERT OVERWRITE {{t}} {MOMENTS}", (6, 0, 4)),
    ),
    # Column mapping by name, with deletion vectors and a feed, through a rename and a drop.
    "named": (
        step(
            "CREATE TABLE {t} (id INT, `a value` INT, extra STRING, `the place` STRING) "
            "USING delta PARTITIONED BY (`the place`) "
            f"TBLPROPERTIES ({FEED}, {VECTORS}, 'delta.columnMapping.mode' = 'name')"
        ),
        step(
            "INSERT INTO {t} "
            + numbered(1, 8, "'x' AS extra, if(id <= 4, 'c:d', 'a b') AS `the place`"),
            (8, 0, 0),
        ),
        step("ALTER TABLE {t} RENAME COLUMN `a value` TO n"),
        step("UPDATE {t} SET n = n + 1 WHERE id IN (1, 7)", (0, 2, 0)),
        step("ALTER TABLE {t} DROP COLUMN extra"),
        step(MERGE, MERGED),
        step("DELETE FROM {t} WHERE id IN (1, 8, 107)", (0, 0, 3)),
        step("INSERT OVERWRITE {t} VALUES (200, 1, 'a b'), (201, 2, null)", (2, 0, 5)),
    ),
    # Column mapping by id; the partition column is renamed; statistics hold row numbers only.
    "by_id": (
        step(
            create(
                f"{NO_FEED}, 'delta.columnMapping.mode' = 'id', "
                "'delta.dataSkippingNumIndexedCols' = '0'",
                numbered(1, 6, "'x' AS extra, if(id <= 3, 'one', 'two') AS part"),
                "part",
            ),
            (6, 0, 0),
        ),
        step("ALTER TABLE {t} RENAME COLUMN part TO `a part`"),
        step("UPDATE {t} SET n = if(id = 1, n, n + 1) WHERE id IN (1, 2)", (0, 2, 0)),
        step(MERGE, MERGED),
        step("ALTER TABLE {t} DROP COLUMN extra"),
    ),
    # Deletion vectors, one after another on the same file, until they are off and purged.
    "vectors": (
        step(create(f"{FEED}, {VECTORS}", numbered(1, 10)), (10, 0, 0)),
        step("DELETE FROM {t} WHERE id <= 2", (0, 0, 2)),
        step("DELETE FROM {t} WHERE id <= 5", (0, 0, 3)),
        step("RESTORE TABLE {t} TO VERSION AS OF 1", (3, 0, 0)),
        step("UPDATE {t} SET n = n + 1 WHERE id >= 8", (0, 3, 0)),
        # The first file had a vector and goes whole; the second keeps two rows.
        step("DELETE FROM {t} WHERE id <= 8", (0, 0, 6)),
        step(
            "INSERT OVERWRITE {t} SELECT /*+ REPARTITION_BY_RANGE(2, id) */ * FROM "
            f"({numbered(21, 32)})",
            (12, 0, 2),
        ),
        step("DELETE FROM {t} WHERE id IN (21, 22, 31)", (0, 0, 3)),
        properties("'delta.enableDeletionVectors' = 'false'"),
        step("DELETE FROM {t} WHERE id = 23", (0, 0, 1)),
        step("REORG TABLE {t} APPLY (PURGE)"),
        step("VACUUM {t} RETAIN 0 HOURS", NOTHING, NOTHING),
        step(f"INSERT INTO {{t}} {numbered(41, 43)}", (3, 0, 0)),
    ),
    # Deletion vectors, no feed, and commits that say nothing about rows.
    "quiet_vectors": (
        step(create(f"{NO_FEED}, {VECTORS}", numbered(1, 8)), (8, 0, 0)),
        step("DELETE FROM {t} WHERE id = 1", (0, 0, 1), settings=QUIET),
        step("UPDATE {t} SET n = 0 WHERE id = 4", (0, 1, 0), settings=QUIET),
        step(MERGE, MERGED, settings=QUIET),
        step("RESTORE TABLE {t} TO VERSION AS OF 1", (5, 0, 5), settings=QUIET),
    ),
    # Files and a deletion vector that lie in another table, at absolute paths.
    "clone": (
        step(
            "CREATE TABLE {t} SHALLOW CLONE {quiet_vectors} VERSION AS OF 2 "
            f"TBLPROPERTIES ({FEED})",
            (7, 0, 0),
        ),
        step("DELETE FROM {t} WHERE id = 2", (0, 0, 1)),
        step("UPDATE {t} SET n = 0 WHERE id IN (4, 7)", (0, 2, 0)),
    ),
    # The same without deletion vectors; the feed comes late.
    "quiet": (
        step(create(NO_FEED, numbered(1, 8)), (8, 0, 0)),
        step("UPDATE {t} SET n = n + 1 WHERE id IN (1, 2)", (0, 2, 0), settings=QUIET),
        step(MERGE, MERGED, settings=QUIET),
        properties(FEED),
        # Row 3 is gone, so that it is inserted; rows 107 and 108 are there, so that they match.
        step(MERGE, (1, 4, 0), settings=QUIET),
        step("DELETE FROM {t} WHERE id IN (7, 8)", (0, 0, 2), settings=QUIET),
    ),
    # The feed on late, off for a while, and on again.
    "late": (
        step(create(NO_FEED, numbered(1, 8)), (8, 0, 0)),
        properties(FEED),
        step("UPDATE {t} SET n = n + 1 WHERE id IN (1, 2, 3)", (0, 3, 0)),
        properties(NO_FEED),
        step(MERGE, MERGED),
        properties(FEED),
        step("DELETE FROM {t} WHERE id = 8", (0, 0, 1)),
    ),
    # In-commit timestamps and row tracking from the start; v2 checkpoints with JSON manifests.
    "ledger": (
        step(
            create(
                f"{FEED}, {V2_CHECKPOINTS}, 'delta.enableInCommitTimestamps' = 'true', "
                "'delta.enableRowTracking' = 'true'",
                numbered(1, 6),
            ),
            (6, 0, 0),
        ),
        step(f"INSERT INTO {{t}} {numbered(7, 9)}", (3, 0, 0)),
        step("UPDATE {t} SET n = 0 WHERE id = 1", (0, 1, 0), settings=JSON_MANIFEST),
        step("DELETE FROM {t} WHERE id IN (1, 7)", (0, 0, 2)),
    ),
    # In-commit timestamps late; a wider type; v2 checkpoints with Parquet manifests.
    "clocks": (
        step(
            create(
                f"{FEED}, {V2_CHECKPOINTS}, 'delta.enableTypeWidening' = 'true'", numbered(1, 4)
            ),
            (4, 0, 0),
        ),
        properties("'delta.enableInCommitTimestamps' = 'true'"),
        step("ALTER TABLE {t} ALTER COLUMN n TYPE BIGINT", settings=PARQUET_MANIFEST),
        step("INSERT INTO {t} VALUES (5, 5000000000), (6, 6000000000)", (2, 0, 0)),
        step("UPDATE {t} SET n = -n WHERE id IN (1, 5)", (0, 2, 0), settings=PARQUET_MANIFEST),
    ),
    # Converted from Parquet, and no statistics at all: row numbers are in the footers only.
    "bare": (
        Step(f"INSERT OVERWRITE DIRECTORY '{{path}}' USING parquet {numbered(1, 8)}", ()),
        step("CONVERT TO DELTA parquet.`{path}` NO STATISTICS", (8, 0, 0)),
        step("DELETE FROM {t} WHERE id = 1", (0, 0, 1), settings=NO_STATISTICS),
        step("UPDATE {t} SET n = 0 WHERE id IN (2, 3)", (0, 2, 0), settings=NO_STATISTICS | QUIET),
        step("INSERT OVERWRITE {t} VALUES (1, 1), (2, 2)", (2, 0, 7), settings=NO_STATISTICS),
    ),
    # A new table under the old name, as a dbt full refresh leaves it.
    "replaced": (
        step(create(FEED, numbered(1, 6)), (6, 0, 0)),
        step(
            f"CREATE OR REPLACE TABLE {{t}} USING delta TBLPROPERTIES ({FEED}) AS "
            + numbered(1, 4, "'new' AS word"),
            (4, 0, 6),
        ),
    ),
}
