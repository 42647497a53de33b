"""What is judged and how, from what somebody asked for: a file, a stored metric, or a check."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from checks.volume.form import VolumeForm, dates_of
from checks.volume.words import Tuning
from limnograph.backtesting.csv_file import read_csv
from limnograph.backtesting.series import Series
from limnograph.past import StoredPast
from limnograph.settings.problems import did_you_mean
from limnograph.settings.resolved import Settings
from limnograph.store import Store
from monitors.errors import ConfigError

Given = Mapping[str, Any]
"""Fields of a volume check by their names; None is not given."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A stored series. A check says itself which one it judges."""

    table: str
    metric: str
    grain: Literal["hour", "day"]
    labels: Mapping[str, str] = field(default_factory=dict)
    check: str | None = None


def of_file(
    file: Path, time_zone: str, given: Given, column: str | None = None
) -> tuple[Series, Tuning]:
    """The series of a CSV; ConfigError for rows that cannot be read and fields that do not fit."""
    # What costs nothing is refused before a large file is read.
    form = form_of(given)
    series = read_csv(file, time_zone, column)
    return series, tuning_of(form, series)


def of_table(config: Path, wanted: Wanted, given: Given) -> tuple[Series, Tuning]:
    """A stored series; ConfigError as `of_file`, UnreadableError where nothing is stored."""
    from limnograph import settings
    from limnograph.backtesting.stored import stored
    from limnograph.service import open_settings_store

    form = form_of(given)
    loaded = settings.load(config)
    with open_settings_store(loaded) as store:
        past = _past(loaded, store, wanted.table)
        if wanted.check is not None:
            return of_check(past, wanted.check, given)
        series = stored(past, wanted.metric, wanted.grain, wanted.labels)
    return series, tuning_of(form, series)


def of_check(past: StoredPast, check: str, given: Given) -> tuple[Series, Tuning]:
    """The history of a volume check; what is given replaces what its form says.

    What people said of it, and its incidents, are known from the beginning.
    """
    from checks.volume.series import tuning as as_it_judges
    from limnograph.backtesting.stored import volume

    declared = {one.id: one for one in past.table.checks}
    if check not in declared:
        advice = did_you_mean(check, declared, f"it has {', '.join(declared) or 'none'}")
        raise ConfigError(f"--check: {past.table.name} has no check {check!r}", advice)
    form = declared[check].form
    if not isinstance(form, VolumeForm):
        raise ConfigError(
            f"--check: {check!r} is a {declared[check].kind} check, and only volume checks learn",
            f"see what it observed by --metric check_observed_value --label check={check}",
        )
    series = volume(past, form.count, form.grain)
    said = {name: getattr(form, name) for name in given}
    tuned = tuning_of(form_of({**said, **_present(given)}), series)
    judged = as_it_judges(past.table.check(declared[check]), form, past)
    return series, replace(tuned, expected=judged.expected, excluded=judged.excluded)


def form_of(given: Given) -> VolumeForm:
    """The fields as those of a volume check; ConfigError for each that such a check refuses."""
    from pydantic import ValidationError

    for name in ("min", "max"):
        if not math.isfinite(given.get(name) or 0):
            raise ConfigError(f"--{name}: {given[name]} is no bound; leave it out")
    try:
        return VolumeForm(type="volume", **_present(given))
    except ValidationError as error:
        lines = []
        for one in error.errors(include_url=False):
            option = f"--{one['loc'][0]}".replace("_", "-") if one["loc"] else "--min and --max"
            lines.append(f"{option}: {one['msg'].removeprefix('Value error, ')}")
        raise ConfigError("\n".join(lines)) from None


def tuning_of(form: VolumeForm, series: Series) -> Tuning:
    """How a series is judged by a form; holidays are those of its years."""
    years = [at.year for at in series.times]
    dates = dates_of(form.holidays, min(years) - 1, max(years) + 1) if years else ()
    return Tuning(
        false_alarms=form.false_alarms,
        side=form.side,
        time_zone=series.time_zone,
        floor=form.floor,
        minimum=form.min,
        maximum=form.max,
        holidays=dates,
        flatline=form.flatline,
    )


def _past(loaded: Settings, store: Store, name: str) -> StoredPast:
    from limnograph.backtesting.stored import metrics_of
    from limnograph.reporting import watched
    from limnograph.service import utc_now

    tables = {table.name: table for table in watched(loaded, store)}
    if name not in tables:
        advice = did_you_mean(name, tables, "`limnograph report` lists those there are")
        raise ConfigError(f"--table: {name!r} is no table of the configuration", advice)
    return StoredPast(store, tables[name], metrics_of(loaded), utc_now())


def _present(given: Given) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}
