"""Verdicts for a person at a terminal: what fails first, then what could not be evaluated."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from checks.core import Status
from exporters.columns import plain_table
from exporters.verdicts import Judged, Verdicts, observed_text
from exporters.wording import moment, plural

STYLES = {
    Status.FAIL: "bold red",
    Status.ERROR: "bold magenta",
    Status.WARN: "bold yellow",
    Status.NOT_ASSESSED: "dim",
    Status.PASS: "green",
}
LONGEST = 60  # characters of one value of a sample


def to_text(verdicts: Verdicts, console: Console, *, quiet: bool = False) -> None:
    """Print the verdicts; `quiet` leaves out those that pass, so that nothing may be left."""
    shown = [one for one in verdicts.judged if not quiet or one.status is not Status.PASS]
    if shown:
        console.print(verdict_table(shown))
    for one in shown:
        if one.verdict.samples:
            console.print(samples(one))
    if not quiet:
        console.print(("\n" if shown else "") + summary(verdicts), highlight=False)


def summary(verdicts: Verdicts) -> str:
    """The verdicts in one line.

    >>> from datetime import datetime, UTC
    >>> summary(Verdicts(datetime(2026, 1, 1, tzinfo=UTC), ()))
    '0 checks'
    """
    total = plural(len(verdicts.judged), "check")
    parts = [
        f"{verdicts.count(status):,} {words(status)}" for status in Status if verdicts.count(status)
    ]
    return f"{total}: {', '.join(parts)}" if parts else total


def words(status: Status) -> str:
    """A status as people read it."""
    return str(status).replace("_", " ")


def verdict_table(judged: list[Judged], title: str | None = None) -> Table:
    """One line per verdict, with what follows from it below."""
    table = plain_table(title)
    table.add_column("Verdict", no_wrap=True)
    table.add_column("Severity", no_wrap=True)
    table.add_column("Check", overflow="fold", ratio=2)
    table.add_column("Since (UTC)", no_wrap=True)
    table.add_column("Why", overflow="fold", ratio=5)
    for one in judged:
        table.add_row(
            Text(words(one.status), style=STYLES[one.status]),
            Text(str(one.check.severity)),
            Text(one.name),
            moment(one.since) if one.since else "-",
            _why(one),
        )
    return table


def _why(one: Judged) -> Text:
    text = Text(why(one))
    for line in below(one):
        text.append(f"\n{line}", style="dim")
    return text


def why(one: Judged) -> str:
    """The verdict's reason; where it has none, what was observed and what was expected."""
    verdict = one.verdict
    if verdict.reason:
        return verdict.reason
    observed = observed_text(verdict.observed)
    if observed and verdict.expected:
        return f"{observed}; expected {verdict.expected}"
    return observed or verdict.expected or "as expected"


def below(one: Judged) -> Iterator[str]:
    """The mend of a verdict that does not pass, and how to look closer."""
    if one.status is Status.PASS:
        return
    if one.verdict.mend:
        yield f"mend: {one.verdict.mend}"
    if one.verdict.look and one.status is not Status.NOT_ASSESSED:
        yield f"look: {one.verdict.look}"


def samples(one: Judged) -> Table:
    """The bad rows that a verdict shows."""
    rows = one.verdict.samples
    table = plain_table(f"\n{one.name}: bad rows")
    columns = list(dict.fromkeys(name for row in rows for name in row))
    for name in columns:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*(Text(_cut(row.get(name))) for name in columns))
    return table


def _cut(value: object) -> str:
    text = "null" if value is None else str(value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
