"""The monitors that a configuration may name: ours, and those of installed plug-ins."""

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points

import monitors
from monitors.core import Monitor
from monitors.errors import ConfigError

GROUP = "limnograph.monitors"


def known_monitors(plugins: Iterable[EntryPoint] | None = None) -> Mapping[str, Monitor]:
    """Every monitor by its name, ours first; ConfigError when a plug-in is broken or clashes."""
    known = {monitor.name: monitor for monitor in monitors.ALL}
    for plugin in entry_points(group=GROUP) if plugins is None else plugins:
        monitor = _loaded(plugin)
        if monitor.name in known:
            raise ConfigError(
                f"plug-in {plugin.name}: there is already a monitor named {monitor.name}",
                "uninstall the plug-in, or rename its monitor",
            )
        known[monitor.name] = monitor
    return known


def _loaded(plugin: EntryPoint) -> Monitor:
    try:
        monitor = plugin.load()
    except Exception as error:  # a plug-in may fail in any way
        reason = f"{type(error).__name__}: {error}"
        raise ConfigError(
            f"plug-in {plugin.name} ({plugin.value}) cannot be loaded: {reason}",
            "upgrade or uninstall it",
        ) from None
    if not isinstance(monitor, Monitor):
        raise ConfigError(
            f"plug-in {plugin.name} ({plugin.value}) is a {type(monitor).__name__}, no Monitor",
            "its entry point must name a monitors.core.Monitor",
        )
    return monitor
