"""The roster: every table to monitor, those of the globs found by listing folders."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import quote

from limnograph.settings.listing import Folder, Found, local, remote, walk
from limnograph.settings.locations import identity, is_local
from limnograph.settings.problems import Problem
from limnograph.settings.resolved import Settings, TableGlob, TableSettings, reveal
from monitors.errors import LimnographError
from monitors.secrets import MASK, Secret

_SAFE = "-_.~!$&'()*+,;=:@ "  # in a URI's path; a percent sign of a name has to be escaped

_MASKABLE = 8  # characters; around the mask of a shorter secret it could be guessed


@dataclass(frozen=True, slots=True)
class Roster:
    """The tables by name, and what came up while they were looked for.

    Unless `complete`, a listing failed: a table that is not here may still exist.
    """

    tables: tuple[TableSettings, ...]
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    complete: bool = True


@dataclass(slots=True)
class _Draft:
    tables: dict[str, TableSettings] = field(default_factory=dict)
    places: dict[str, TableSettings] = field(default_factory=dict)
    declared: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


def roster(settings: Settings) -> Roster:
    """Every table, declared or found. Blocks while it lists folders and object stores.

    A declared table replaces one that a glob finds at the same place. Of two tables of one name,
    or two globs that find one table, the first in the file stays and the other is a problem.
    """
    draft, complete = _Draft(), True
    for table in settings.tables:
        draft.tables[table.name] = table
        draft.places[identity(table.uri)] = table
        draft.declared.add(table.name)
    for glob in settings.globs:
        found = _find(glob)
        complete = complete and not found.failures
        draft.problems.extend(_failed(glob, found))
        if not found.tables and not found.failures:
            message = f"{glob.text} matches no table; a table is a folder with _delta_log"
            draft.warnings.append(glob.like.place.problem(message, "glob"))
        for folder in found.tables:
            _add(draft, _table(glob, folder), glob)
    tables = tuple(sorted(draft.tables.values(), key=lambda table: table.name))
    return Roster(tables, tuple(draft.problems), tuple(draft.warnings), complete)


def _find(glob: TableGlob) -> Found:
    try:
        if is_local(glob.prefix):
            return walk(local(glob.prefix), glob.pattern)
        return walk(remote(glob.prefix, reveal(glob.like.storage_options)), glob.pattern)
    except LimnographError as error:
        return Found((), {(): error})


def _failed(glob: TableGlob, found: Found) -> Iterator[Problem]:
    for error in found.failures.values():
        message = str(error)
        for value in _secrets(glob):
            if len(value) < _MASKABLE and value in message:
                message = f"{glob.text} cannot be listed; the reason holds a secret"
            message = message.replace(value, MASK)
        yield glob.like.place.problem(message, "glob")


def _secrets(glob: TableGlob) -> Iterator[str]:
    for option in glob.like.storage_options.values():
        if isinstance(option, Secret):
            try:
                yield option.reveal()
            except LimnographError:
                continue


def _table(glob: TableGlob, folder: Folder) -> TableSettings:
    names = folder or (glob.prefix.rpartition("/")[2],)
    parts = folder if is_local(glob.prefix) else tuple(quote(part, _SAFE) for part in folder)
    uri = "/".join((glob.prefix.rstrip("/"), *parts))
    return replace(glob.like, name=".".join(names), uri=uri)


def _add(draft: _Draft, table: TableSettings, glob: TableGlob) -> None:
    place = identity(table.uri)
    there = draft.places.get(place)
    if there is not None:
        if there.name not in draft.declared and there.place != table.place:
            message = f"also finds {table.uri}, which {there.place.field} finds; narrow one of them"
            draft.problems.append(glob.like.place.problem(message, "glob"))
        return
    taken = draft.tables.get(table.name)
    if taken is not None:
        message = (
            f"finds {table.name} at {table.uri}, but {taken.place.field} has that name, at "
            f"{taken.uri}; rename one of them"
        )
        draft.problems.append(glob.like.place.problem(message, "glob"))
        return
    draft.tables[table.name] = draft.places[place] = table
