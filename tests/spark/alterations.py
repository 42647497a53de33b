"""ALTER TABLE by real Spark, a statement per commit, and what each changed in our words.

    python -m tests.spark.alterations OUTDIR

OUTDIR/altered is the table.
"""

import sys
from pathlib import Path

MAPPED = "'delta.columnMapping.mode' = 'name', 'delta.enableTypeWidening' = 'true'"

STATEMENTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "CREATE TABLE {t} (id BIGINT NOT NULL, n INT, s STRUCT<x: INT, y: STRING>, d DATE)"
        f" USING delta TBLPROPERTIES ({MAPPED})",
        (),
    ),
    ("ALTER TABLE {t} ADD COLUMN last STRING", ("column last (string) added",)),
    (
        "ALTER TABLE {t} ADD COLUMN zero STRING FIRST",
        ("column zero (string) added in first place",),
    ),
    ("ALTER TABLE {t} ADD COLUMN lang STRING AFTER n", ("column lang (string) added after n",)),
    ("ALTER TABLE {t} ADD COLUMN s.z DATE AFTER x", ("column s.z (date) added after x",)),
    ("ALTER TABLE {t} RENAME COLUMN lang TO language", ("column lang renamed to language",)),
    ("ALTER TABLE {t} RENAME COLUMN s TO part", ("column s renamed to part",)),
    ("ALTER TABLE {t} RENAME COLUMN part.y TO why", ("column part.y renamed to why",)),
    ("ALTER TABLE {t} DROP COLUMN zero", ("column zero (string) dropped",)),
    (
        "ALTER TABLE {t} ALTER COLUMN n TYPE BIGINT",
        ("type of column n widened from integer to long",),
    ),
    (
        "ALTER TABLE {t} ALTER COLUMN part.x TYPE BIGINT",
        ("type of column part.x widened from integer to long",),
    ),
    ("ALTER TABLE {t} ALTER COLUMN id DROP NOT NULL", ("column id became nullable",)),
    (
        "ALTER TABLE {t} ALTER COLUMN last FIRST",
        ("columns reordered: last now first",),
    ),
    (
        "ALTER TABLE {t} SET TBLPROPERTIES ('team' = 'search', 'api.token' = 'hunter2hunter2')",
        ("property api.token set to ********", "property team set to search"),
    ),
    (
        "ALTER TABLE {t} SET TBLPROPERTIES ('team' = 'ranking', 'api.token' = 'tops3cret')",
        (
            "property api.token changed from ******** to ********",
            "property team changed from search to ranking",
        ),
    ),
    (
        "ALTER TABLE {t} UNSET TBLPROPERTIES ('team')",
        ("property team unset, it was ranking",),
    ),
    (
        "ALTER TABLE {t} SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'true')",
        (
            "property delta.enableDeletionVectors set to true",
            "feature deletionVectors added",
        ),
    ),
    (
        "ALTER TABLE {t} CLUSTER BY (id, n)",
        (
            "clustered by id, n, before by nothing",
            "feature clustering added",
            "feature domainMetadata added",
        ),
    ),
    ("ALTER TABLE {t} RENAME COLUMN n TO number", ("column n renamed to number",)),
    ("ALTER TABLE {t} CLUSTER BY NONE", ("clustered by nothing, before by id, number",)),
)


def main(folder: Path) -> None:
    """Write the table."""
    from tests.spark.script import session

    spark = session(folder / "warehouse")
    try:
        for sql, _ in STATEMENTS:
            spark.sql(sql.format(t=f"delta.`{folder / 'altered'}`")).collect()
    finally:
        spark.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
