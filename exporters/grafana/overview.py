"""Lakehouse overview: which tables are late, which checks fail, and whether to believe it."""

from exporters.grafana import states
from exporters.grafana.checks_rows import checks_row, volume_row
from exporters.grafana.frame import framed
from exporters.grafana.panels import (
    TABLE_NAME,
    lines_of,
    stat_of,
    table_of,
    timeline_of,
)
from exporters.grafana.promql import (
    INCIDENT,
    TABLE,
    age,
    checks_in,
    increase,
    late,
    latest,
    least,
    select,
    table_state,
    worst,
)
from exporters.grafana.sdk import dashboard, units
from exporters.grafana.service_rows import incidents_row, monitoring_row

UID = "lakehouse-overview"


def overview() -> dashboard.Dashboard:
    """All tables of all services that are selected."""
    board = framed(
        "Lakehouse overview",
        UID,
        "Which tables are late, whether as much arrived as usual, which checks fail, who was told, "
        "and whether the monitoring itself works.",
    )
    for part in (_now, _freshness, volume_row, checks_row, incidents_row, monitoring_row):
        part(board)
    return board


def _now(board: dashboard.Dashboard) -> None:
    readable = latest(TABLE, "lakehouse_table_readable")
    incidents = latest(INCIDENT, "lakehouse_incidents")
    board.with_row(dashboard.Row("Now"))
    for title, description, expression, colour in (
        ("Tables", "Tables that are watched.", f"count({readable})", None),
        (
            "Unreadable tables",
            "Their last read failed, or none succeeded for three intervals.",
            f"sum(1 - {readable})",
            states.RED,
        ),
        (
            "Late tables",
            "Read after their due time, without the commit that was due.",
            f"sum({late()})",
            states.YELLOW,
        ),
        ("Failing checks", "Checks whose newest verdict is fail.", checks_in("fail"), states.RED),
        (
            "Checks in error",
            "Checks that could not be evaluated: neither passed nor failed.",
            checks_in("error"),
            states.PURPLE,
        ),
        (
            "Warning checks",
            "Checks whose newest verdict is warn.",
            checks_in("warn"),
            states.YELLOW,
        ),
        ("Incidents", "Incidents that are not resolved.", f"sum({incidents})", states.RED),
    ):
        colours = states.from_one(colour) if colour else None
        board.with_panel(stat_of(title, description, expression, colours=colours))
    board.with_panel(
        stat_of(
            "Store",
            "Whether every service can use its store; while it cannot, nothing is read.",
            f"min({select('lakehouse_store_up')})",
            mapping=states.UP,
        )
    )


def _freshness(board: dashboard.Dashboard) -> None:
    commit = age(TABLE, "lakehouse_table_last_commit_timestamp_seconds")
    due = f"{latest(TABLE, 'lakehouse_table_due_timestamp_seconds')} - time()"
    inserted = increase(TABLE, "24h", "lakehouse_table_row_changes_total", 'change="insert"')
    columns = (
        (table_state(), "State"),
        (commit, "Newest data"),
        (due, "Due in"),
        (age(TABLE, "lakehouse_table_last_event_timestamp_seconds"), "Newest event"),
        (age(TABLE, "lakehouse_table_last_read_timestamp_seconds"), "Last read"),
        (latest(TABLE, "lakehouse_table_rows"), "Rows"),
        (inserted, "Inserted in 24 hours"),
        (latest(TABLE, "lakehouse_table_size_bytes"), "Size"),
        (age(TABLE, "lakehouse_table_schema_changed_timestamp_seconds"), "Definition changed"),
        (least(TABLE, "lakehouse_table_gap_margin_seconds"), "Gap margin"),
    )
    seconds = ("Newest data", "Due in", "Newest event", "Last read")
    board.with_row(dashboard.Row("Freshness"))
    board.with_panel(
        table_of(
            "All tables",
            "Every table as of now: the age of its newest commit and event, when the next commit "
            "is due, how long reading may pause before something is lost. Follow the table's name.",
            *columns,
            units_by_column={
                **dict.fromkeys((*seconds, "Definition changed", "Gap margin"), units.Seconds),
                "Rows": units.LocaleFormat,
                "Inserted in 24 hours": units.LocaleFormat,
                "Size": units.BytesIEC,
            },
            mappings={"State": states.TABLE},
            sort="State",
        )
    )
    board.with_panel(
        timeline_of(
            "State of the tables",
            "In time, late, or unreadable; of many tables the fifty worst. A table whose due time "
            "is not known yet is never late.",
            (worst(50, table_state()), TABLE_NAME),
            states.TABLE,
            width=12,
            link=True,
        )
    )
    board.with_panel(
        lines_of(
            "Age of the newest data",
            "Time since the newest commit that changed data, of the twenty oldest.",
            (worst(20, commit), TABLE_NAME),
            unit=units.Seconds,
            link=True,
            least=0,
        ).height(10)
    )
