"""Where a table stands in a configuration, and the text with what is proposed for it."""

import copy
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from limnograph.proposals.places import Uneditable
from limnograph.proposals.splicing import Item, with_item, with_settings
from limnograph.proposals.stanza import Proposal
from limnograph.settings.document import parse
from limnograph.settings.known import known_kinds, known_monitors
from limnograph.settings.listing import LOG, Folder, walk
from limnograph.settings.locations import identity, is_local
from limnograph.settings.problems import Problem
from limnograph.settings.resolve import resolve
from limnograph.settings.resolved import Settings, TableGlob, TableSettings
from monitors.errors import ConfigError

_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration file as it is: its bytes, its plain values, and where they are."""

    path: Path
    content: bytes
    values: Any

    @classmethod
    def read(cls, path: Path) -> "Configuration":
        """The file; ConfigError when it is not there or is no YAML."""
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise ConfigError(
                f"{path}: does not exist; `limnograph init` writes one, or name yours with -c FILE"
            ) from None
        except OSError as error:
            raise ConfigError(f"{path}: {error.strerror}; name the file with -c FILE") from None
        return cls.of(path, content)

    @classmethod
    def of(cls, path: Path, content: bytes) -> "Configuration":
        """A file with this content; ConfigError when it is no YAML."""
        document, report = parse(content, str(path))
        if report.problems:
            raise ConfigError(_lines(report.problems))
        return cls(path, content, document.root.value)

    @property
    def text(self) -> str:
        """The content without a byte order mark, line ends as they are."""
        return self.content.decode("utf-8").removeprefix(_BOM)

    def encoded(self, text: str) -> bytes:
        """Another text as the content of this file."""
        start = _BOM if self.content.startswith(_BOM.encode()) else ""
        return (start + text).encode("utf-8")

    def settings(self, extra: Mapping[str, Any] | None = None) -> Settings:
        """What the file means, with one more table if there is one; ConfigError with the problems
        of both. A file without tables is right when it gets one."""
        document, report = parse(self.content, str(self.path))
        if extra is not None:
            document.root.value = with_table(document.root.value, extra)
        settings = resolve(document, report, self.path, known_monitors(), known_kinds())
        if report.problems:
            raise ConfigError(_lines(report.problems))
        return settings

    def rewritten(self, text: str, expected: Any) -> bytes:
        """Another text as the content, which means just what is expected.

        Raises Uneditable where it means anything else, ConfigError with its problems.
        """
        content = self.encoded(text)
        after = Configuration.of(self.path, content)
        if after.values != expected:
            raise Uneditable("the new lines would change other parts of it (anchors?)")
        try:
            after.settings()
        except ConfigError as error:
            raise ConfigError(
                f"nothing was written, the result would have problems:\n{error}"
            ) from None
        return content

    def stanza(self, table: TableSettings) -> Mapping[str, Any]:
        """What the file itself says of a table or of a glob."""
        own: Mapping[str, Any] = self.values["tables"][index_of(table)]
        return own


def with_table(values: Any, stanza: Mapping[str, Any]) -> Any:
    """The values of a file with one more table, as far as they have the shape of one."""
    if values is None:
        return {"tables": [dict(stanza)]}
    if not isinstance(values, dict):
        return values
    after, tables = dict(values), values.get("tables")
    if tables is None or isinstance(tables, list):
        after["tables"] = [*(tables or ()), dict(stanza)]
    return after


def index_of(table: TableSettings) -> int:
    """The position of a stanza in the list of tables."""
    return int(table.place.field.removeprefix("tables[").removesuffix("]"))


@dataclass(frozen=True, slots=True)
class Standing:
    """A table in a configuration: declared, found by a glob, or neither.

    `table` is how it is read now, or would be with the defaults alone. `taken` has its name and is
    another one.
    """

    name: str
    table: TableSettings
    own: Mapping[str, Any] = field(default_factory=dict)
    declared: bool = False
    glob: TableGlob | None = None
    taken: TableSettings | None = None

    @property
    def place(self) -> str:
        """Where the file speaks of it: file:line:column."""
        place = self.table.place
        return f"{place.file}:{place.line}:{place.column}"


def standing(
    configuration: Configuration,
    name: str | None,
    written: str,
    uri: str,
    options: Mapping[str, str],
) -> Standing:
    """Where a table stands; without a name it gets one from its folder that is still free.

    `written` is the URI as the file would have it, `uri` the same made absolute.
    """
    new: dict[str, Any] = {"name": "_", "uri": written}
    if options:
        new["storage_options"] = dict(options)
    settings = configuration.settings({**new, "name": _unused(configuration.values)})
    *tables, added = settings.tables
    place = identity(uri)
    for table in tables:
        if identity(table.uri) == place:
            return Standing(table.name, table, configuration.stanza(table), declared=True)
    for glob in settings.globs:
        folder = found_by(glob, uri)
        if folder is not None:
            own = configuration.stanza(glob.like)
            found = ".".join(folder) or glob.prefix.rpartition("/")[2]
            return Standing(name or found, glob.like, own, glob=glob)
    names = {table.name: table for table in tables}
    name = name or free_name(uri, names, settings.path.parent)
    return Standing(name, added, new, taken=names.get(name))


def _unused(values: Any) -> str:
    """A name that no table has."""
    text, name = str(values), "limnograph"
    while name in text:
        name += "_"
    return name


def found_by(glob: TableGlob, uri: str) -> Folder | None:
    """The folders below a glob's prefix that lead to a table, if the glob finds it."""
    prefix, place = identity(glob.prefix).rstrip("/"), identity(uri)
    if place != prefix and not place.startswith(f"{prefix}/"):
        return None
    folder = tuple(part for part in place[len(prefix) :].split("/") if part)
    if not is_local(uri):
        folder = tuple(map(unquote, folder))

    def inside(at: Folder) -> Sequence[str]:
        return (LOG,) if at == folder else folder[len(at) : len(at) + 1]

    return folder if folder in walk(inside, glob.pattern).tables else None


