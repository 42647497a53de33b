"""The settings as the rest of the service uses them: plain frozen values, defaults filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from checks.core import MONITOR_PREFIX, Check, Kind, Patience, Severity
from checks.forms import CheckForm
from limnograph.settings.alerts import AlertSettings
from limnograph.settings.keeping import StoreSettings
from limnograph.settings.models import Http, Metrics, Run
from limnograph.settings.problems import Problem
from limnograph.settings.schedules import DEFAULT as DEFAULT_SCHEDULE
from limnograph.settings.schedules import Schedule
from monitors.core import Monitor, Subject
from monitors.secrets import Secret

Options = Mapping[str, str | Secret]


def reveal(options: Options) -> dict[str, str]:
    """Options with their secrets' values, for a client; SecretError when one is missing."""
    return {
        name: value.reveal() if isinstance(value, Secret) else value
        for name, value in options.items()
    }


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is declared: file, line and column from 1, and the path of the field."""

    file: str
    line: int
    column: int
    field: str

    def problem(self, message: str, field: str = "") -> Problem:
        """A problem at this place, or at a field below it."""
        path = f"{self.field}.{field}" if field else self.field
        return Problem(self.file, self.line, self.column, path, message)


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """A check as it is declared, not yet of a table; owner and tags None are the table's.

    `written` are its fields as they are in the file, places absolute and secrets as references.
    """

    id: str
    type: str
    kind: str
    form: CheckForm
    severity: Severity = Severity.WARNING
    owner: str | None = None
    tags: tuple[str, ...] | None = None
    patience: Patience = field(default_factory=Patience)
    schedule: Schedule | None = None
    written: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)
    place: Place = field(default=Place("", 0, 0, ""), compare=False, repr=False)

    @property
    def monitor(self) -> str:
        """The name under which the store keeps what the check leaves (see `Check.monitor`)."""
        return f"{MONITOR_PREFIX}{self.id}"


@dataclass(frozen=True, slots=True)
class TableSettings:
    """A table to monitor. `uri` is an absolute local path or a URI without a slash at its end.

    `monitors` has a configuration for each monitor that is on, by its name.
    """

    name: str
    uri: str
    owner: str = ""
    tags: tuple[str, ...] = ()
    description: str = ""
    time_zone: str = "UTC"
    schedule: Schedule = DEFAULT_SCHEDULE
    storage_options: Options = field(default_factory=dict)
    monitors: Mapping[str, BaseModel] = field(default_factory=dict)
    checks: tuple[CheckSettings, ...] = ()
    lake: str = "embedded"
    place: Place = field(default=Place("", 0, 0, ""), compare=False, repr=False)

    @property
    def subject(self) -> Subject:
        return Subject("table", self.name, self.time_zone)

    def check(self, settings: CheckSettings) -> Check:
        """One of its checks, as one of this table."""
        return Check(
            id=settings.id,
            type=settings.type,
            kind=settings.kind,
            form=settings.form,
            subject=self.subject,
            severity=settings.severity,
            owner=self.owner if settings.owner is None else settings.owner,
            tags=self.tags if settings.tags is None else settings.tags,
            description=settings.form.description,
            patience=settings.patience,
            written=settings.written,
        )


@dataclass(frozen=True, slots=True)
class TableGlob:
    """Tables to be found: folders below `prefix` (a URI as a table's) that match `pattern`.

    `like` holds what the tables have in common; its name and its uri are empty.
    """

    prefix: str
    pattern: tuple[str, ...]
    like: TableSettings

    @property
    def text(self) -> str:
        return "/".join((self.prefix.rstrip("/"), *self.pattern))


@dataclass(frozen=True, slots=True)
class Settings:
    """A configuration without problems; `monitors` and `kinds` are the known ones, by name."""

    path: Path
    store: StoreSettings
    http: Http
    run: Run
    metrics: Metrics
    tables: tuple[TableSettings, ...]
    globs: tuple[TableGlob, ...]
    monitors: Mapping[str, Monitor] = field(repr=False)
    kinds: Mapping[str, Kind] = field(repr=False, default_factory=dict)
    alerts: AlertSettings = field(default_factory=AlertSettings)

    @property
    def store_url(self) -> str | Secret:
        return self.store.url
