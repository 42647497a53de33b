"""PromQL of the dashboards.

Every selector has the dashboard's `job` and `instance`. Two services on one store export the same
series, so everything is grouped by labels that leave `instance` out, and never added up over it.
Nothing falls back to zero: an expression over series that are not there gives nothing.
"""

SELECTED = 'job=~"$job", instance=~"$instance"'
THIS_TABLE = 'catalog=~"$catalog", schema=~"$schema", table="$table"'
JOB = "job"
TABLE = "job, catalog, schema, table"
CHECK = f"{TABLE}, check"
INCIDENT = "job, severity, state"
RATE = "$__rate_interval"

CHECK_STATES = ("pass", "not_assessed", "warn", "error", "fail")
"""The states of a check by their number in a state timeline, from good to bad."""
IN_TIME, LATE, UNREADABLE = 0, 1, 2
"""The states of a table by their number in a state timeline."""


def select(metric: str, *matchers: str) -> str:
    """A selector of a metric by the dashboard's services and some label matchers more."""
    return f"{metric}{{{', '.join((SELECTED, *filter(None, matchers)))}}}"


def latest(labels: str, metric: str, *matchers: str, before: str = "") -> str:
    """The greatest that any service says, by some labels; `before` is how long ago it said so."""
    offset = f" offset {before}" if before else ""
    return f"max by ({labels}) ({select(metric, *matchers)}{offset})"


def least(labels: str, metric: str, *matchers: str) -> str:
    """The least that any service says, by some labels."""
    return f"min by ({labels}) ({select(metric, *matchers)})"


def age(labels: str, metric: str, *matchers: str) -> str:
    """Seconds since a time that is exported as a Unix time."""
    return f"time() - {latest(labels, metric, *matchers)}"


def increase(labels: str, window: str, metric: str, *matchers: str) -> str:
    """How much a counter grew within a window, by some labels; read once, however many tell it."""
    return f"max by ({labels}) (increase({select(metric, *matchers)}[{window}]))"


def rate(labels: str, metric: str, *matchers: str) -> str:
    """How much a counter grows each second, by some labels; read once, however many tell it."""
    return f"max by ({labels}) (rate({select(metric, *matchers)}[{RATE}]))"


def late(where: str = "") -> str:
    """1 for each table that was read after its due time without the commit that was due, else 0.

    A table whose due time is not known has no value.
    """
    due = latest(TABLE, "lakehouse_table_due_timestamp_seconds", where)
    read = latest(TABLE, "lakehouse_table_last_read_timestamp_seconds", where)
    return f"({due} < bool time()) * ({read} > bool {due})"


def table_state(where: str = "") -> str:
    """The number of each table's state: `UNREADABLE`, `LATE` or `IN_TIME`."""
    readable = latest(TABLE, "lakehouse_table_readable", where)
    unreadable = f"({readable} == 0) + {UNREADABLE}"
    return f"{unreadable} or ({late(where)} == {LATE}) or {readable} * {IN_TIME}"


def check_state(where: str = "") -> str:
    """The number of each check's state, its place in `CHECK_STATES`."""
    held = (
        "{} * {}".format(select("lakehouse_check_status", f'state="{state}"', where), number)
        for number, state in enumerate(CHECK_STATES)
    )
    return f"max by ({CHECK}) ({' or '.join(held)})"


def checks_in(state: str, where: str = "") -> str:
    """How many checks are in a state; nothing where there are no checks."""
    status = latest(CHECK, "lakehouse_check_status", f'state="{state}"', where)
    return f"sum({status})"


def of_kind(kind: str, metric: str, where: str = "") -> str:
    """What a metric of checks says of those of one kind."""
    info = latest(CHECK, "lakehouse_check_info", f'kind="{kind}"', where)
    return f"{latest(CHECK, metric, where)} and on ({CHECK}) {info}"


def none_yet(expression: str) -> str:
    """0 where a counter has no series because nothing was counted yet, while a service answers."""
    return f"{expression} or on () max({select('lakehouse_exporter_build_info')}) * 0"


def worst(count: int, expression: str) -> str:
    """The series of the greatest values at each moment: a large lake has thousands."""
    return f"topk({count}, {expression})"


def place_in_band(kind: str, where: str = "") -> str:
    """Where an observation lies: 0 at the lower bound of what was expected, 1 at the upper."""
    observed = of_kind(kind, "lakehouse_check_observed_value", where)
    lower = latest(CHECK, "lakehouse_check_lower_bound", where)
    upper = latest(CHECK, "lakehouse_check_upper_bound", where)
    return f"(({observed}) - {lower}) / ({upper} - {lower} > 0)"
