"""Show the settings as they were resolved; a secret is shown as its reference, never its value."""

from collections.abc import Mapping
from typing import Any

import yaml

from limnograph.settings import alerts
from limnograph.settings.keeping import StoreSettings
from limnograph.settings.references import is_reference, looks_secret
from limnograph.settings.resolved import CheckSettings, Settings, TableSettings
from monitors.core import Monitor
from monitors.secrets import MASK, Secret

_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def show(settings: Settings) -> str:
    """The settings as YAML: a configuration of the same meaning, with every default written out."""
    text: str = yaml.dump(
        document(settings), Dumper=_DUMPER, sort_keys=False, allow_unicode=True, width=100
    )
    return text


def document(settings: Settings) -> dict[str, Any]:
    """The settings as plain values, in the shape of the file."""
    known = settings.monitors
    return {
        "store": _store(settings.store),
        "http": settings.http.model_dump(mode="json"),
        "run": settings.run.model_dump(mode="json"),
        "metrics": settings.metrics.model_dump(mode="json"),
        "alerts": alerts.document(settings.alerts),
        "tables": [
            *({"name": t.name, "uri": t.uri, **_table(t, known)} for t in settings.tables),
            *({"glob": g.text, **_table(g.like, known)} for g in settings.globs),
        ],
    }


def _store(store: StoreSettings) -> dict[str, Any]:
    return {
        "url": store.url.reference if isinstance(store.url, Secret) else store.url,
        "retention": store.retention.model_dump(mode="json"),
        "metrics": {
            name: own.model_dump(mode="json", exclude_none=True)
            for name, own in store.metrics.items()
        },
    }


def _table(table: TableSettings, known: Mapping[str, Monitor]) -> dict[str, Any]:
    return {
        "owner": table.owner,
        "tags": list(table.tags),
        "description": table.description,
        "time_zone": table.time_zone,
        "schedule": str(table.schedule),
        "storage_options": {
            name: option.reference if isinstance(option, Secret) else option
            for name, option in table.storage_options.items()
        },
        "monitors": {
            name: _masked(table.monitors[name].model_dump(mode="json"))
            if name in table.monitors
            else False
            for name, monitor in known.items()
            if monitor.scope == "table"
        },
        "checks": [_check(check) for check in table.checks],
    }


def _check(check: CheckSettings) -> dict[str, Any]:
    """A check as it was written, with the id and the severity that it has."""
    common = {"type": check.type, "id": check.id, "severity": str(check.severity)}
    return {**common, **_masked({**check.written, **common})}


def _masked(value: Any, name: str = "") -> Any:
    """A monitor's own fields; one that looks secret and is no reference is masked."""
    if isinstance(value, dict):
        return {key: _masked(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item, name) for item in value]
    if isinstance(value, str) and looks_secret(name) and not is_reference(value):
        return MASK
    return value
