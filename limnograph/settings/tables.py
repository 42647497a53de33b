"""The tables of the file: each with what the defaults say and what it says itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from checks.core import Kind
from limnograph.settings.checks import Checks
from limnograph.settings.forms import fill, mapping
from limnograph.settings.locations import glob_parts, table_uri
from limnograph.settings.models import Defaults, Table
from limnograph.settings.options import merged, options
from limnograph.settings.problems import Path as At
from limnograph.settings.problems import Report, field_path
from limnograph.settings.resolved import Place, TableGlob, TableSettings
from limnograph.settings.scalars import described, kind_of
from limnograph.settings.stanzas import Stanzas
from monitors.core import Monitor


@dataclass(slots=True)
class Tables:
    """Collects the tables and globs; what is wrong with one is reported, the others go on."""

    defaults: Defaults
    default_options: dict[str, Any]
    stanzas: Stanzas
    checks: Checks
    folder: Path
    report: Report
    named: list[TableSettings] = field(default_factory=list)
    globs: list[TableGlob] = field(default_factory=list)
    _names: dict[str, At] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        raw: object,
        folder: Path,
        known: Mapping[str, Monitor],
        kinds: Mapping[str, Kind],
        report: Report,
    ) -> "Tables":
        """No tables yet, but the defaults, whose stanza is `raw`."""
        defaults = fill(Defaults, raw, ("defaults",), report)
        stanzas = Stanzas(known, report)
        stanzas.set_defaults(defaults.monitors)
        checks = Checks(kinds, folder, report)
        checks.set_defaults(defaults.checks or None)
        at: At = ("defaults", "storage_options")
        default_options = options(defaults.storage_options, at, folder, report)
        return cls(defaults, default_options, stanzas, checks, folder, report)

    def add_all(self, raw: object) -> None:
        """Add every item of the file's list of tables."""
        at: At = ("tables",)
        if isinstance(raw, list):
            for index, item in enumerate(raw):
                self._add(item, (*at, index))
        elif raw is None and not self.report.has(()):
            self.report.add(at, "is missing; list the tables, each with name and uri, or with glob")
        elif raw is not None:
            got = kind_of(raw)
            self.report.add(at, f"expected a list, got {got}; begin each table with '- '")

    def _add(self, item: object, at: At) -> None:
        raw = mapping(item, at, self.report)
        table = fill(Table, raw, at, self.report)
        like = self._settled(table, raw, at)
        if item is None:
            self.report.add(at, "is empty; write name and uri, or glob")
        if self.report.has(at):
            return
        self._check_unique(raw.get("name"), at)
        given = {name for name in ("name", "uri", "glob") if raw.get(name) is not None}
        try:
            if "glob" in given:
                self._refuse_beside_glob(given, at)
                prefix, pattern = glob_parts(table.glob, self.folder)
                self.globs.append(TableGlob(prefix, pattern, like))
            else:
                for name in sorted({"name", "uri"} - given):
                    self.report.add((*at, name), "is missing; add it, or write glob for many")
                self.named.append(replace(like, uri=table_uri(table.uri, self.folder)))
        except ValueError as error:
            self.report.add((*at, "glob" if "glob" in given else "uri"), str(error))

    def _refuse_beside_glob(self, given: set[str], at: At) -> None:
        if "uri" in given:
            self.report.add((*at, "uri"), "a table has uri or glob, not both; remove one of them")
        if "name" in given:
            message = "a glob names its tables by their folders; remove the name"
            self.report.add((*at, "name"), message)

    def _check_unique(self, name: object, at: At) -> None:
        if not isinstance(name, str) or not name:
            return
        first = self._names.setdefault(name, at)
        if first != at:
            line, _ = self.report.document.position(first)
            message = f"{described(name)} is also the name of {field_path(first)} in line {line}"
            self.report.add((*at, "name"), f"{message}; rename one of them")

    def _settled(self, table: Table, raw: dict[str, Any], at: At) -> TableSettings:
        place = (*at, "storage_options")
        uri = str(raw.get("uri") or raw.get("glob") or "")
        own = options(table.storage_options, place, self.folder, self.report, uri)
        line, column = self.report.document.position(at)
        owner, tags, time_zone, schedule = (
            getattr(table if name in raw else self.defaults, name)
            for name in ("owner", "tags", "time_zone", "schedule")
        )
        return TableSettings(
            name=table.name,
            uri="",
            owner=owner,
            tags=tags,
            description=table.description,
            time_zone=time_zone,
            schedule=schedule,
            storage_options=merged(self.default_options, own),
            monitors=self.stanzas.settle(table.monitors, (*at, "monitors")),
            checks=self.checks.settle(raw.get("checks"), (*at, "checks")),
            place=Place(self.report.document.file, line, column, field_path(at)),
        )
