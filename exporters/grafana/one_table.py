"""Table: everything that is known about one table."""

from exporters.grafana import states
from exporters.grafana.frame import framed, services, variable
from exporters.grafana.panels import band_of, lines_of, stat_of, table_of, timeline_of
from exporters.grafana.promql import (
    CHECK,
    SELECTED,
    TABLE,
    THIS_TABLE,
    age,
    check_state,
    checks_in,
    increase,
    latest,
    least,
    table_state,
)
from exporters.grafana.sdk import dashboard, units

UID = "lakehouse-table"
_KNOWN = "lakehouse_table_readable"
_ANY = ".*"  # a catalog or a schema may be empty


def one_table() -> dashboard.Dashboard:
    """One table, chosen by its catalog, schema and name."""
    board = framed(
        "Lakehouse table",
        UID,
        "How fresh one table is, how much it holds, by which commits, and what its checks say.",
        THIS_TABLE,
    )
    where = SELECTED
    for name, label in (("catalog", "Catalog"), ("schema", "Schema")):
        query = f"label_values({_KNOWN}{{{where}}}, {name})"
        board.with_variable(services(name, label, query, every=_ANY))
        where += f', {name}=~"${name}"'
    board.with_variable(variable("table", "Table", f"label_values({_KNOWN}{{{where}}}, table)"))
    observed = f"lakehouse_check_observed_value{{{SELECTED}, {THIS_TABLE}}}"
    board.with_variable(
        services("check", "Check", f"label_values({observed}, check)").description(
            "Checks that observe a number: one panel each."
        )
    )
    for part in (_now, _freshness, _volume, _checks):
        part(board)
    return board


def _now(board: dashboard.Dashboard) -> None:
    board.with_row(dashboard.Row("Now"))
    for title, description, expression, unit, mapping in (
        (
            "State",
            "In time, late, or unreadable.",
            table_state(THIS_TABLE),
            units.Short,
            states.TABLE,
        ),
        (
            "Newest data",
            "Time since the newest commit that changed data.",
            age(TABLE, "lakehouse_table_last_commit_timestamp_seconds", THIS_TABLE),
            units.Seconds,
            None,
        ),
        (
            "Due in",
            "Time until the next commit is due, as learned from past weeks; negative is late.",
            f"{latest(TABLE, 'lakehouse_table_due_timestamp_seconds', THIS_TABLE)} - time()",
            units.Seconds,
            None,
        ),
        (
            "Last read",
            "Time since the table was read successfully.",
            age(TABLE, "lakehouse_table_last_read_timestamp_seconds", THIS_TABLE),
            units.Seconds,
            None,
        ),
        (
            "Rows",
            "Live rows.",
            latest(TABLE, "lakehouse_table_rows", THIS_TABLE),
            units.LocaleFormat,
            None,
        ),
        (
            "Size",
            "Size of the live files.",
            latest(TABLE, "lakehouse_table_size_bytes", THIS_TABLE),
            units.BytesIEC,
            None,
        ),
    ):
        board.with_panel(stat_of(title, description, expression, unit=unit, mapping=mapping))
    for title, description, state, colour in (
        (
            "Failing checks",
            "Checks of this table whose newest verdict is fail.",
            "fail",
            states.RED,
        ),
        (
            "Checks in error",
            "Its checks that could not be evaluated.",
            "error",
            states.PURPLE,
        ),
    ):
        board.with_panel(
            stat_of(
                title, description, checks_in(state, THIS_TABLE), colours=states.from_one(colour)
            )
        )


def _freshness(board: dashboard.Dashboard) -> None:
    board.with_row(dashboard.Row("Freshness"))
    board.with_panel(
        timeline_of(
            "State of the table",
            "In time, late, or unreadable. Where the due time is not known yet, it is never late.",
            (table_state(THIS_TABLE), "{{table}}"),
            states.TABLE,
            height=4,
        )
    )
    board.with_panel(
        lines_of(
            "Age",
            "Time since the newest commit that changed data, and since its newest event time.",
            (age(TABLE, "lakehouse_table_last_commit_timestamp_seconds", THIS_TABLE), "commit"),
            (age(TABLE, "lakehouse_table_last_event_timestamp_seconds", THIS_TABLE), "event"),
            unit=units.Seconds,
            least=0,
        )
    )
    board.with_panel(
        lines_of(
            "Gap margin",
            "How long reading may pause before retention deletes what the next read needs.",
            (least(TABLE, "lakehouse_table_gap_margin_seconds", THIS_TABLE), "margin"),
            unit=units.Seconds,
            width=6,
            least=0,
        )
    )
    board.with_panel(
        stat_of(
            "Definition changed",
            "Time since columns, properties or partitioning changed; unknown if they never did.",
            age(TABLE, "lakehouse_table_schema_changed_timestamp_seconds", THIS_TABLE),
            unit=units.Seconds,
            width=6,
        ).height(8)
    )


