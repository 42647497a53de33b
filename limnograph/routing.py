"""Where a message goes, with which link, and by what: the alert settings as functions."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any, Protocol
from urllib.parse import quote

from exporters.core import Delivery, Message
from exporters.message_text import rank
from limnograph.settings.alerts import AlertSettings, Channel, Route
from monitors.core import table_labels

Send = Callable[[Message, Mapping[str, str]], Awaitable[Delivery]]
"""`send(message, receipt)`: hand a message over; raises DeliveryError and SecretError."""


class Routable(Protocol):
    """What routes ask of a message."""

    @property
    def severity(self) -> str: ...
    @property
    def owner(self) -> str: ...
    @property
    def tags(self) -> tuple[str, ...]: ...
    @property
    def table(self) -> str: ...
    @property
    def check(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Asked:
    """What routes ask, without a message."""

    severity: str
    owner: str = ""
    tags: tuple[str, ...] = ()
    table: str = ""
    check: str = ""

    def document(self) -> dict[str, Any]:
        """The fields as plain values."""
        return {**asdict(self), "tags": list(self.tags)}


def routes(settings: AlertSettings) -> Callable[[Routable], tuple[str, ...]]:
    """What names the channels of a message, each once, in the order of the routes."""

    def channels_of(message: Routable) -> tuple[str, ...]:
        found = [settings.routes[place] for place in taken(settings, message)]
        return tuple(dict.fromkeys(name for route in found for name in route.to))

    return channels_of


def taken(settings: AlertSettings, message: Routable) -> tuple[int, ...]:
    """The places of the routes that a message takes, up to the first that does not go on."""
    found: list[int] = []
    for place, route in enumerate(settings.routes):
        if fits(route, message):
            found.append(place)
            if not route.go_on:
                break
    return tuple(found)


def fits(route: Route, message: Routable) -> bool:
    """Whether a message is of the severity, and fits every field that the route has."""
    return (
        rank(message.severity) >= route.severity.rank
        and _any(route.owner, message.owner)
        and _any(route.tag, *message.tags)
        and _any(route.table, message.table)
        and _any(route.check, message.check)
    )


def _any(patterns: tuple[str, ...], *words: str) -> bool:
    return not patterns or any(fnmatchcase(word, p) for p in patterns for word in words)


def link_of(settings: AlertSettings, table: str, check: str = "", incident: str = "") -> str:
    """The one link of a message, its fields quoted; empty where the settings have no template."""
    catalog, schema, name = table_labels(table)
    fields = {
        "catalog": catalog,
        "schema": schema,
        "table": name,
        "check": check,
        "incident": incident,
    }
    return settings.link.format_map({key: quote(value, safe="") for key, value in fields.items()})


def nobody(message: Message) -> tuple[str, ...]:
    """Routes that lead nowhere."""
    return ()


def links(settings: AlertSettings) -> Callable[[Message], str]:
    """What gives the one URL of a message."""
    return lambda message: link_of(settings, message.table, message.check, message.incident)


def channels(settings: AlertSettings) -> Mapping[str, Send]:
    """What hands a message over, by the name of the channel."""
    return {name: _send(channel) for name, channel in settings.channels.items()}


def _send(channel: Channel) -> Send:
    async def send(message: Message, receipt: Mapping[str, str]) -> Delivery:
        return await channel.kind.deliver(channel.form, message, receipt)

    return send


def refreshes(alerts: AlertSettings) -> Mapping[str, float]:
    """The seconds after which a channel wants open incidents to be told again, by its name."""
    kinds = {name: channel.kind for name, channel in alerts.channels.items()}
    return {name: kind.refresh for name, kind in kinds.items() if kind.refresh is not None}
