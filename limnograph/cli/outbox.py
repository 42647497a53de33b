"""`limnograph alerts outbox`: what is yet to be told, and what no channel took."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from limnograph.cli.console import answer, note, rendered
from limnograph.cli.documents import dumped
from limnograph.cli.options import CONFIG, ConfigFile, Debug, NoColor, Output, OutputFormat, Wide

if TYPE_CHECKING:
    from exporters.incidents_text import Told
    from limnograph.store import OutboxRow

EXAMPLES = """\b
Examples:
  limnograph alerts outbox                    what waits, and what was given up
  limnograph alerts outbox --state dead       what no channel took, and why
  limnograph alerts outbox --retry            let what was given up be tried again
"""


class MessageState(StrEnum):
    """What became of a message."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


def outbox(
    state: Annotated[
        MessageState | None, typer.Option("--state", help="Only those; else all but delivered.")
    ] = None,
    retry: Annotated[
        bool, typer.Option("--retry", help="Let those that were given up be tried again.")
    ] = False,
    config: ConfigFile = CONFIG,
    output: OutputFormat = Output.TABLE,
    wide: Wide = False,
    no_color: NoColor = False,
    debug: Debug = False,
) -> None:
    """List what is yet to be told, or was given up because a channel did not take it."""
    from exporters.incidents_text import listed_messages_json, listed_messages_text
    from limnograph import settings
    from limnograph.service import open_settings_store, utc_now

    with open_settings_store(settings.load(config)) as store:
        if retry:
            note(f"tried again: {store.retry_dead(utc_now())}")
        rows = store.outbox(state.value if state else None)
    found = [(row.message, told(row)) for row in rows if state or row.state != "delivered"]
    if output is Output.JSON:
        answer(dumped(listed_messages_json(found)))
    else:
        answer(rendered(lambda console: listed_messages_text(found, console), wide=wide))


def told(row: "OutboxRow") -> "Told":
    """A row of the outbox as it is shown."""
    from exporters.incidents_text import Told

    message = row.message
    return Told(
        message.event_id,
        str(message.change),
        row.channel,
        row.state,
        row.last_at,
        row.attempts,
        row.error,
    )