def _volume(board: dashboard.Dashboard) -> None:
    counted = increase(
        f"{TABLE}, source", "24h", "lakehouse_table_commits_counted_total", THIS_TABLE
    )
    uncounted = increase(
        f"{TABLE}, reason", "24h", "lakehouse_table_commits_uncounted_total", THIS_TABLE
    )
    board.with_row(dashboard.Row("Volume"))
    for window, title in (("1h", "Row changes in an hour"), ("24h", "Row changes in 24 hours")):
        changes = increase(
            f"{TABLE}, change", window, "lakehouse_table_row_changes_total", THIS_TABLE
        )
        board.with_panel(
            lines_of(
                title,
                "Rows inserted, updated and deleted in that time before each moment, as they were "
                "read.",
                (f"sum by (change) ({changes})", "{{change}}"),
                unit=units.LocaleFormat,
                least=0,
            )
        )
    board.with_panel(
        lines_of(
            "Rows over time",
            "Live rows.",
            (latest(TABLE, "lakehouse_table_rows", THIS_TABLE), "rows"),
            unit=units.LocaleFormat,
            width=8,
        )
    )
    board.with_panel(
        lines_of(
            "Size over time",
            "Size of the live files; files that VACUUM has yet to remove are left out.",
            (latest(TABLE, "lakehouse_table_size_bytes", THIS_TABLE), "size"),
            unit=units.BytesIEC,
            width=8,
        )
    )
    board.with_panel(
        lines_of(
            "Commits in 24 hours",
            "Commits whose rows were counted, by where the numbers came from, and those whose rows "
            "are unknown: these add nothing to the row changes.",
            (f"sum by (source) ({counted})", "{{source}}"),
            (f"sum({uncounted}) or sum({counted}) * 0", "uncounted"),
            colours={"uncounted": states.RED},
            width=8,
            least=0,
        )
    )


def _checks(board: dashboard.Dashboard) -> None:
    about = f"{CHECK}, severity, kind, check_owner"
    board.with_row(dashboard.Row("Checks"))
    board.with_panel(
        timeline_of(
            "State of the checks",
            "Pass, warn or fail; grey has nothing to evaluate yet, purple could not be evaluated.",
            (check_state(THIS_TABLE), "{{check}}"),
            states.CHECK,
            height=8,
        )
    )
    board.with_panel(
        table_of(
            "Checks",
            "Every check of the table: what it observed and what would pass, where these are "
            "numbers, when it was evaluated and when it last passed.",
            (check_state(THIS_TABLE), "State"),
            (latest(about, "lakehouse_check_info", THIS_TABLE), ""),
            (latest(CHECK, "lakehouse_check_lower_bound", THIS_TABLE), "At least"),
            (latest(CHECK, "lakehouse_check_observed_value", THIS_TABLE), "Observed"),
            (latest(CHECK, "lakehouse_check_upper_bound", THIS_TABLE), "At most"),
            (age(CHECK, "lakehouse_check_last_run_timestamp_seconds", THIS_TABLE), "Evaluated"),
            (age(CHECK, "lakehouse_check_last_success_timestamp_seconds", THIS_TABLE), "Passed"),
            (latest(CHECK, "lakehouse_check_duration_seconds", THIS_TABLE), "Took"),
            units_by_column={
                **dict.fromkeys(("Evaluated", "Passed", "Took"), units.Seconds),
                **dict.fromkeys(("At least", "Observed", "At most"), units.LocaleFormat),
            },
            mappings={"State": states.CHECK},
            height=8,
            sort="State",
            link=False,
        )
    )
    one = f'{THIS_TABLE}, check=~"$check"'
    observed, lower, upper = (
        latest(CHECK, f"lakehouse_check_{what}", one)
        for what in ("observed_value", "lower_bound", "upper_bound")
    )
    board.with_panel(
        band_of(
            "$check",
            "What the check observed, on the band of what would have passed.",
            observed,
            lower,
            upper,
        )
        .repeat("check")
        .repeat_direction("h")
        .max_per_row(2)
    )
