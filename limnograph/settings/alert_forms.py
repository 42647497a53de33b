"""What the stanza `alerts` is made of: channels, routes and the template of the one link."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from checks.core import Severity
from checks.forms import SeverityName
from exporters import channels as ours
from exporters.core import ChannelKind
from limnograph.settings.known import known
from limnograph.settings.models import Form, Text
from limnograph.settings.problems import Problem

LINK_FIELDS = ("catalog", "schema", "table", "check", "incident")
MATCHERS = ("owner", "tag", "table", "check")


def known_channels() -> Mapping[str, ChannelKind]:
    """Every kind of channel by its name, ours first; ConfigError for a broken plug-in."""
    return known(ours.ALL, ChannelKind, "limnograph.channels")


def _as_list(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Patterns = Annotated[tuple[Text, ...], BeforeValidator(_as_list)]


class RouteForm(Form):
    """Which messages go where; a field that is left out fits all."""

    severity: SeverityName = Field(default="info", description="This severity, or a worse one.")
    owner: Patterns = Field(default=(), description="Owners: names with wildcards.")
    tag: Patterns = Field(default=(), description="Tags, of which one is enough, with wildcards.")
    table: Patterns = Field(default=(), description="Tables: names with wildcards.")
    check: Patterns = Field(default=(), description="Checks: their ids, with wildcards.")
    to: Patterns = Field(description="Names of channels; an empty list tells nobody.")
    continue_: bool = Field(
        default=False, alias="continue", description="Ask the routes below as well."
    )


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel of the file; `form` is filled out, its secrets are references."""

    name: str
    kind: ChannelKind
    form: BaseModel = field(repr=False)


@dataclass(frozen=True, slots=True)
class Route:
    """A message of at least `severity` that fits every pattern goes to the channels `to`."""

    to: tuple[str, ...]
    severity: Severity = Severity.INFO
    owner: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    table: tuple[str, ...] = ()
    check: tuple[str, ...] = ()
    go_on: bool = False

    def covers(self, other: "Route") -> bool:
        """Whether every message that fits another route is kept from it by this one."""
        if self.go_on or self.severity.rank > other.severity.rank:
            return False
        return all(
            not getattr(self, name) or getattr(self, name) == getattr(other, name)
            for name in MATCHERS
        )


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """The channels by name, the routes in order, and the template of the one link.

    `warnings` are what is allowed and hardly meant, each with its place.
    """

    channels: Mapping[str, Channel] = field(default_factory=dict)
    routes: tuple[Route, ...] = ()
    link: str = ""
    warnings: tuple[Problem, ...] = field(default=(), compare=False)
