"""The commands, one file each; what is heavy they import when they are called."""

from typing import Annotated

import typer

from limnograph.cli import (
    add,
    alerts,
    backtest,
    catalogue,
    check,
    config,
    demo,
    incidents,
    init,
    inspect,
    replay,
    report,
    run,
    schema,
    serve,
    store,
    suggest,
)
from limnograph.cli.console import answer
from limnograph.cli.options import Debug, NoColor

app = typer.Typer(
    # Plain help: importing rich would double the time that `--help` takes.
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={
        "auto_envvar_prefix": "LIMNOGRAPH",
        "help_option_names": ["-h", "--help"],
        "max_content_width": 100,
    },
    epilog="""\b
Examples:
  limnograph inspect s3://lake/bronze/posts   one table, no configuration
  limnograph init s3://lake                   the configuration of every table found
  limnograph demo --dir demo-lakehouse        a small lakehouse with planted trouble
  limnograph serve -c limnograph.yaml         scheduler and /metrics
  limnograph report                           what is wrong, from the last readings

\b
Exit codes:
  0 well   1 a check failed (--fail-on)   2 usage or configuration
  3 warns or not assessed (--strict)   4 could not be read or evaluated
  5 not delivered (--strict-delivery)   70 internal error   130 interrupted
""",
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        answer(f"limnograph {version('limnograph')}\n")
        raise typer.Exit()


@app.callback()
def limnograph(
    no_color: NoColor = False,
    debug: Debug = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_version,
            expose_value=False,
            is_eager=True,
            allow_from_autoenv=False,
            help="Show the version and exit.",
        ),
    ] = False,
) -> None:
    """Record the level, freshness and clarity of a data lake.

    The answer goes to stdout, everything else to stderr. Every option can also be set by an
    environment variable, which the help of each command names.
    """


app.command("init", epilog=init.EXAMPLES)(init.init)
app.command("add", epilog=add.EXAMPLES)(add.add)
app.command("inspect", epilog=inspect.EXAMPLES)(inspect.inspect)
app.command("run", epilog=run.EXAMPLES)(run.run)
app.command("serve", epilog=serve.EXAMPLES)(serve.serve)
app.command("report", epilog=report.EXAMPLES)(report.report)
app.add_typer(check.app, name="check")
app.add_typer(incidents.app, name="incidents")
app.add_typer(alerts.app, name="alerts")
app.command("backtest", epilog=backtest.EXAMPLES)(backtest.backtest)
app.command("suggest", epilog=suggest.EXAMPLES)(suggest.suggest)
app.command("replay", epilog=replay.EXAMPLES)(replay.replay)
app.command("schema", epilog=schema.EXAMPLES)(schema.schema)
app.command("monitors", epilog=catalogue.MONITOR_EXAMPLES)(catalogue.monitors)
app.command("metrics", epilog=catalogue.METRIC_EXAMPLES)(catalogue.metrics)
app.add_typer(config.app, name="config")
app.add_typer(store.app, name="store")
app.command("demo", epilog=demo.EXAMPLES)(demo.demo)
