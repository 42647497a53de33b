"""How a definition differs from a contract. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from checks.schema.form import ColumnForm, SchemaForm
from checks.schema.paths import Path, folded, parsed
from checks.schema.types import matches, spelled
from checks.wording import near
from monitors.core import Definition
from monitors.delta.evolution.change import short
from monitors.delta.evolution.types import Node, dotted, trees


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing in which a definition differs from its contract.

    `what` and `path` are its identity; `message` is a sentence without its full stop.
    """

    what: str
    path: str
    expected: str
    observed: str
    message: str
    mend: str


def differences(form: SchemaForm, definition: Definition) -> Iterator[Difference]:
    """Every difference: columns in the order of the contract, then the rest."""
    nodes = dict(_nodes(trees(definition.columns), ()))
    wanted = {folded(parsed(text)): (text, column) for text, column in form.columns.items()}
    absent = [path for path in wanted if path not in nodes]
    for path, (text, column) in wanted.items():
        if path in nodes:
            yield from _column(text, column, nodes[path])
        else:
            # Names are slow to compare, and only the first mend is told.
            yield _missing(text, column, nodes if path == absent[0] else None)
    if form.extra == "forbid":
        yield from _extra(wanted, nodes)
    if form.ordered:
        yield from _order([path for path in wanted if len(path) == 1], nodes)
    yield from _layout(form, definition)
    yield from _properties(form.properties, definition.properties)
    for name in form.features:
        if name not in definition.features:
            yield _difference("feature", name, name, "", f"feature {name} is missing")


def _nodes(level: list[Node], above: Path) -> Iterator[tuple[Path, Node]]:
    for node in level:
        path = (*above, node.name.casefold())
        yield path, node
        yield from _nodes(node.fields, path)


def _missing(text: str, wanted: ColumnForm, nodes: Mapping[Path, Node] | None) -> Difference:
    kind = f" ({wanted.type})" if wanted.type else ""
    mend = "add it, or mend its name in the contract"
    if nodes is not None:
        mend = f"{mend}; {near(text, [dotted(node.column.path) for node in nodes.values()])}"
    message = f"column {text}{kind} is missing"
    return Difference("missing", text, wanted.type or "", "", message, mend)


def _column(text: str, wanted: ColumnForm, node: Node) -> Iterator[Difference]:
    whole = spelled(node.type)
    if wanted.type and not matches(wanted.type.casefold(), whole.casefold()):
        message = f"column {text} is {short(whole)}, not {short(wanted.type)}"
        yield _difference("type", text, wanted.type, whole, message)
    if wanted.nullable is not None and wanted.nullable != node.column.nullable:
        names = {True: "nullable", False: "required"}
        is_, should = names[node.column.nullable], names[wanted.nullable]
        yield _difference("nullable", text, should, is_, f"column {text} is {is_}, not {should}")


def _extra(wanted: Mapping[Path, object], nodes: Mapping[Path, Node]) -> Iterator[Difference]:
    """Columns that nobody named; fields only where the contract names others beside them."""
    named = {path[:length] for path in wanted for length in range(1, len(path) + 1)}
    levels = {path[:-1] for path in named}
    for path, node in nodes.items():
        if path not in named and path[:-1] in levels:
            text = dotted(node.column.path)
            message = f"column {text} ({short(node.type)}) is not in the contract"
            yield _difference("extra", text, "", node.type, message)


def _order(wanted: list[Path], nodes: Mapping[Path, Node]) -> Iterator[Difference]:
    there = [path for path in nodes if path in set(wanted)]
    should = [path for path in wanted if path in nodes]
    if there != should:
        place = next(n for n, path in enumerate(should) if there[n] != path)
        found, meant = (nodes[paths[place]].name for paths in (there, should))
        message = f"column {found} stands where {meant} should"
        wants, has = (", ".join(nodes[path].name for path in paths) for paths in (should, there))
        yield _difference("order", "", wants, has, message)


def _layout(form: SchemaForm, definition: Definition) -> Iterator[Difference]:
    for what, wanted, columns in (
        ("partitioned", form.partitioned_by, definition.partition_columns),
        ("clustered", form.clustered_by, definition.clustering_columns),
    ):
        if wanted is not None and folded(wanted) != folded(columns):
            should, is_ = (", ".join(names) or "nothing" for names in (wanted, columns))
            message = f"the table is {what} by {short(is_)}, not {short(should)}"
            yield _difference(what, "", should, is_, message)


def _properties(wanted: Mapping[str, str], properties: Mapping[str, str]) -> Iterator[Difference]:
    for name, should in wanted.items():
        is_ = properties.get(name)
        if is_ is None:
            message = f"property {name} is not set, {short(should)} is wanted"
        elif is_ != should:
            message = f"property {name} is {short(is_)}, not {short(should)}"
        else:
            continue
        yield _difference("property", name, should, is_ or "", message)


def _difference(what: str, path: str, expected: str, observed: str, message: str) -> Difference:
    return Difference(what, path, expected, observed, message, _MENDS[what])


_CHANGE = "change it back, or mend the contract"
_MENDS = {
    "type": _CHANGE,
    "nullable": _CHANGE,
    "extra": "drop it, or add it to the contract",
    "order": "move it, or leave `ordered` out",
    "partitioned": "write the table anew with that layout, or mend the contract",
    "clustered": "ALTER TABLE ... CLUSTER BY, or mend the contract",
    "property": "ALTER TABLE ... SET TBLPROPERTIES, or mend the contract",
    "feature": "enable it, or mend the contract",
}
