"""The checks of a table: a list of forms, each with a `type` and the fields of that type.

Those of the defaults come first; one with the same id as the table's own is replaced by it, and
`type: off` removes it. What is wrong is reported with the place of the field that is wrong.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from checks.core import Kind, Patience, Severity
from checks.expectations import catalogue
from checks.expectations.form import ExpectationForm
from checks.expectations.kind import KIND as EXPECTATION
from checks.forms import CheckForm, Quarantine, RowForm
from limnograph.settings import durations, schedules
from limnograph.settings.forms import shown, wording
from limnograph.settings.locations import table_uri
from limnograph.settings.options import options
from limnograph.settings.problems import Path, Report, did_you_mean, field_path
from limnograph.settings.resolved import CheckSettings, Place
from limnograph.settings.scalars import described, kind_of
from limnograph.settings.schedules import Schedule
from monitors.secrets import Secret

OFF = "off"
_DEFAULTS: Path = ("defaults", "checks")
# Fields that say what a check is about; an id that nobody wrote is made of them.
_TELLING = ("column", "columns", "column_A", "column_B", "column_list", "metric", "grain", "table")
_LONGEST_ID = 80


def is_expectation(kind: str) -> bool:
    """Whether a type is meant to be one of great-expectations."""
    return kind.startswith("expect_") or kind == "unexpected_rows_expectation"


def field_names(form: type[CheckForm]) -> list[str]:
    """The fields of a form as they are written."""
    return [info.alias or name for name, info in form.model_fields.items()]


@dataclass(slots=True)
class Checks:
    """Settles the checks of all tables against those of the defaults."""

    kinds: Mapping[str, Kind]
    folder: FilePath
    report: Report
    defaults: Sequence[CheckSettings] = ()

    def set_defaults(self, raw: object) -> None:
        """Take the checks that every table has."""
        self.defaults = [check for _, check in self._read(raw, _DEFAULTS) if check.type != OFF]

    def settle(self, raw: object, at: Path) -> tuple[CheckSettings, ...]:
        """The checks of a table; `at` is its `checks`."""
        own = list(self._read(raw, at))
        known = {check.id for check in self.defaults}
        for place, check in own:
            if check.type == OFF and check.id not in known:
                message = f"there is no check {described(check.id)} in the defaults to switch off"
                self.report.add((*place, "id"), f"{message}; remove this item")
        named = {check.id for _, check in own}
        inherited = [check for check in self.defaults if check.id not in named]
        return (*inherited, *(check for _, check in own if check.type != OFF))

    def _read(self, raw: object, at: Path) -> Iterator[tuple[Path, CheckSettings]]:
        if raw is None:
            return
        if not isinstance(raw, list):
            got = kind_of(raw)
            self.report.add(at, f"expected a list, got {got}; begin each check with '- type:'")
            return
        first: dict[str, Path] = {}
        for index, item in enumerate(raw):
            check = self._one(item, (*at, index))
            if check is None:
                continue
            where = first.setdefault(check.id, (*at, index))
            if where != (*at, index):
                line, _ = self.report.document.position(where)
                message = f"{described(check.id)} is also the id of the check in line {line}"
                place = (*at, index, "id") if "id" in item else (*at, index)
                self.report.add(place, f"{message}; give one of them another id")
                continue
            yield (*at, index), check

    def _one(self, item: object, at: Path) -> CheckSettings | None:
        if not isinstance(item, dict):
            got = "nothing" if item is None else kind_of(item)
            self.report.add(at, f"expected a check, got {got}; write 'type: volume' and its fields")
            return None
        given = {key: value for key, value in item.items() if value is not None}
        kind = given.get("type")
        if not isinstance(kind, str) or not kind:
            known = ", ".join(self.kinds)
            message = f"is missing; write one of {known}, or the name of an expectation"
            self.report.add((*at, "type"), message)
            return None
        if kind == OFF:
            return self._switched_off(given, at)
        return self._filled(kind, given, at)

    def _switched_off(self, given: dict[str, Any], at: Path) -> CheckSettings | None:
        name = given.get("id")
        if not isinstance(name, str):
            self.report.add((*at, "id"), "is missing; name the check of the defaults to switch off")
            return None
        return CheckSettings(name, OFF, OFF, CheckForm(type=OFF), place=self._place(at))

    def _filled(self, kind: str, given: dict[str, Any], at: Path) -> CheckSettings | None:
        if is_expectation(kind):
            form = self._expectation(kind, given, at)
            name = EXPECTATION.name
        elif kind in self.kinds and kind != EXPECTATION.name:
            form = self._form(self.kinds[kind].form, given, at)
            name = kind
        else:
            ours = [name for name in self.kinds if name != EXPECTATION.name]
            words = [*ours, *catalogue.names()]
            advice = f"known here: {', '.join(ours)}, and the expectations (expect_...)"
            problem = f"{described(kind)} is no check; {did_you_mean(kind, words, advice)}"
            self.report.add((*at, "type"), problem)
            return None
        schedule = self._schedule(given.get("schedule"), at)
        self._check_quarantine(given.get("quarantine"), (*at, "quarantine", "storage_options"))
        if isinstance(form, RowForm) and form.quarantine is not None:
            form = self._placed(form, form.quarantine, (*at, "quarantine"))
        if form is None:
            return None
        return CheckSettings(
            id=form.id or default_id(kind, given),
            type=kind,
            kind=name,
            form=form,
            severity=Severity(form.severity),
            owner=form.owner,
            tags=form.tags,
            patience=_patience(form),
            schedule=schedule,
            written=_written(given, form),
            place=self._place(at),
        )

    def _expectation(self, kind: str, given: dict[str, Any], at: Path) -> CheckForm | None:
        if reason := catalogue.refused(kind):
            self.report.add((*at, "type"), reason)
            return None
        if kind not in catalogue.names():
            advice = "docs/reference/expectations.md lists those that can be used"
            problem = did_you_mean(kind, catalogue.names(), advice)
            self.report.add((*at, "type"), f"{described(kind)} is no expectation; {problem}")
            return None
        common = [name for name in field_names(ExpectationForm) if name != "arguments"]
        ours = {key: value for key, value in given.items() if key in common}
        arguments = {key: value for key, value in given.items() if key not in common}
        problems = catalogue.problems(kind, arguments)
        for path, message in problems:
            self.report.add((*at, *path), message)
        form = self._form(ExpectationForm, {**ours, "arguments": arguments}, at)
        return None if problems else form

    def _form(self, form: type[CheckForm], given: dict[str, Any], at: Path) -> CheckForm | None:
        try:
            return form.model_validate(given)
        except ValidationError as error:
            for details in error.errors(include_url=False):
                loc = tuple(part for part in details["loc"] if not _is_branch(part, given))
                self.report.add((*at, *loc), wording(details, form, at))
            return None

    def _check_quarantine(self, raw: object, at: Path) -> None:
        """Tell of a secret that is written out, also where the rest of the check is wrong."""
        own = raw.get("storage_options") if isinstance(raw, dict) else None
        if isinstance(own, dict):
            options(own, at, self.folder, self.report)

    def _placed(self, form: RowForm, quarantine: Quarantine, at: Path) -> RowForm:
        """A form whose quarantine has an absolute place, and secrets as references."""
        try:
            uri = table_uri(quarantine.uri, self.folder)
        except ValueError as error:
            self.report.add((*at, "uri"), str(error))
            return form
        place = (*at, "storage_options")
        own = options(quarantine.storage_options, place, self.folder, self.report, quarantine.uri)
        kept = {name: value for name, value in own.items() if value is not None}
        placed = quarantine.model_copy(update={"uri": uri, "storage_options": kept})
        return form.model_copy(update={"quarantine": placed})

    def _schedule(self, text: object, at: Path) -> Schedule | None:
        if text is None:
            return None
        place = (*at, "schedule")
        try:
            if isinstance(text, str):
                return schedules.parse(text)
            got = shown(text, place)
            self.report.add(place, f"expected a duration such as 1d or a line of cron, got {got}")
        except ValueError as error:
            self.report.add(place, str(error))
        return None

    def _place(self, at: Path) -> Place:
        line, column = self.report.document.position(at)
        return Place(self.report.document.file, line, column, field_path(at))


def default_id(kind: str, given: Mapping[str, Any]) -> str:
    """The id of a check that was given none: its type and what it is about.

    >>> default_id("expect_column_values_to_not_be_null", {"column": "id", "mostly": 0.9})
    'expect_column_values_to_not_be_null-id'
    """
    told: list[str] = []
    for name in _TELLING:
        value = given.get(name)
        told += [str(part) for part in value] if isinstance(value, list) else []
        told += [value] if isinstance(value, str) else []
    words = [re.sub(r"[^A-Za-z0-9_.]+", "_", word).strip("_") for word in told]
    return "-".join((kind, *(word for word in words if word)))[:_LONGEST_ID].rstrip("-_.")


def _written(given: Mapping[str, Any], form: CheckForm) -> Mapping[str, Any]:
    """The fields as they were written, but for a quarantine, which has found its place."""
    if not isinstance(form, RowForm) or form.quarantine is None:
        return given
    stored = form.quarantine.storage_options
    placed = {
        "uri": form.quarantine.uri,
        "storage_options": {
            name: value.reference if isinstance(value, Secret) else value
            for name, value in stored.items()
        },
    }
    return {**given, "quarantine": {**given["quarantine"], **placed}}


def _patience(form: CheckForm) -> Patience:
    length = timedelta(seconds=durations.seconds(form.for_)) if form.for_ else timedelta(0)
    flapping = form.flapping
    return Patience(length, flapping.fails, flapping.of) if flapping else Patience(length)


def _is_branch(part: str | int, given: Mapping[str, Any]) -> bool:
    """Whether a part of pydantic's path names a branch of a union, which nobody wrote."""
    return isinstance(part, str) and part not in given and not re.fullmatch(r"[A-Za-z_]\w*", part)
