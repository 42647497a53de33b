"""The settings as the rest of the service uses them: plain frozen values, defaults filled in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel

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
    lake: str = "embedded"
    place: Place = field(default=Place("", 0, 0, ""), compare=False, repr=False)

    @property
    def subject(self) -> Subject:
        return Subject("table", self.name, self.time_zone)


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
    """A configuration without problems. `monitors` are the known ones, by name."""

    path: Path
    store: StoreSettings
    http: Http
    run: Run
    metrics: Metrics
    tables: tuple[TableSettings, ...]
    globs: tuple[TableGlob, ...]
    monitors: Mapping[str, Monitor] = field(repr=False)

    @property
    def store_url(self) -> str | Secret:
        return self.store.url
