"""`limnograph alerts`: the channels, where messages would go, and whether a channel works."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from limnograph.cli import outbox
from limnograph.cli.console import answer, note, rendered
from limnograph.cli.documents import dumped
from limnograph.cli.exit import Exit
from limnograph.cli.options import (
    CONFIG,
    ConfigFile,
    Debug,
    NoColor,
    Output,
    OutputFormat,
)

if TYPE_CHECKING:
    from pathlib import Path

    from exporters.core import Message
    from limnograph.settings import Settings
    from limnograph.settings.alerts import AlertSettings, Channel

EXAMPLES = """\b
Examples:
  limnograph alerts list                      the channels, secrets as references
  limnograph alerts test data-team            send one message now
  limnograph alerts routes --severity critical --owner search    who would be told
  limnograph alerts outbox --state dead       what was not delivered, and why
"""

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, epilog=EXAMPLES)
app.command("outbox", epilog=outbox.EXAMPLES)(outbox.outbox)


@app.callback()
def alerts() -> None:
    """Look at the channels and routes of alerts, and try them."""


@app.command("list", epilog="\b\nExample:\n  limnograph alerts list -o json\n")
def list_(
    config: ConfigFile = CONFIG,
    output: OutputFormat = Output.TABLE,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """List the channels of the configuration.

    Secrets are shown as their references.
    """
    from limnograph.settings.alerts import document

    settings = _settings(config).alerts
    if output is Output.JSON:
        channels = document(settings)["channels"]
        listed = [{"name": name, **fields} for name, fields in channels.items()]
        answer(dumped({"schema_version": 1, "channels": listed}))
    elif not settings.channels:
        answer("no channels\n")
        note("mend: declare them in alerts.channels; docs/how-to/alerts.md shows how")
    else:
        answer(_listed(settings))


@app.command("test", epilog="\b\nExample:\n  limnograph alerts test data-team\n")
def try_(
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="Name of the channel.")],
    config: ConfigFile = CONFIG,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Send one test message now, past all routes.

    Exit code 5: it was not accepted.
    """
    import asyncio
    from datetime import UTC, datetime

    from exporters.core import DeliveryError
    from limnograph.routing import channels

    settings = _settings(config).alerts
    found = _channel(settings, channel)
    message = _test_message(settings, channel, datetime.now(UTC))

    async def send() -> None:
        await channels(settings)[channel](message, {})

    try:
        asyncio.run(send())
    except DeliveryError as error:
        again = "" if error.permanent else " (another try may do)"
        note(f"{channel}: not delivered{again}: {error.reason}")
        if error.retry_after is not None:
            note(f"it asks to wait {error.retry_after:g} s")
        if error.mend:
            note(f"mend: {error.mend}")
        raise typer.Exit(Exit.UNDELIVERED) from None
    answer(f"{channel}: accepted by {found.kind.name}\n")


@app.command(
    epilog="\b\nExample:\n  limnograph alerts routes --severity critical --table main.gold.topics\n"
)
def routes(
    config: ConfigFile = CONFIG,
    severity: Annotated[
        str, typer.Option("--severity", metavar="SEVERITY", help="info, warning or critical.")
    ] = "warning",
    owner: Annotated[
        str | None, typer.Option("--owner", help="Owner; else that of --table in the file.")
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", help="A tag, repeatable; else those of --table in the file."),
    ] = None,
    table: Annotated[str, typer.Option("--table", help="Name of the table.")] = "",
    check: Annotated[str, typer.Option("--check", help="Id of the check.")] = "",
    output: OutputFormat = Output.TABLE,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """Say where a message would go.

    Nothing is sent. What is left out is empty, and then fits only routes that do not ask for it.
    """
    from checks.core import Severity
    from limnograph.routing import Asked, taken
    from limnograph.routing import routes as channels_of

    if severity not in list(Severity):
        raise typer.BadParameter("write info, warning or critical", param_hint="'--severity'")
    settings = _settings(config)
    declared = next((one for one in settings.tables if one.name == table), None)
    asked = Asked(
        severity=severity,
        owner=owner if owner is not None else declared.owner if declared else "",
        tags=tuple(tag) if tag is not None else declared.tags if declared else (),
        table=table,
        check=check,
    )
    told = channels_of(settings.alerts)(asked)
    places = taken(settings.alerts, asked)
    if output is Output.JSON:
        answer(dumped({"schema_version": 1, **asked.document(), "routes": places, "to": told}))
    elif told:
        by = ", ".join(f"alerts.routes[{place}]" for place in places)
        answer(f"{', '.join(told)}  (by {by})\n")
    else:
        answer("nobody\n")
        note("mend: no route fits, or the one that does names no channel; see alerts.routes")


def _settings(config: "Path") -> "Settings":
    from limnograph import settings

    return settings.load(config)


def _channel(settings: "AlertSettings", name: str) -> "Channel":
    from limnograph.settings.problems import did_you_mean

    if name not in settings.channels:
        known = ", ".join(settings.channels)
        advice = f"known here: {known}" if known else "declare it in alerts.channels"
        question = did_you_mean(name, settings.channels, advice)
        raise typer.BadParameter(f"there is no channel {name!r}; {question}", param_hint="CHANNEL")
    return settings.channels[name]


def _test_message(settings: "AlertSettings", channel: str, now: Any) -> "Message":
    from uuid import uuid4

    from exporters.core import Change, Message
    from limnograph.routing import link_of

    table = "main.bronze.posts"
    return Message(
        event_id=str(uuid4()),
        incident="test",
        sequence=1,
        change=Change.TEST,
        title="This is a test of limnograph",
        status="pass",
        severity="info",
        table=table,
        check="test",
        reason=f"`limnograph alerts test {channel}` sent this; nothing is wrong.",
        at=now,
        since=now,
        last_good=now,
        observed="a message",
        expected="a message",
        link=link_of(settings, table, "test", "test"),
    )


def _listed(settings: "AlertSettings") -> str:
    from exporters.columns import Column, fitted
    from limnograph.settings.alerts import document

    columns = (
        Column("channel"),
        Column("type"),
        Column("routes", rank=1),
        Column("to", folds=True),
    )
    rows = []
    for name, fields in document(settings)["channels"].items():
        shown = {key: value for key, value in fields.items() if value and key != "type"}
        by = [str(n) for n, route in enumerate(settings.routes) if name in route.to]
        told = ", ".join(f"{key}: {_plain(value)}" for key, value in shown.items())
        rows.append((name, fields["type"], ", ".join(by) or "none", told))
    return rendered(lambda console: console.print(fitted(columns, rows, console.width), crop=False))


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {item}" for key, item in value.items()) + "}"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