def free_name(uri: str, taken: Mapping[str, object], base: Path) -> str:
    """A name from the last folders of a URI: two of them, or more where those are taken.

    >>> free_name("s3://lake/bronze/posts", {}, Path("/"))
    'bronze.posts'
    """
    if is_local(uri):
        inside = os.path.relpath(uri, base)
        path = uri if inside.startswith("..") else inside
    else:
        path = unquote(uri.partition("://")[2])
    parts = [part.strip().replace(".", "_") for part in path.split("/")]
    parts = [part for part in parts if part] or ["table"]
    names = [".".join(parts[-count:]) for count in range(min(2, len(parts)), len(parts) + 1)]
    return next((name for name in names if name not in taken), names[0])


def written_uri(uri: str, folder: Path) -> str:
    """An absolute URI as a file in that folder has it: relative where the table lies below."""
    if not is_local(uri):
        return uri
    inside = os.path.relpath(uri, folder.absolute())
    if inside == "." or inside.startswith(".."):
        return uri
    return f"./{inside}"


def edited(
    configuration: Configuration,
    where: Standing,
    written: str,
    proposal: Proposal,
) -> bytes | None:
    """The file with what is proposed, or None when nothing is missing.

    ConfigError when the result would not be right, or would change anything else.
    """
    entries = nested(proposal)
    evidence = {setting.path: setting.why for setting in proposal.settings}
    try:
        if where.declared:
            if not entries:
                return None
            item = Item(entries, evidence)
            text = with_settings(configuration.text, index_of(where.table), entries, item)
            expected = copy.deepcopy(configuration.values)
            _merge(expected["tables"][index_of(where.table)], entries)
        else:
            if where.glob is not None and not entries:
                return None
            stanza = _stanza(where, written)
            _merge(stanza, entries)
            item = Item(stanza, evidence, proposal.notes)
            text = with_item(configuration.text, item)
            expected = with_table(configuration.values, stanza)
        return configuration.rewritten(text, expected)
    except Uneditable as error:
        raise ConfigError(_by_hand(configuration.path, str(error), item)) from None


def _by_hand(path: Path, reason: str, item: Item) -> str:
    lines = item.lines("  ", "    ")
    shown = "\n".join(lines)
    return f"{path}: cannot be edited in place: {reason}; add this by hand, in its place:\n{shown}"


def _stanza(where: Standing, written: str) -> dict[str, Any]:
    own = copy.deepcopy(dict(where.own))
    rest = {key: value for key, value in own.items() if key not in ("name", "uri", "glob")}
    return {"name": where.name, "uri": written, **rest}


def nested(proposal: Proposal) -> dict[str, Any]:
    """The proposed settings as the mapping they make."""
    entries: dict[str, Any] = {}
    for setting in proposal.settings:
        at = entries
        for part in setting.path[:-1]:
            at = at.setdefault(part, {})
        at[setting.path[-1]] = setting.value
    return entries


def _merge(into: dict[str, Any], entries: Mapping[str, Any]) -> None:
    for key, value in entries.items():
        there = into.get(key)
        if isinstance(value, Mapping):
            # What is shared through an anchor must not change elsewhere.
            into[key] = dict(there) if isinstance(there, dict) else {}
            _merge(into[key], value)
        else:
            into[key] = value


def _lines(problems: Sequence[Problem]) -> str:
    return "\n".join(str(problem) for problem in sorted(problems))
