"""Write Delta tables with real Spark, each feature once, and the truth about every commit.

    python -m tests.spark.script OUTDIR

OUTDIR/<table> are the tables; OUTDIR/truth.json says what each commit did. Its numbers come twice:
written beside each statement of `statements.py`, and from Spark: its change feed of every version
that has one, a scan by time travel of every version without, and a scan of the newest. Where they
differ the script fails. The clone holds absolute paths: it does not survive moving OUTDIR.
"""

import json
import shutil
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

import pyspark
from delta import configure_spark_with_delta_pip
from pyspark.sql import SparkSession

from tests.spark.statements import SCRIPT, UNSPOILT, Counts, Step

# After these statements Spark refuses or misses changes that it gave before.
SPOILERS = ("VACUUM", "CREATE OR REPLACE", "ALTER TABLE {t} ALTER COLUMN")
AS_JSON = (
    "to_json(struct(*), map('ignoreNullFields', 'false', "
    "'timestampFormat', 'yyyy-MM-dd\\'T\\'HH:mm:ss.SSSSSSXX'))"
)
KINDS = ("insert", "update_postimage", "delete")


class Referee:
    """Runs statements in a Spark session and observes what Spark says they did."""

    def __init__(self, spark: SparkSession, folder: Path) -> None:
        self.spark = spark
        self.folder = folder

    def play(self, name: str, steps: tuple[Step, ...]) -> dict[str, Any]:
        """Write a table; return its truth: head rows, versions, and rows of its change feed.

        A copy is kept of a table that is about to be vacuumed.
        """
        truth: dict[str, Any] = {"rows": 0, "versions": [], "changes": {}}
        expected: list[Counts] = []
        for one in steps:
            if one.sql.startswith(SPOILERS):
                self.observe(name, expected, truth)
            if one.sql.startswith("VACUUM"):
                shutil.copytree(self.folder / name, self.folder / f"{name}{UNSPOILT}")
            self.run(name, one)
            expected += one.commits
        self.observe(name, expected, truth)
        return truth

    def run(self, name: str, one: Step) -> None:
        names = {other: f"delta.`{self.folder / other}`" for other in SCRIPT}
        for key, value in one.settings.items():
            self.spark.conf.set(key, value)
        self.spark.sql(one.sql.format(t=names[name], path=self.folder / name, **names)).collect()
        for key in one.settings:
            self.spark.conf.unset(key)

    def observe(self, name: str, expected: list[Counts], truth: dict[str, Any]) -> None:
        """Add the versions that the truth does not have yet, and their rows of the feed."""
        log = Log(self.folder / name)
        first, last = len(truth["versions"]), len(expected) - 1
        if log.last != last:
            raise SystemExit(f"{name}: the log ends at version {log.last}, the script at {last}")
        feed = self.feed(name, log, first, last)
        unfed = [version for version in range(first, last + 1) if version not in feed]
        rows = self.rows(name, {*unfed, last})
        for version in range(first, last + 1):
            if version in feed:
                truth["changes"][str(version)] = feed[version]
                found = counted(feed[version])
                if found != expected[version]:
                    raise SystemExit(f"{name}@{version}: {expected[version]}, the feed has {found}")
            inserted, updated, deleted = expected[version]
            truth["rows"] += inserted - deleted
            if truth["rows"] != rows.get(version, truth["rows"]):
                raise SystemExit(f"{name}@{version}: {truth['rows']} rows, found {rows[version]}")
            truth["versions"].append(
                {
                    "version": version,
                    "operation": log.operation(version),
                    "inserted": inserted,
                    "updated": updated,
                    "deleted": deleted,
                    "rows": truth["rows"],
                    "feed": version in feed,
                }
            )

    def rows(self, name: str, versions: set[int]) -> dict[int, int]:
        """Rows of these versions, by scans."""
        counts = [
            f"SELECT {version} AS version, count(*) AS n "
            f"FROM delta.`{self.folder / name}` VERSION AS OF {version}"
            for version in sorted(versions)
        ]
        return {row.version: row.n for row in self.spark.sql(" UNION ALL ".join(counts)).collect()}

    def feed(self, name: str, log: "Log", first: int, last: int) -> dict[int, list[dict[str, Any]]]:
        """Rows of the change feed of each version that has one, in order of their JSON."""
        found: dict[int, list[dict[str, Any]]] = {}
        for start, end in log.feed_ranges(first, last):
            found |= {version: [] for version in range(start, end + 1)}
            changes = self.spark.sql(
                f"SELECT * FROM table_changes_by_path('{self.folder / name}', {start}, {end})"
            )
            texts = changes.drop("_commit_timestamp").selectExpr(f"{AS_JSON} AS text").collect()
            for text in sorted(row.text for row in texts):
                row = json.loads(text)
                found[row.pop("_commit_version")].append(row)
        return found


