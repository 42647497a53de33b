"""Every monitor we ship. To add one: write monitors/<name>.py, then list it here."""

from monitors import freshness, ingestion, schema, table_health
from monitors.core import Monitor

ALL: tuple[Monitor, ...] = (
    ingestion.MONITOR,
    freshness.MONITOR,
    schema.MONITOR,
    table_health.MONITOR,
)
