"""The health report for a person at a terminal: trouble on top, then one line per table."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from checks.core import Status
from exporters.columns import Column, fitted, plain_table
from exporters.report import Report, TableReport, Today
from exporters.rules import Trouble, TroubleKind
from exporters.verdicts import Judged
from exporters.verdicts_text import summary as checks_summary
from exporters.verdicts_text import verdict_table
from exporters.wording import ago, count, moment, percent, plural
from monitors.core import Event, EventKind

_STYLES = {
    TroubleKind.UNREADABLE: "bold red",
    TroubleKind.LATE: "bold red",
    TroubleKind.STALE: "bold red",
    TroubleKind.DROP: "bold yellow",
    TroubleKind.DUPLICATE: "bold yellow",
}
_OTHER = "bold cyan"

SCHEMA_CHANGES = 8  # of one table are listed
_COLUMNS = ("column_", "type_", "became_")


def to_text(report: Report, console: Console, *, quiet: bool = False) -> None:
    """Print the report; `quiet` leaves out all that is well, so that nothing may be left."""
    if not quiet:
        console.print(headline(report), highlight=False)
        console.print(summary(report), highlight=False)
    if report.troubles:
        console.print(_troubles(report))
    if shown := failing(report):
        console.print(verdict_table(shown, "\nChecks that do not pass"))
    if not quiet and report.tables:
        console.print(_tables(report, console.width), crop=False)
        for section in (_problems(report), _events(report)):
            if section is not None:
                console.print(section)
        console.print(f"\n{LEGEND}", style="dim", highlight=False)


LEGEND = (
    "Inserted, updated, deleted: rows of today in each table's time zone. Usual: rows written on "
    "the same weekday by this time, the median. ~ not exact, + at least, ? unknown, - no history."
)


def headline(report: Report) -> str:
    """When the report was made, and how fresh what it says is."""
    return (
        f"Lakehouse report, {moment(report.generated_at)} UTC, "
        f"data as of {moment(report.data_as_of)} UTC"
    )


def summary(report: Report) -> str:
    """The report in one line."""
    parts = [
        f"{plural(len(report.tables), 'table')}",
        f"{report.readable:,} readable",
        f"{report.late:,} late",
        plural(len(report.troubles), "trouble") if report.troubles else "no trouble",
        f"{report.not_assessed:,} not assessed",
    ]
    line = ", ".join(parts)
    return f"{line}; {checks_summary(report.checks)}" if report.checks.judged else line


def failing(report: Report) -> list[Judged]:
    """The verdicts that people should look at: what fails, then what could not be evaluated."""
    quiet = (Status.PASS, Status.NOT_ASSESSED)
    return [one for one in report.checks.judged if one.status not in quiet]


def _troubles(report: Report) -> Table:
    table = plain_table("\nTrouble")
    table.add_column("What", no_wrap=True)
    table.add_column("Table", overflow="fold")
    table.add_column("Since (UTC)", no_wrap=True)
    table.add_column("What was observed", overflow="fold", ratio=1)
    for trouble in report.troubles:
        table.add_row(
            Text(str(trouble.kind), style=_STYLES.get(trouble.kind, _OTHER)),
            Text(trouble.table),
            moment(trouble.since),
            _with_mend(trouble),
        )
    return table


def _with_mend(trouble: Trouble) -> Text:
    text = Text(trouble.message)
    if trouble.mend:
        text.append(f"\nmend: {trouble.mend}", style="dim")
    return text


COLUMNS = (
    Column("Table", folds=True),
    Column("State"),
    Column("Inserted", right=True),
    Column("Updated", right=True),
    Column("Deleted", right=True),
    Column("Usual", rank=3, right=True),
    Column("Of usual", right=True),
    Column("Rows", rank=2, right=True),
    Column("Last data"),
    Column("Last event", rank=4),
    Column("Due", rank=1),
)


def _tables(report: Report, width: int) -> Table:
    lines = [list(_line(entry, report.generated_at)) for entry in report.tables]
    return fitted(COLUMNS, lines, width, "\nTables")


def _line(entry: TableReport, now: datetime) -> Iterator[Text | str]:
    history, day = entry.history, entry.today
    yield Text(history.name)
    yield state(entry)
    for number in (day.inserted, day.updated, day.deleted):
        yield rows(number, day)
    yield usual(day)
    yield share(day)
    yield count(history.rows)
    yield ago(history.last_commit, now)
    yield "-" if history.last_event is None else ago(history.last_event, now)
    yield due(entry, now)


def state(entry: TableReport) -> Text:
    """The table's worst trouble, or ok, or that it was never read."""
    if entry.troubles:
        kind = entry.troubles[0].kind
        return Text(str(kind), style=_STYLES.get(kind, _OTHER))
    return Text("never read", style="dim") if entry.readable is None else Text("ok", style="green")


