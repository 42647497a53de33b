"""Stanzas of monitors: which monitors a table has, and the configuration of each.

A stanza is the monitor's fields, `false` (off), or `true` or nothing (on, as in the defaults). The
fields of a table's stanza go before those of the defaults; an empty field is the monitor's own
default again. A monitor that nobody mentions is on, unless it has a field that must be filled in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel, ValidationError

from limnograph.settings.forms import shown, wording
from limnograph.settings.problems import Path, Report, did_you_mean
from monitors.core import Monitor

Stanza = dict[str, Any] | Literal[False]
_DEFAULTS: Path = ("defaults", "monitors")


@dataclass(slots=True)
class Stanzas:
    """Settles the stanzas of all tables against those of the defaults, each once."""

    known: Mapping[str, Monitor]
    report: Report
    defaults: dict[str, Stanza] = field(default_factory=dict)
    _unmentioned: dict[str, BaseModel | None] = field(default_factory=dict)

    def set_defaults(self, raw: dict[str, Any]) -> None:
        """Take the defaults' stanzas, and check what can be checked without a table."""
        self.defaults = self._read(raw, _DEFAULTS)
        for name, stanza in self.defaults.items():
            if stanza:
                self._validate(self.known[name], stanza, {}, (*_DEFAULTS, name), partial=True)

    def settle(self, raw: dict[str, Any], at: Path) -> dict[str, BaseModel]:
        """The configuration of each monitor that is on for a table; `at` is its `monitors`."""
        own = self._read(raw, at)
        on: dict[str, BaseModel] = {}
        for name, monitor in self.known.items():
            if monitor.scope != "table":
                continue
            if name in own:
                config = self._configured(monitor, own[name], (*at, name))
            else:
                if name not in self._unmentioned:
                    self._unmentioned[name] = self._without_own(monitor)
                config = self._unmentioned[name]
            if config is not None:
                on[name] = config
        return on

    def _read(self, raw: dict[str, Any], at: Path) -> dict[str, Stanza]:
        stanzas: dict[str, Stanza] = {}
        names = [name for name, monitor in self.known.items() if monitor.scope == "table"]
        for name, value in raw.items():
            path = (*at, name)
            if name not in names:
                advice = f"known here: {', '.join(names)}"
                self.report.add(path, f"unknown monitor; {did_you_mean(name, names, advice)}")
            elif value is None or value is True:
                stanzas[name] = {}
            elif isinstance(value, dict) or value is False:
                stanzas[name] = value
            else:
                got = shown(value, path)
                self.report.add(path, f"expected the monitor's fields, true or false, got {got}")
        return stanzas

    def _without_own(self, monitor: Monitor) -> BaseModel | None:
        if monitor.name in self.defaults:
            return self._configured(
                monitor, self.defaults[monitor.name], (*_DEFAULTS, monitor.name)
            )
        if any(info.is_required() for info in monitor.config.model_fields.values()):
            return None
        return monitor.config()

    def _configured(self, monitor: Monitor, stanza: Stanza, at: Path) -> BaseModel | None:
        if stanza is False:
            return None
        return self._validate(monitor, self.defaults.get(monitor.name) or {}, stanza, at)

    def _validate(
        self,
        monitor: Monitor,
        defaults: dict[str, Any],
        own: dict[str, Any],
        at: Path,
        *,
        partial: bool = False,
    ) -> BaseModel | None:
        fields = {key: value for key, value in {**defaults, **own}.items() if value is not None}
        try:
            return monitor.config.model_validate(fields)
        except ValidationError as error:
            for details in error.errors(include_url=False):
                loc = details["loc"]
                if partial and (not loc or details["type"] == "missing"):
                    continue
                inherited = loc and loc[0] not in own and loc[0] in defaults
                place = (*_DEFAULTS, monitor.name) if inherited else at
                self.report.add((*place, *loc), wording(details, monitor.config, place))
            return None