class Log:
    """The JSON commits of a table, as far as the truth needs them."""

    def __init__(self, table: Path) -> None:
        self.table = table
        self.commits = [
            [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            for path in sorted((table / "_delta_log").glob("*.json"))
            if path.stem.isdigit()
        ]
        self.last = len(self.commits) - 1

    def actions(self, version: int, *kinds: str) -> list[dict[str, Any]]:
        return [action[k] for action in self.commits[version] for k in kinds if k in action]

    def operation(self, version: int) -> str:
        return str(self.actions(version, "commitInfo")[0]["operation"])

    def files_remain(self, version: int) -> bool:
        """Whether the files that the change feed of a version is read from are all there."""
        cdc = self.actions(version, "cdc")
        files = cdc or [f for f in self.actions(version, "add", "remove") if f["dataChange"]]
        return all((self.table / located(file["path"])).exists() for file in files)

    def feed_ranges(self, first: int, last: int) -> list[tuple[int, int]]:
        """The versions with a feed, cut where the schema or the properties change.

        Spark refuses a range through a rename or a wider type.
        """
        ranges: list[tuple[int, int]] = []
        on = False
        for version in range(last + 1):
            metadata = self.actions(version, "metaData")
            if metadata:
                on = metadata[-1]["configuration"].get("delta.enableChangeDataFeed") == "true"
            if not on or version < first:
                continue
            if metadata or not ranges or ranges[-1][1] != version - 1:
                ranges.append((version, version))
            else:
                ranges[-1] = (ranges[-1][0], version)
        return ranges


def located(path: str) -> str:
    """A file's path, from its URI reference in the log."""
    return unquote(urlparse(path).path)


def counted(rows: list[dict[str, Any]]) -> Counts:
    kinds = Counter(row["_change_type"] for row in rows)
    inserted, updated, deleted = (kinds[kind] for kind in KINDS)
    return inserted, updated, deleted


def session(warehouse: Path) -> SparkSession:
    """A small local Spark with Delta; the first start fetches Delta's jars."""
    builder = (
        SparkSession.builder.master("local[2]")
        .appName("limnograph-referee")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.memory", "1g")
        # Many small statements: compiling code for them costs more than it saves.
        # The simple compiler alone gets 48 MB for its code, and Spark hangs when that is full.
        .config(
            "spark.driver.extraJavaOptions",
            "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m",
        )
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.sql.warehouse.dir", str(warehouse))
        .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
        .config(
            "spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog"
        )
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
        # VACUUM lists folders with this many tasks; the default takes half a minute.
        .config("spark.sql.sources.parallelPartitionDiscovery.parallelism", "2")
        .config("spark.databricks.delta.snapshotPartitions", "1")
        .config("spark.databricks.delta.retentionDurationCheck.enabled", "false")
        .config("spark.databricks.delta.vacuum.logging.enabled", "true")
        # Count rows by reading them, not from the statistics that are on trial.
        .config("spark.databricks.delta.optimizeMetadataQuery.enabled", "false")
    )
    return configure_spark_with_delta_pip(builder).getOrCreate()


def write(folder: Path) -> dict[str, Any]:
    """Write all tables and truth.json into a folder; return the truth."""
    folder.mkdir(parents=True)
    spark = session(folder / "warehouse")
    spark.sparkContext.setLogLevel("ERROR")

    def play(name: str) -> tuple[str, dict[str, Any]]:
        started = time.monotonic()
        # Settings belong to a session, and two tables are written at a time.
        truth = Referee(spark.newSession(), folder).play(name, SCRIPT[name])
        sys.stderr.write(f"{name}: {time.monotonic() - started:.1f} s\n")
        return name, truth

    try:
        with ThreadPoolExecutor(2) as pool:
            tables = dict(pool.map(play, [name for name in SCRIPT if name != "clone"]))
        tables |= [play("clone")]
        tables["moments"]["event_time"] = newest(spark, folder / "moments", "seen.at")
    finally:
        spark.stop()
    for name in list(tables):
        if (folder / f"{name}{UNSPOILT}").exists():
            tables[f"{name}{UNSPOILT}"] = unspoilt(tables[name], Log(folder / f"{name}{UNSPOILT}"))
    for name, truth in tables.items():
        log = Log(folder / name)
        for version in truth["versions"]:
            version["files_remain"] = log.files_remain(version["version"])
    document = {"spark": pyspark.__version__, "tables": tables}
    text = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True)
    (folder / "truth.json").write_text(text, encoding="utf-8")
    return document


def newest(spark: SparkSession, table: Path, column: str) -> dict[str, str]:
    """The maximum of a timestamp column, in UTC, by a scan."""
    at = spark.sql(f"SELECT string(max({column})) AS at FROM delta.`{table}`").collect()[0].at
    return {"column": column, "newest": at}


def unspoilt(truth: dict[str, Any], log: Log) -> dict[str, Any]:
    """The truth of a table's copy, which ends earlier."""
    versions = [dict(version) for version in truth["versions"][: log.last + 1]]
    changes = {k: v for k, v in truth["changes"].items() if int(k) <= log.last}
    return {"rows": versions[-1]["rows"], "versions": versions, "changes": changes}


if __name__ == "__main__":
    write(Path(sys.argv[1]).resolve())
