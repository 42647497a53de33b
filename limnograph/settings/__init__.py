"""The configuration: one YAML file, checked in two layers, every problem told at once.

`document` parses YAML with positions. Layer one (`models`, `forms`) checks each part by itself,
layer two (`resolve`, `tables`, `stanzas`, `checks`, `agreeing`, `alerts`, `options`, `locations`)
what has to agree, and gives frozen `Settings`. `roster` finds the tables of globs, `rendering`
shows, `json_schema` describes.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from limnograph.settings import json_schema as _json_schema
from limnograph.settings.document import parse
from limnograph.settings.keeping import StoreSettings
from limnograph.settings.known import known_kinds, known_monitors
from limnograph.settings.models import Http, Metrics, Run
from limnograph.settings.problems import Problem
from limnograph.settings.rendering import show
from limnograph.settings.resolve import resolve
from limnograph.settings.resolved import (
    CheckSettings,
    Settings,
    TableGlob,
    TableSettings,
    reveal,
)
from limnograph.settings.roster import Roster, roster
from limnograph.settings.schedules import Cron, Every, Schedule
from monitors.core import Monitor
from monitors.errors import ConfigError

__all__ = [
    "DEFAULT_PATH",
    "CheckSettings",
    "Cron",
    "Every",
    "Http",
    "Metrics",
    "Problem",
    "Roster",
    "Run",
    "Schedule",
    "Settings",
    "StoreSettings",
    "TableGlob",
    "TableSettings",
    "check",
    "json_schema",
    "known_kinds",
    "known_monitors",
    "load",
    "reveal",
    "roster",
    "show",
]

DEFAULT_PATH = Path("limnograph.yaml")


def load(path: Path, monitors: Mapping[str, Monitor] | None = None) -> Settings:
    """The settings of a file; ConfigError with one line per problem when there are any.

    Lists no folders and resolves no secrets: see `roster` and `reveal`.
    """
    problems, settings = _read(path, monitors)
    if settings is None:
        raise ConfigError("\n".join(str(problem) for problem in problems))
    return settings


def check(path: Path, monitors: Mapping[str, Monitor] | None = None) -> list[Problem]:
    """The problems of a file in the order of its lines; none when `load` would take it."""
    return _read(path, monitors)[0]


def json_schema(monitors: Mapping[str, Monitor] | None = None) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the file, monitors, checks and channels included."""
    known = known_monitors() if monitors is None else monitors
    return _json_schema.json_schema(known, known_kinds())


def _read(
    path: Path, monitors: Mapping[str, Monitor] | None
) -> tuple[list[Problem], Settings | None]:
    known = known_monitors() if monitors is None else monitors
    file = str(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = "does not exist" if isinstance(error, FileNotFoundError) else error.strerror
        mend = "name the configuration with -c FILE; an example ships as limnograph.example.yaml"
        return [Problem(file, 0, 0, "", f"{reason}; {mend}")], None
    document, report = parse(content, file)
    settings = (
        None
        if document.root.value is None and report.problems
        else resolve(document, report, path, known, known_kinds())
    )
    return sorted(report.problems), None if report.problems else settings
