"""The store's part of the file: where it is, and how long it keeps what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from limnograph.settings import ages
from limnograph.settings.forms import fill, mapping, unknown
from limnograph.settings.locations import STORE, store_url
from limnograph.settings.models import MetricRetention, Retention, StoreForm
from limnograph.settings.problems import Path as At
from limnograph.settings.problems import Report, did_you_mean
from monitors.core import Monitor
from monitors.secrets import Secret

_STORE: At = ("store",)
_RETENTION: At = ("store", "retention")
_METRICS: At = ("store", "metrics")
_GRAINS = ("points", "hourly", "daily")


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where readings are kept and how long; `metrics` holds the exceptions, as they were written.

    Points are never kept longer than hours, and hours never longer than days.
    """

    url: str | Secret = STORE
    retention: Retention = field(default_factory=Retention)
    metrics: Mapping[str, MetricRetention] = field(default_factory=dict)


def store_settings(
    raw: object, folder: Path, known: Mapping[str, Monitor], report: Report
) -> StoreSettings:
    """The store's part, written as text or as a form."""
    if not isinstance(raw, dict):
        return StoreSettings(_url(raw, folder, _STORE, report))
    for key in raw:
        if key not in StoreForm.model_fields:
            report.add((*_STORE, key), unknown(key, list(StoreForm.model_fields)))
    retention = fill(Retention, raw.get("retention"), _RETENTION, report)
    _check_order(retention, retention, _RETENTION, report)
    metrics = _metrics(mapping(raw.get("metrics"), _METRICS, report), known, report)
    for name, own in metrics.items():
        _check_order(own, retention, (*_METRICS, name), report)
    return StoreSettings(_url(raw.get("url"), folder, ("store", "url"), report), retention, metrics)


def _url(raw: object, folder: Path, at: At, report: Report) -> str | Secret:
    try:
        return store_url(STORE if raw is None else raw, folder)
    except (TypeError, ValueError) as error:
        report.add(at, str(error))
        return STORE


def _metrics(
    raw: dict[str, Any], known: Mapping[str, Monitor], report: Report
) -> Mapping[str, MetricRetention]:
    declared = {metric.name: metric for monitor in known.values() for metric in monitor.metrics}
    gauges = [name for name, metric in declared.items() if metric.kind == "gauge"]
    metrics = {}
    for name, own in raw.items():
        at = (*_METRICS, name)
        if name in gauges:
            metrics[name] = fill(MetricRetention, own, at, report)
        elif name in declared:
            report.add(at, "is a counter, of which only the total is kept; remove it")
        else:
            advice = "`limnograph metrics` lists them"
            report.add(at, f"unknown metric; {did_you_mean(name, gauges, advice)}")
    return metrics


def _check_order(
    own: Retention | MetricRetention, otherwise: Retention, at: At, report: Report
) -> None:
    """Each grain must be kept at least as long as the finer one, of which it is made."""
    kept = {name: getattr(own, name) or getattr(otherwise, name) for name in _GRAINS}
    for finer, coarser in pairwise(_GRAINS):
        if kept[finer] > kept[coarser]:
            # Told where it was written: the coarser one may be that of all metrics.
            field = coarser if getattr(own, coarser) is not None else finer
            report.add(
                (*at, field),
                f"{coarser} ({ages.text(kept[coarser])}) is shorter than {finer} "
                f"({ages.text(kept[finer])}); keep {coarser} as long at least",
            )
