"""The rows of the overview about volume and checks."""

from exporters.grafana import states
from exporters.grafana.panels import (
    CHECK_NAME,
    TABLE_NAME,
    lines_of,
    table_of,
    timeline_of,
)
from exporters.grafana.promql import (
    CHECK,
    CHECK_STATES,
    TABLE,
    age,
    check_state,
    increase,
    latest,
    of_kind,
    place_in_band,
    worst,
)
from exporters.grafana.sdk import dashboard, units

_VOLUME = "volume"


def volume_row(board: dashboard.Dashboard) -> None:
    place = place_in_band(_VOLUME)
    board.with_row(dashboard.Row("Volume"))
    board.with_panel(
        table_of(
            "Rows against what is usual",
            "What the volume checks counted in their day or hour, and the band in which it would "
            "have passed for such a day by this time of it.",
            (of_kind(_VOLUME, "lakehouse_check_lower_bound"), "At least"),
            (of_kind(_VOLUME, "lakehouse_check_observed_value"), "Rows"),
            (of_kind(_VOLUME, "lakehouse_check_upper_bound"), "At most"),
            (f"({check_state()}) and on ({CHECK}) {_info(_VOLUME)}", "State"),
            units_by_column=dict.fromkeys(("At least", "Rows", "At most"), units.LocaleFormat),
            mappings={"State": states.CHECK},
            width=12,
            sort="State",
        )
    )
    board.with_panel(
        lines_of(
            "Place in the expected band",
            "Where the rows of each volume check lie: 0 % is the least that would pass, 100 % the "
            "most. Of many checks the twenty farthest from the middle.",
            (f"{place} and topk(20, abs({place} - 0.5))", CHECK_NAME),
            unit=units.PercentUnit,
            link=True,
        ).height(10)
    )
    changes = increase(f"{TABLE}, change", "1h", "lakehouse_table_row_changes_total")
    board.with_panel(
        lines_of(
            "Row changes in an hour",
            "Rows inserted, updated and deleted in the hour before each moment, as they were read. "
            "What the log held when a table was first read is history and not counted here.",
            (f"sum by (change) ({changes})", "{{change}}"),
            unit=units.LocaleFormat,
            least=0,
        )
    )
    inserts = increase(TABLE, "24h", "lakehouse_table_row_changes_total", 'change="insert"')
    board.with_panel(
        lines_of(
            "Most inserted in 24 hours",
            "The ten tables into which most rows were inserted in the day before each moment.",
            (worst(10, inserts), TABLE_NAME),
            unit=units.LocaleFormat,
            link=True,
            least=0,
        )
    )


def _info(kind: str) -> str:
    return latest(CHECK, "lakehouse_check_info", f'kind="{kind}"')


def checks_row(board: dashboard.Dashboard) -> None:
    held = latest(f"{CHECK}, state", "lakehouse_check_status")
    about = f"{CHECK}, severity, kind, check_owner"
    unwell = (
        f"({check_state()} > {CHECK_STATES.index('pass')}) * on ({CHECK}) "
        f"group_left (severity, kind, check_owner) "
        f"topk by ({CHECK}) (1, {latest(about, 'lakehouse_check_info')})"
    )
    board.with_row(dashboard.Row("Checks"))
    board.with_panel(
        lines_of(
            "Checks by state",
            "How many checks are in each state. What could not be evaluated is in `error`.",
            (f"sum by (state) ({held})", "{{state}}"),
            colours=states.OF_CHECK,
            stacked=True,
            width=8,
            least=0,
        )
    )
    board.with_panel(
        table_of(
            "Checks that do not pass",
            "Their state, severity, kind and owner; empty when all pass. "
            "`limnograph check explain` says more.",
            (unwell, "State"),
            units_by_column={},
            mappings={"State": states.CHECK},
            width=16,
            height=8,
            sort="State",
        )
    )
    board.with_panel(
        timeline_of(
            "State of the checks",
            "Pass, warn or fail; grey has nothing to evaluate yet, purple could not be evaluated. "
            "Of many checks the hundred worst.",
            (worst(100, check_state()), CHECK_NAME),
            states.CHECK,
            height=14,
            link=True,
        )
    )
    board.with_panel(
        lines_of(
            "Slowest checks",
            "How long the last evaluation took, of the ten that take longest.",
            (worst(10, latest(CHECK, "lakehouse_check_duration_seconds")), CHECK_NAME),
            unit=units.Seconds,
            least=0,
        )
    )
    board.with_panel(
        lines_of(
            "Longest not evaluated",
            "Time since the last evaluation, of the ten checks for which it is longest.",
            (worst(10, age(CHECK, "lakehouse_check_last_run_timestamp_seconds")), CHECK_NAME),
            unit=units.Seconds,
            least=0,
        )
    )
