"""The rows of the overview about who was told, and whether monitoring itself works."""

from exporters.grafana import states
from exporters.grafana.panels import (
    lines_of,
    table_of,
    timeline_of,
)
from exporters.grafana.promql import (
    INCIDENT,
    JOB,
    age,
    increase,
    latest,
    least,
    none_yet,
    rate,
)
from exporters.grafana.sdk import dashboard, units


def incidents_row(board: dashboard.Dashboard) -> None:
    sent = increase("job, channel, outcome", "1h", "lakehouse_notifications_total")
    incidents = latest(INCIDENT, "lakehouse_incidents")
    board.with_row(dashboard.Row("Incidents and messages"))
    board.with_panel(
        lines_of(
            "Incidents by severity and state",
            "Incidents that are not resolved: open, acknowledged, or snoozed for a time.",
            (f"sum by (severity, state) ({incidents})", "{{severity}} {{state}}"),
            stacked=True,
            least=0,
        )
    )
    board.with_panel(
        lines_of(
            "Messages in an hour",
            "Tries to tell somebody in the hour before each moment, by channel and outcome. A dead "
            "message was given up, so somebody was not told.",
            (none_yet(f"sum by (channel, outcome) ({sent})"), "{{channel}} {{outcome}}"),
            least=0,
        )
    )


def monitoring_row(board: dashboard.Dashboard) -> None:
    monitor, source = f"{JOB}, monitor", f"{JOB}, source"
    subjects = latest(f"{monitor}, outcome", "lakehouse_monitor_subjects")
    board.with_row(dashboard.Row("Sources and monitors"))
    board.with_panel(
        timeline_of(
            "Sources",
            "Whether anything of a source could be read in the last run.",
            (latest(source, "lakehouse_source_up"), "{{source}}"),
            states.UP,
            width=8,
            height=8,
        )
    )
    board.with_panel(
        lines_of(
            "Age of the sources",
            "Time since a source could be read, and how old its newest data was then.",
            (age(source, "lakehouse_source_last_success_timestamp_seconds"), "{{source}} read"),
            (latest(source, "lakehouse_source_data_lag_seconds"), "{{source}} data"),
            unit=units.Seconds,
            width=8,
            least=0,
        )
    )
    board.with_panel(
        lines_of(
            "Requests to the sources",
            "What monitoring asks of the sources each second.",
            (rate("source", "lakehouse_monitor_requests_total"), "{{source}}"),
            unit=units.RequestsPerSecond,
            width=8,
            least=0,
        )
    )
    board.with_panel(
        table_of(
            "Monitors",
            "Whether the last run worked, how long it took, and by when the next must have.",
            (latest(monitor, "lakehouse_monitor_up"), "State"),
            (latest(monitor, "lakehouse_monitor_duration_seconds"), "Took"),
            (age(monitor, "lakehouse_monitor_last_success_timestamp_seconds"), "Last success"),
            (f"{latest(monitor, 'lakehouse_monitor_due_timestamp_seconds')} - time()", "Due in"),
            units_by_column=dict.fromkeys(("Took", "Last success", "Due in"), units.Seconds),
            mappings={"State": states.UP},
            width=8,
            height=8,
            link=False,
        )
    )
    board.with_panel(
        lines_of(
            "Tables by outcome",
            "How the last reading of each table ended, over all monitors.",
            (f"sum by (outcome) ({subjects})", "{{outcome}}"),
            colours={
                "assessed": states.GREEN,
                "not_assessed": states.GREY,
                "error": states.RED,
            },
            stacked=True,
            width=8,
            least=0,
        )
    )
    board.with_panel(
        lines_of(
            "Bytes from the sources",
            "What monitoring receives from the sources each second.",
            (rate("source", "lakehouse_monitor_received_bytes_total"), "{{source}}"),
            unit=units.BytesPerSecondIEC,
            width=8,
            least=0,
        )
    )
    board.with_panel(
        timeline_of(
            "Configuration",
            "Whether each service works by its configuration file, or refused what it became.",
            (
                least("job, instance", "lakehouse_config_last_reload_successful"),
                "{{job}} {{instance}}",
            ),
            states.IN_FORCE,
            width=12,
            height=6,
        )
    )
    board.with_panel(
        lines_of(
            "Series left out",
            "Series that a full page leaves out, by reason: panels over them see nothing.",
            (increase("reason", "1h", "lakehouse_series_dropped_total"), "{{reason}}"),
            least=0,
        ).height(6)
    )
