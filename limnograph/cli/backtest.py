"""`limnograph backtest`: replay the detector over a series, and see what it would have said."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from limnograph.cli.console import answer, note, rendered
from limnograph.cli.documents import dumped
from limnograph.cli.options import (
    CONFIG,
    ConfigFile,
    Debug,
    NoColor,
    Output,
    OutputFormat,
    Wide,
)
from limnograph.cli.written import write_file

EXAMPLES = """\b
Examples:
  limnograph backtest counts.csv                     a file of timestamp,value; no configuration
  limnograph backtest counts.csv --plot counts.html  and a page that shows it
  limnograph backtest counts.csv --sweep 0.1,0.5,1,2,5      which sensitivity is right?
  limnograph backtest counts.csv --time-zone Europe/Berlin --holidays DE-BE --side low
  psql --csv -c 'select day, count(*) ...' | limnograph backtest - -o json | jq .summary
  limnograph backtest --table main.bronze.posts                      its rows written by day
  limnograph backtest --table main.bronze.posts --metric rows_deleted --grain hour
  limnograph backtest --table main.bronze.posts --metric table_rows --since 2026-09-01
  limnograph backtest --table main.bronze.posts --check posts-a-day  as that check judges

\b
Every point is judged from those before it alone, as if it were new. A file has a time and a value
in each row, with or without a header, in any order; times without a zone are in UTC, a blank value
is unknown. Exit codes: 0 whatever was flagged; 2 a row or an option cannot be understood; 4
nothing is stored yet.
"""


class Side(StrEnum):
    """Which values are too far off."""

    BOTH = "both"
    LOW = "low"
    HIGH = "high"


class Grain(StrEnum):
    """What a point of a stored series stands for."""

    HOUR = "hour"
    DAY = "day"


def backtest(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="A CSV with the columns timestamp and value; - reads stdin.",
            show_default=False,
        ),
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(
            "--column",
            metavar="NAME",
            help="The column of FILE with the values; else the likeliest.",
        ),
    ] = None,
    config: ConfigFile = CONFIG,
    table: Annotated[
        str | None,
        typer.Option("-t", "--table", metavar="TABLE", help="In place of FILE, what is stored."),
    ] = None,
    metric: Annotated[
        str,
        typer.Option(
            "--metric",
            metavar="NAME",
            help="Of the table: rows_written, rows_inserted, rows_updated, rows_deleted, rows_net, "
            "or a gauge.",
        ),
    ] = "rows_written",
    label: Annotated[
        list[str] | None,
        typer.Option("--label", metavar="NAME=VALUE", help="Which series of a gauge. Repeatable."),
    ] = None,
    grain: Annotated[
        Grain, typer.Option("--grain", help="What a point of the table stands for.")
    ] = Grain.DAY,
    check: Annotated[
        str | None,
        typer.Option("--check", metavar="ID", help="Judge as this volume check of the table does."),
    ] = None,
    false_alarms: Annotated[
        float | None,
        typer.Option(
            "--false-alarms",
            metavar="N",
            help="False alarms that may be expected in 30 days while all is well; fewer makes it "
            "less sensitive. Default 1.",
        ),
    ] = None,
    side: Annotated[
        Side | None,
        typer.Option("--side", help="Flag values that are too low, too high, or both (default)."),
    ] = None,
    floor: Annotated[
        float | None,
        typer.Option(
            "--floor",
            min=0,
            max=1000,
            metavar="PERCENT",
            help="A change that is never an alarm. Default 20.",
        ),
    ] = None,
    least: Annotated[
        float | None,
        typer.Option(
            "--min",
            envvar="LIMNOGRAPH_BACKTEST_MIN",
            metavar="N",
            help="Flag all below, whatever was learned.",
        ),
    ] = None,
    greatest: Annotated[
        float | None,
        typer.Option(
            "--max",
            envvar="LIMNOGRAPH_BACKTEST_MAX",
            metavar="N",
            help="Flag all above, whatever was learned.",
        ),
    ] = None,
    flatline: Annotated[
        bool | None,
        typer.Option(
            "--flatline/--no-flatline",
            help="Flag a value that usually changes and stays the same (default).",
        ),
    ] = None,
    time_zone: Annotated[
        str | None,
        typer.Option(
            "--time-zone",
            metavar="ZONE",
            help="Whose hours and weekdays a FILE follows, such as Europe/Berlin. Default UTC.",
        ),
    ] = None,
    holidays: Annotated[
        list[str] | None,
        typer.Option(
            "--holidays",
            metavar="PLACE",
            help="Holidays of a place, such as DE or US-CA, or a date. Repeatable.",
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="Tell from then on; learn from all before."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help="Up to then; a day is included."),
    ] = None,
    sweep: Annotated[
        str | None,
        typer.Option(
            "--sweep", metavar="N,N,...", help="Also count alarms for each of these numbers."
        ),
    ] = None,
    plot: Annotated[
        list[Path] | None,
        typer.Option("--plot", metavar="FILE", help="Draw to a .png, .svg or .html. Repeatable."),
    ] = None,
    output: OutputFormat = Output.TABLE,
    output_file: Annotated[
        list[str] | None,
        typer.Option(
            "--output-file", metavar="FORMAT=PATH", help="Also write table or json. Repeatable."
        ),
    ] = None,
    wide: Wide = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Replay the detector over a series and say what it would have flagged, and how often.

    The series is a CSV or the stored history of a table. Use it before a check goes live: pick
    the sensitivity whose alarms you would have wanted.
    """
    from exporters.backtest_json import to_json
    from limnograph.backtesting.judging import backtested
    from limnograph.backtesting.request import Wanted, of_file, of_table

    drawings = [_drawing(path) for path in plot or ()]
    files = [_parsed_file(text) for text in output_file or ()]
    rates = _rates(sweep)
    given = {
        "false_alarms": false_alarms,
        "side": side and side.value,
        "floor": None if floor is None else floor / 100,
        "min": least,
        "max": greatest,
        "flatline": flatline,
        "holidays": _holidays(holidays or ()) or None,
    }
    if file is not None:
        _alone(table=table, check=check, label=label)
        series, tuning = of_file(file, _zone(time_zone), given, column)
    elif table is not None:
        if column is not None:
            raise typer.BadParameter("goes with a FILE; see --metric", param_hint="'--column'")
        if time_zone is not None:
            raise typer.BadParameter(
                "a table has its own, which its days are cut in", param_hint="'--time-zone'"
            )
        wanted = Wanted(table, metric, grain.value, _labels(label or ()), check)
        series, tuning = of_table(config, wanted, given)
    else:
        raise typer.BadParameter(
            "name a CSV (- for stdin), or a table by --table", param_hint="'FILE' / '--table'"
        )
    if series.note:
        note(f"limnograph: {series.note}")
    first, last = _window(since, until, tuning.time_zone)
    made = backtested(series, tuning, since=first, until=last, sweep=rates)
    document = to_json(made)
    for path, form in drawings:
        _draw(path, form, document)
    for output_form, path in files:
        write_file(path, _written(document, output_form, wide=wide, plain=True))
    answer(_written(document, output, wide=wide))


