"""Which table is meant: one of a configuration, by its name or its place, or one of none."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from limnograph.proposals.adding import free_name
from limnograph.settings import Settings, load, roster
from limnograph.settings.locations import identity, table_uri
from limnograph.settings.problems import did_you_mean
from limnograph.settings.resolved import TableSettings
from monitors.core import CommitFact
from monitors.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Meant:
    """A table, and the other ones of its configuration, whose `settings` are None without one.

    `listed` says that the configuration has the table, be it by a glob.
    """

    table: TableSettings
    others: tuple[TableSettings, ...] = ()
    settings: Settings | None = None
    listed: bool = False


def meant(text: str, config: Path, given: bool, options: Mapping[str, str]) -> Meant:
    """What somebody means by a name, a path or a URI; ConfigError when it is none of them.

    A configuration that is not there is an error only where it was `given`, or where the text can
    be no place. `options` are those of the store of a table that it does not have.
    """
    settings = load(config) if given or config.exists() or not _is_place(text) else None
    tables = roster(settings).tables if settings is not None else ()
    named = next((table for table in tables if table.name == text), None)
    if named is not None:
        return Meant(named, tables, settings, listed=True)
    if not _is_place(text):
        advice = did_you_mean(
            text, [table.name for table in tables], "write the path of its folder as ./FOLDER"
        )
        raise ConfigError(f"{config}: there is no table {text!r}; {advice}")
    try:
        uri = table_uri(text, Path.cwd())
    except ValueError as error:
        raise ConfigError(f"{text}: {error}") from None
    at = next((table for table in tables if identity(table.uri) == identity(uri)), None)
    if at is not None:
        return Meant(at, tables, settings, listed=True)
    table = TableSettings(free_name(uri, {}, Path.cwd()), uri, storage_options=dict(options))
    return Meant(table, tables, settings)


def _is_place(text: str) -> bool:
    """Whether a text is meant as a path or a URI, and as no name."""
    return "/" in text or "\\" in text or text in (".", "..") or Path(text).is_dir()


def history(meant: Meant) -> tuple[CommitFact, ...]:
    """The commits of a table that the store knows, in order; none where there is no store yet.

    StoreError when it cannot be opened.
    """
    from limnograph.service import open_settings_store
    from limnograph.store.location import locate
    from monitors.secrets import Secret

    if meant.settings is None or not meant.listed:
        return ()
    url = meant.settings.store_url
    place = locate(url.reveal() if isinstance(url, Secret) else url)
    if place.is_sqlite and not place.path.exists():
        return ()
    with open_settings_store(meant.settings) as store:
        facts = store.facts(meant.table.subject.id)
    # In order of incarnation and version: where a version falls, another table began.
    begins = [
        place for place in range(1, len(facts)) if facts[place].version <= facts[place - 1].version
    ]
    return tuple(facts[begins[-1] :] if begins else facts)
