"""The monitors and kinds of checks that a configuration may name: ours, and those of plug-ins."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, TypeVar

import checks
import monitors
from checks.core import Kind
from monitors.core import Monitor
from monitors.errors import ConfigError


class Named(Protocol):
    """What a plug-in gives: something with a name."""

    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=Named)


def known_monitors(plugins: Iterable[EntryPoint] | None = None) -> Mapping[str, Monitor]:
    """Every monitor by its name, ours first; ConfigError when a plug-in is broken or clashes."""
    return known(monitors.ALL, Monitor, "limnograph.monitors", plugins)


def known_kinds(plugins: Iterable[EntryPoint] | None = None) -> Mapping[str, Kind]:
    """Every kind of check by its name, ours first; ConfigError as for monitors."""
    found = known(checks.ALL, Kind, "limnograph.checks", plugins)
    for kind in found.values():
        if kind.judge is None and kind not in checks.ALL:
            raise ConfigError(
                f"the kind of checks {kind.name} has no judge, and rows are read for our own only",
                "give its Kind a judge, or uninstall the plug-in",
            )
    return found


def known(
    ours: Sequence[N], kind: type[N], group: str, plugins: Iterable[EntryPoint] | None = None
) -> Mapping[str, N]:
    """Ours and those of an entry point group; ConfigError when one is broken or clashes."""
    found = {one.name: one for one in ours}
    for plugin in entry_points(group=group) if plugins is None else plugins:
        one = _loaded(plugin, kind)
        if one.name in found:
            word = kind.__name__.lower()
            raise ConfigError(
                f"plug-in {plugin.name}: there is already a {word} named {one.name}",
                f"uninstall the plug-in, or rename its {word}",
            )
        found[one.name] = one
    return found


def _loaded(plugin: EntryPoint, kind: type[N]) -> N:
    try:
        one = plugin.load()
    except Exception as error:  # a plug-in may fail in any way
        reason = f"{type(error).__name__}: {error}"
        raise ConfigError(
            f"plug-in {plugin.name} ({plugin.value}) cannot be loaded: {reason}",
            "upgrade or uninstall it",
        ) from None
    if not isinstance(one, kind):
        raise ConfigError(
            f"plug-in {plugin.name} ({plugin.value}) is a {type(one).__name__}, no {kind.__name__}",
            f"its entry point must name a {kind.__module__}.{kind.__name__}",
        )
    return one
