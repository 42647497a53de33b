"""Layer two: what has to agree. Defaults are filled in, names are unique, places are absolute."""

from collections.abc import Mapping
from pathlib import Path

from checks.core import Kind
from limnograph.settings.agreeing import disagreements
from limnograph.settings.alerts import alert_settings
from limnograph.settings.document import Document
from limnograph.settings.forms import fill, mapping, unknown
from limnograph.settings.keeping import store_settings
from limnograph.settings.models import File, Http, Metrics, Run
from limnograph.settings.problems import Path as At
from limnograph.settings.problems import Report, did_you_mean
from limnograph.settings.resolved import Settings
from limnograph.settings.tables import Tables
from monitors.core import Monitor


def resolve(
    document: Document,
    report: Report,
    path: Path,
    known: Mapping[str, Monitor],
    kinds: Mapping[str, Kind],
) -> Settings:
    """The settings of a document; they are of use only when the report stays empty."""
    folder = path.parent.absolute()
    raw = mapping(document.root.value, (), report)
    for name in raw:
        if name not in File.model_fields:
            report.add((name,), unknown(name, list(File.model_fields)))
    metrics = fill(Metrics, raw.get("metrics"), ("metrics",), report)
    _check_families(metrics.families, known, report)
    tables = Tables.of(raw.get("defaults"), folder, known, kinds, report)
    tables.add_all(raw.get("tables"))
    for problem in disagreements(tables.named, tables.globs, known):
        report.merge((), problem)
    return Settings(
        path=path.absolute(),
        store=store_settings(raw.get("store"), folder, known, report),
        http=fill(Http, raw.get("http"), ("http",), report),
        run=fill(Run, raw.get("run"), ("run",), report),
        metrics=metrics,
        tables=tuple(tables.named),
        globs=tuple(tables.globs),
        monitors=known,
        kinds=kinds,
        alerts=alert_settings(raw.get("alerts"), folder, report),
    )


def _check_families(
    families: tuple[str, ...], known: Mapping[str, Monitor], report: Report
) -> None:
    declared = {metric.name: metric for monitor in known.values() for metric in monitor.metrics}
    opt_in = [name for name, metric in declared.items() if metric.opt_in]
    for index, name in enumerate(families):
        at: At = ("metrics", "families", index)
        if name in declared and name not in opt_in:
            report.add(at, f"{name} is always shown; remove it, the list is of opt-in families")
        elif name not in opt_in:
            advice = "`limnograph metrics` lists them"
            report.add(at, f"{name!r} is no opt-in family; {did_you_mean(name, opt_in, advice)}")