def _written(document: Mapping[str, Any], form: Output, *, wide: bool, plain: bool = False) -> str:
    if form is Output.JSON:
        return dumped(document)
    from exporters.backtest_text import to_text

    return rendered(lambda console: to_text(document, console), wide=wide, plain=plain)


def _draw(path: Path, form: str, document: Mapping[str, Any]) -> None:
    from exporters.backtest_plot import plotted

    drawn = plotted(document, form)
    try:
        path.write_bytes(drawn)
    except OSError as error:
        raise typer.BadParameter(
            f"cannot write {path}: {error.strerror}", param_hint="'--plot'"
        ) from None


# What the options say


def _alone(**others: object) -> None:
    for name, value in others.items():
        if value:
            raise typer.BadParameter("goes with --table, not with a FILE", param_hint=f"'--{name}'")


def _zone(name: str | None) -> str:
    from limnograph.settings.time_zones import known_time_zone

    try:
        return known_time_zone(name or "UTC")
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--time-zone'") from None


def _window(
    since: str | None, until: str | None, time_zone: str
) -> tuple[datetime | None, datetime | None]:
    """The bounds in UTC; a day, and a time without a zone, lie in the time zone of the series."""
    from limnograph.replay.window import bound

    zone, found = ZoneInfo(time_zone), []
    for name, text in (("--since", since), ("--until", until)):
        at = None
        if text is not None:
            try:
                parsed = bound(text)
                at = parsed.begins(zone) if name == "--since" else parsed.ends(zone)
            except ValueError:
                at = None
            if at is None:
                raise typer.BadParameter(
                    f"{text!r} is no time; write a day (2026-11-27) or a time "
                    "(2026-11-27T06:00:00Z)",
                    param_hint=f"'{name}'",
                )
        found.append(at)
    first, last = found
    if first is not None and last is not None and first >= last:
        raise typer.BadParameter(f"{since} does not lie before {until}", param_hint="'--since'")
    return first, last


def _rates(text: str | None) -> list[float] | None:
    if text is None:
        return None
    try:
        rates = [float(part) for part in text.split(",")]
    except ValueError:
        rates = []
    if not rates or not all(0 < rate <= 1000 for rate in rates):
        raise typer.BadParameter(
            f"{text!r} is no list of numbers above 0; write for example 0.1,0.5,1,2,5",
            param_hint="'--sweep'",
        )
    return rates


def _holidays(places: Sequence[str]) -> list[date | str]:
    """Dates and places; what is neither, the form of a check refuses."""
    found: list[date | str] = []
    for place in places:
        for part in filter(None, (each.strip() for each in place.split(","))):
            try:
                found.append(date.fromisoformat(part))
            except ValueError:
                found.append(part)
    return found


def _labels(pairs: Sequence[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{pair!r} is not NAME=VALUE", param_hint="'--label'")
        found[name] = value
    return found


def _drawing(path: Path) -> tuple[Path, str]:
    from exporters.backtest_plot import FORMS

    form = path.suffix.lower().lstrip(".")
    if form not in FORMS:
        raise typer.BadParameter(
            f"{path}: cannot draw {path.suffix or 'a file without an ending'}; end it with .png, "
            ".svg or .html",
            param_hint="'--plot'",
        )
    return path, form


def _parsed_file(text: str) -> tuple[Output, Path]:
    form, equals, path = text.partition("=")
    if not equals or not path or form not in list(Output):
        raise typer.BadParameter(
            f"{text!r} is not FORMAT=PATH; write table=PATH or json=PATH",
            param_hint="'--output-file'",
        )
    return Output(form), Path(path)
