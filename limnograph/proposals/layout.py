"""How the tables of a lake are written down: as globs where those say the same, else one by one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from limnograph.settings.listing import Folder

Choice = tuple[str, Folder]
"""A table: the root it is below, as written, and its folders."""

_WILD = frozenset("*?[")
FEWEST = 2
"""Tables that make a glob."""


@dataclass(frozen=True, slots=True)
class Root:
    """A root as the file has it (`./lake`, `s3://lake`), and the tables found below it.

    Those `elsewhere` are below another root too, and belong to that one.
    """

    written: str
    tables: tuple[Folder, ...]
    elsewhere: frozenset[Folder] = frozenset()


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of the list of tables: a glob, or one table; `tables` are the URIs by name."""

    glob: str
    tables: Mapping[str, str]


def name_of(root: Root, folder: Folder) -> str:
    """The name that a glob would give a table, if its folders make a name."""
    parts = folder or (root.written.rstrip("/").rpartition("/")[2],)
    return ".".join(part.strip().strip(".") or "_" for part in parts)


def selected(roots: Sequence[Root], only: Collection[str], exclude: Collection[str]) -> set[Choice]:
    """The tables whose names match one of `only`, if there are some, and none of `exclude`."""
    return {
        (root.written, folder)
        for root in roots
        for folder in root.tables
        for name in (name_of(root, folder),)
        if folder not in root.elsewhere
        and (not only or any(fnmatchcase(name, pattern) for pattern in only))
        and not any(fnmatchcase(name, pattern) for pattern in exclude)
    }


def layout(roots: Sequence[Root], chosen: Collection[Choice], *, each: bool = False) -> list[Entry]:
    """The items for the chosen tables, in the order of the roots; names are unique.

    Tables at one depth below a root become a glob when it finds exactly those that were chosen.
    With `each` every table gets an item of its own.
    """
    taken: dict[str, str] = {}
    entries: list[Entry] = []
    for root in roots:
        for depth in sorted({len(folder) for folder in root.tables}):
            level = [folder for folder in root.tables if len(folder) == depth]
            wanted = [folder for folder in level if (root.written, folder) in chosen]
            glob = None if each or wanted != level else _glob(root, wanted, taken)
            if glob is not None:
                taken.update(glob.tables)
                entries.append(glob)
                continue
            for folder in wanted:
                entries.append(_single(root, folder, taken))
                taken.update(entries[-1].tables)
    return entries


def _glob(root: Root, folders: Sequence[Folder], taken: Mapping[str, str]) -> Entry | None:
    if len(folders) < FEWEST or not folders[0] or _WILD & set(root.written):
        return None
    names = {".".join(folder): _uri(root, folder) for folder in folders}
    regular = all(name == name_of(root, f) for name, f in zip(names, folders, strict=False))
    if len(names) < len(folders) or not regular or names.keys() & taken.keys():
        return None
    return Entry("/".join((root.written.rstrip("/"), *"*" * len(folders[0]))), names)


def _single(root: Root, folder: Folder, taken: Mapping[str, str]) -> Entry:
    uri, name = _uri(root, folder), name_of(root, folder)
    above = [part for part in root.written.replace("://", "/").split("/") if part.strip(".")]
    while name in taken and above:
        name = f"{above.pop().replace('.', '_')}.{name}"
    plain, number = name, 2
    while name in taken:
        name, number = f"{plain}_{number}", number + 1
    return Entry("", {name: uri})


def _uri(root: Root, folder: Folder) -> str:
    from urllib.parse import quote

    remote = "://" in root.written
    parts = (quote(part, "-_.~!$&'()*+,;=:@ ") for part in folder) if remote else folder
    return "/".join((root.written.rstrip("/"), *parts))
