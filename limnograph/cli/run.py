"""`limnograph run`: one cycle over every table, now."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from limnograph.cli.console import answer, note
from limnograph.cli.documents import dumped
from limnograph.cli.exit import Exit
from limnograph.cli.options import (
    CONFIG,
    ConfigFile,
    Debug,
    Exclude,
    LogFormat,
    LogLevel,
    LogsAs,
    LogsFrom,
    NoColor,
    Only,
    Output,
    OutputFormat,
)

if TYPE_CHECKING:
    from limnograph.cycle import CycleResult

EXAMPLES = """\b
Examples:
  limnograph run                             every table of ./limnograph.yaml
  limnograph run --only 'main.bronze.*' --exclude tag:slow
  limnograph run -c prod.yaml --output json --log-format json

\b
Exit code 4: a table could not be read; the others were. A check that fails is no failure of `run`:
`limnograph check run` and `limnograph report` exit with 1 for it.
"""


def run(
    config: ConfigFile = CONFIG,
    only: Only = None,
    exclude: Exclude = None,
    strict_delivery: Annotated[
        bool, typer.Option("--strict-delivery", help="Exit with 5 when a channel took no message.")
    ] = False,
    output: OutputFormat = Output.TABLE,
    log_format: LogsAs = LogFormat.TEXT,
    log_level: LogsFrom = LogLevel.INFO,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Read every table once, judge its checks, and tell the channels.

    Due or not; what was read is kept in the store, where `report` and `serve` find it.
    """
    import asyncio

    from limnograph import logs, settings
    from limnograph.cli.selection import selection
    from limnograph.progress import progress_bar
    from limnograph.service import opened, secrets_of

    loaded = settings.load(config)
    logs.configure(
        as_json=log_format is LogFormat.JSON, level=log_level.value, secrets=secrets_of(loaded)
    )
    with opened(loaded) as service:
        roster = service.refresh()
        for problem in (*roster.problems, *roster.warnings):
            note(str(problem))
        due = service.due(selection(only, exclude))
        if (only or exclude) and not due:
            raise typer.BadParameter("no table matches", param_hint="'--only' / '--exclude'")
        with progress_bar(len(due)) as advance:
            result = asyncio.run(service.cycle(due, advance))
        undelivered = asyncio.run(service.deliver())
    if output is Output.JSON:
        answer(dumped(to_json(result)))
    else:
        answer(to_text(result))
    if roster.problems or any(reading.outcome == "error" for reading in result.results):
        raise typer.Exit(Exit.UNREADABLE)
    if strict_delivery and undelivered:
        raise typer.Exit(Exit.UNDELIVERED)


def to_text(result: "CycleResult") -> str:
    """What a cycle did, and what it could not read."""
    from exporters.wording import count, plural, size

    outcomes = _outcomes(result)
    took = (result.ended - result.started).total_seconds()
    lines = [
        f"{plural(len(result.tables), 'table')} in {took:.1f} s: "
        + ", ".join(
            f"{count(number)} {what.replace('_', ' ')}" for what, number in outcomes.items()
        )
        + f"; {plural(result.cost.requests, 'request')}, {size(result.cost.bytes)}",
    ]
    if result.checks:
        statuses = [str(one.status) for one in result.checks]
        told = (f"{statuses.count(s):,} {s.replace('_', ' ')}" for s in dict.fromkeys(statuses))
        lines.append(f"{plural(len(statuses), 'check')}: {', '.join(told)}")
    failed = [reading for reading in result.results if reading.outcome == "error"]
    # The monitors of a table mostly fail for the same reason, which is told once.
    for name, reason, mend in dict.fromkeys((r.subject.name, r.reason, r.mend) for r in failed):
        lines.append(f"{name}: {reason}")
        lines += [f"  mend: {mend}"] if mend else []
    return "".join(f"{line}\n" for line in lines)


def to_json(result: "CycleResult") -> dict[str, Any]:
    """What a cycle did, as one document; `readings` are those of one monitor on one table."""
    from checks.core import Status

    return {
        "schema_version": 1,
        "run": result.run,
        "started_at": _time(result.started),
        "ended_at": _time(result.ended),
        "tables": len(result.tables),
        "readings": _outcomes(result),
        "checks": {
            str(status): sum(one.status is status for one in result.checks) for status in Status
        },
        "new": sum(reading.written == "new" for reading in result.results),
        "requests": result.cost.requests,
        "bytes": result.cost.bytes,
        "problems": [
            {
                "table": reading.subject.name,
                "monitor": reading.monitor,
                "state": str(reading.outcome),
                "reason": reading.reason,
                "mend": reading.mend,
            }
            for reading in result.results
            if reading.outcome != "assessed"
        ],
    }


def _outcomes(result: "CycleResult") -> dict[str, int]:
    found = [str(reading.outcome) for reading in result.results]
    return {what: found.count(what) for what in ("assessed", "not_assessed", "error")}


def _time(at: Any) -> str:
    text: str = at.isoformat().replace("+00:00", "Z")
    return text