def rows(number: int | None, day: Today) -> str:
    """Rows of a day, marked where they are not exact or a lower bound."""
    if number is None:
        return count(None)
    return f"{'~' if day.inexact else ''}{count(number)}{'+' if day.uncounted else ''}"


def usual(day: Today) -> str:
    """The usual rows by this time, or a dash while there is too little history."""
    return "-" if day.usual is None else count(day.usual)


def share(day: Today) -> str:
    """Today's rows as percent of the usual ones."""
    return "-" if day.ratio is None else percent(day.ratio)


def due(entry: TableReport, now: datetime) -> str:
    """When the next commit is due, and how sure that is."""
    history = entry.history
    if history.due is None:
        return "-"
    sure = f" ({percent(history.due_confidence)})" if history.due_confidence else ""
    return f"{ago(history.due, now)}{sure}"


def _problems(report: Report) -> Table | None:
    table = plain_table("\nNot assessed")
    table.add_column("Table", overflow="fold")
    table.add_column("What", overflow="fold")
    table.add_column("Why", overflow="fold", ratio=1)
    for name, what, reason, mend in unknowns(report):
        text = Text(reason)
        if mend:
            text.append(f"\nmend: {mend}", style="dim")
        table.add_row(Text(name), Text(what), text)
    return table if table.row_count else None


def unknowns(report: Report) -> Iterator[tuple[str, str, str, str]]:
    """What could not be assessed: table, what, reason, mend."""
    for entry in report.tables:
        for problem in entry.problems:
            yield entry.history.name, problem.what, problem.reason, problem.mend
    for one in report.checks.judged:
        if one.status is Status.NOT_ASSESSED:
            verdict = one.verdict
            yield one.check.subject.name, f"check {one.check.id}", verdict.reason, verdict.mend


def _events(report: Report) -> Table | None:
    table = plain_table("\nAlso happened")
    table.add_column("At (UTC)", no_wrap=True)
    table.add_column("Table", overflow="fold")
    table.add_column("What", no_wrap=True)
    table.add_column("Message", overflow="fold", ratio=1)
    for at, name, kind, message in sorted(other_events(report.tables)):
        table.add_row(moment(at), Text(name), Text(kind), Text(message))
    return table if table.row_count else None


def other_events(tables: Iterable[TableReport]) -> Iterator[tuple[datetime, str, str, str]]:
    """Events that are no trouble, such as a feed switched on: time, table, kind, message.

    Of the changes of one table's schema only the most telling, and how many more there are.
    """
    kinds = {str(kind) for kind in TroubleKind}
    for entry in tables:
        name = entry.history.name
        other = [event for event in entry.events if str(event.kind) not in kinds]
        changes = [event for event in other if event.kind is EventKind.SCHEMA_CHANGED]
        hidden = sorted(changes, key=_telling)[SCHEMA_CHANGES:]
        keys = {(event.kind, event.key) for event in hidden}
        for event in other:
            if (event.kind, event.key) not in keys:
                yield event.at, name, str(event.kind), event.message
        if hidden:
            more = f"and {plural(len(hidden), 'more change')}; `limnograph schema {name} --history`"
            at = max(event.at for event in hidden)
            yield at, name, str(EventKind.SCHEMA_CHANGED), f"{more} lists them"


def _telling(event: Event) -> tuple[bool, float]:
    """Columns before properties, features and layout; the newest first."""
    kind = str(event.detail.get("kind", ""))
    return not kind.startswith(_COLUMNS), -event.at.timestamp()
