"""What limnograph says about itself: whether tables can be read, monitors work, and at what cost.

The runner stores the values of monitors and sources as any other measurement, under the subjects
`monitor:<name>` and `source:<name>`, and adds to the counters; `web.metrics_feed` derives those of
a table from its outcomes when it fills the page. Those of the store and of the configuration come
from the process that serves the page. All are the last to be left out of a full page.
"""

from exporters.prometheus import SERIES_DROPPED
from monitors.core import TABLE_LABELS, Metric

_LAST_TO_GO = -1

TABLE_READABLE = Metric(
    "lakehouse_table_readable",
    "1 if the table could be read, 0 if its last read failed or is more than three intervals ago.",
    labels=TABLE_LABELS,
    rollup="min",
    drop_rank=_LAST_TO_GO,
)
TABLE_LAST_READ = Metric(
    "lakehouse_table_last_read_timestamp_seconds",
    "Unix time of the last successful read of the table.",
    labels=TABLE_LABELS,
    unit="seconds",
    rollup="max",
    drop_rank=_LAST_TO_GO,
)
MONITOR_UP = Metric(
    "lakehouse_monitor_up",
    "0 if the whole last run of the monitor failed, else 1, also when single subjects failed.",
    labels=("monitor",),
    rollup="min",
    drop_rank=_LAST_TO_GO,
)
MONITOR_SUBJECTS = Metric(
    "lakehouse_monitor_subjects",
    "Subjects by the outcome of the monitor's last reading: assessed, not_assessed or error.",
    labels=("monitor", "outcome"),
    unit="subjects",
    drop_rank=_LAST_TO_GO,
)
MONITOR_DURATION = Metric(
    "lakehouse_monitor_duration_seconds",
    "How long the last run of the monitor took.",
    labels=("monitor",),
    unit="seconds",
    rollup="max",
    drop_rank=_LAST_TO_GO,
)
MONITOR_LAST_SUCCESS = Metric(
    "lakehouse_monitor_last_success_timestamp_seconds",
    "Unix time of the end of the last run of the monitor that did not fail as a whole.",
    labels=("monitor",),
    unit="seconds",
    rollup="max",
    drop_rank=_LAST_TO_GO,
)
MONITOR_DUE = Metric(
    "lakehouse_monitor_due_timestamp_seconds",
    "Unix time by which the monitor must have succeeded again: three intervals after it last did.",
    labels=("monitor",),
    unit="seconds",
    rollup="max",
    drop_rank=_LAST_TO_GO,
)
MONITOR_RUNS = Metric(
    "lakehouse_monitor_runs_total",
    "Runs of the monitor, by status: success, or error if the whole run failed.",
    kind="counter",
    labels=("monitor", "status"),
    unit="runs",
    rollup="sum",
    drop_rank=_LAST_TO_GO,
)
MONITOR_REQUESTS = Metric(
    "lakehouse_monitor_requests_total",
    "Requests that monitoring sent to the source.",
    kind="counter",
    labels=("source",),
    unit="requests",
    rollup="sum",
    drop_rank=_LAST_TO_GO,
)
MONITOR_RECEIVED = Metric(
    "lakehouse_monitor_received_bytes_total",
    "Bytes that monitoring received from the source.",
    kind="counter",
    labels=("source",),
    unit="bytes",
    rollup="sum",
    drop_rank=_LAST_TO_GO,
)
SOURCE_UP = Metric(
    "lakehouse_source_up",
    "0 if nothing of the source could be read in the last run, else 1.",
    labels=("source",),
    rollup="min",
    drop_rank=_LAST_TO_GO,
)
SOURCE_LAST_SUCCESS = Metric(
    "lakehouse_source_last_success_timestamp_seconds",
    "Unix time of the last run in which something of the source could be read.",
    labels=("source",),
    unit="seconds",
    rollup="max",
    drop_rank=_LAST_TO_GO,
)
SOURCE_DATA_LAG = Metric(
    "lakehouse_source_data_lag_seconds",
    "How old the newest data of the source was when it was last read.",
    labels=("source",),
    unit="seconds",
    rollup="max",
    drop_rank=_LAST_TO_GO,
)
STORE_UP = Metric(
    "lakehouse_store_up",
    "0 while the store cannot be read or cannot be written, else 1.",
    rollup="min",
    drop_rank=_LAST_TO_GO,
)
STORE_UP_CHANGED = Metric(
    "lakehouse_store_up_changed_timestamp_seconds",
    "Unix time since which the store is as lakehouse_store_up says.",
    unit="seconds",
    rollup="max",
    drop_rank=_LAST_TO_GO,
)
STORE_OUTAGES = Metric(
    "lakehouse_store_outages_total",
    "Times that readings were put off for want of the store, counted when it is back.",
    kind="counter",
    unit="outages",
    rollup="sum",
    drop_rank=_LAST_TO_GO,
)
CONFIG_SUCCESSFUL = Metric(
    "lakehouse_config_last_reload_successful",
    "1 if the configuration file is in force, 0 if it was refused and an older one still is.",
    rollup="min",
    drop_rank=_LAST_TO_GO,
)
CONFIG_SUCCESS = Metric(
    "lakehouse_config_last_reload_success_timestamp_seconds",
    "Unix time when the configuration in force was loaded.",
    unit="seconds",
    rollup="max",
    drop_rank=_LAST_TO_GO,
)
BUILD_INFO = Metric(
    "lakehouse_exporter_build_info",
    "Always 1; the versions of limnograph and of Python that serve this page.",
    labels=("version", "python_version"),
    drop_rank=_LAST_TO_GO,
)

ALL: tuple[Metric, ...] = (
    TABLE_READABLE,
    TABLE_LAST_READ,
    MONITOR_UP,
    MONITOR_SUBJECTS,
    MONITOR_DURATION,
    MONITOR_LAST_SUCCESS,
    MONITOR_DUE,
    MONITOR_RUNS,
    MONITOR_REQUESTS,
    MONITOR_RECEIVED,
    SOURCE_UP,
    SOURCE_LAST_SUCCESS,
    SOURCE_DATA_LAG,
    STORE_UP,
    STORE_UP_CHANGED,
    STORE_OUTAGES,
    CONFIG_SUCCESSFUL,
    CONFIG_SUCCESS,
    SERIES_DROPPED,
    BUILD_INFO,
)
