"""The words of telling: message, delivery, channel.

A message is a plain value, made where an incident changes and stored before anybody is told. A
channel turns it into what its receiver takes (`payload`, pure) and hands it over (`deliver`).
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

from monitors.errors import LimnographError


class Change(StrEnum):
    """What a message tells of an incident."""

    OPENED = "opened"
    UPDATED = "updated"
    RESOLVED = "resolved"
    SUMMARY = "summary"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to tell, complete in itself: the receiver needs nothing else.

    `event_id` is the same however often the message is sent. `incident` is the incident's id,
    `sequence` counts its messages from 1. Texts are plain; `observed` and `expected` are in words.
    `link` is one URL that shows more, `look` a command. `items` are lines of a summary.
    """

    event_id: str
    incident: str
    sequence: int
    change: Change
    title: str
    status: str
    severity: str
    table: str
    check: str
    reason: str
    at: datetime
    since: datetime | None = None
    last_good: datetime | None = None
    observed: str = ""
    expected: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    description: str = ""
    mend: str = ""
    look: str = ""
    link: str = ""
    slice: str = ""
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that was accepted; `receipt` is what a later message of the incident needs.

    It is kept by incident and channel: Slack's channel and timestamp of the root message.
    """

    receipt: Mapping[str, str] = field(default_factory=dict)


class DeliveryError(LimnographError):
    """The receiver did not take a message. `permanent` says that another try is of no use.

    `retry_after` is in seconds, where the receiver named a time.
    """

    def __init__(
        self,
        reason: str,
        mend: str = "",
        *,
        permanent: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason, mend)
        self.permanent = permanent
        self.retry_after = retry_after


Deliver = Callable[[Any, Message, Mapping[str, str]], Awaitable[Delivery]]
"""`deliver(form, message, receipt)`: hand a message over; `receipt` is the last one's of the same
incident, empty for the first. Raises DeliveryError, and SecretError for a missing secret."""


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """One way to tell somebody: its form in the configuration, and how it hands over.

    Fields of the form that name secrets hold `monitors.secrets.Secret` or text.
    `refresh` is in seconds: a receiver such as Alertmanager wants open incidents told again.
    """

    name: str
    summary: str
    form: type[BaseModel]
    deliver: Deliver
    refresh: float | None = None
