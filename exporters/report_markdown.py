"""The health report as markdown, as it fits a job summary or a chat message."""

from collections.abc import Iterator, Sequence

from exporters.markdown import cell, row
from exporters.report import Report
from exporters.report_text import (
    LEGEND,
    due,
    failing,
    headline,
    other_events,
    rows,
    share,
    state,
    summary,
    unknowns,
    usual,
)
from exporters.verdicts_markdown import verdict_lines
from exporters.wording import ago, count, moment


def to_markdown(report: Report) -> str:
    """The report as one markdown document."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"# {headline(report)}"
    yield ""
    yield f"**{summary(report)}**"
    if report.troubles:
        yield from _section("Trouble", ("What", "Table", "Since (UTC)", "Observed", "Mend"))
        for trouble in report.troubles:
            yield row(
                f"**{trouble.kind}**",
                cell(trouble.table),
                moment(trouble.since),
                cell(trouble.message),
                cell(trouble.mend),
            )
    if shown := failing(report):
        yield ""
        yield "## Checks that do not pass"
        yield from verdict_lines(shown)
    if report.tables:
        yield from _tables(report)
        yield from _problems(report)
        yield from _events(report)
        yield ""
        yield LEGEND


def _tables(report: Report) -> Iterator[str]:
    left = ("Table", "State")
    right = ("Inserted", "Updated", "Deleted", "Usual", "Of usual", "Rows")
    yield from _section("Tables", (*left, *right, "Last data", "Due"), right=right)
    now = report.generated_at
    for entry in report.tables:
        day, history = entry.today, entry.history
        yield row(
            cell(history.name),
            state(entry).plain,
            *(rows(number, day) for number in (day.inserted, day.updated, day.deleted)),
            usual(day),
            share(day),
            count(history.rows),
            ago(history.last_commit, now),
            due(entry, now),
        )


def _problems(report: Report) -> Iterator[str]:
    if found := list(unknowns(report)):
        yield from _section("Not assessed", ("Table", "What", "Why", "Mend"))
        for line in found:
            yield row(*map(cell, line))


def _events(report: Report) -> Iterator[str]:
    if found := sorted(other_events(report.tables)):
        yield from _section("Also happened", ("At (UTC)", "Table", "What", "Message"))
        for at, name, kind, message in found:
            yield row(moment(at), cell(name), kind, cell(message))


def _section(title: str, columns: Sequence[str], right: Sequence[str] = ()) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""
    yield row(*columns)
    yield row(*("---:" if column in right else "---" for column in columns))
