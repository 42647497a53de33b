"""A YAML document with the position of every key and item, and its own problems.

Composed from the parser's events rather than by a loader: so an alias has the position where it is
used, nesting is bounded (a deep document crashes the C composer), and plain scalars follow YAML 1.2
(`no`, `on` and `1:30` are text). Messages never repeat a value: it may be a secret.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from limnograph.settings.problems import Path, Problem, Report, field_path
from limnograph.settings.scalars import templated, unprintable, value_of

Mark = tuple[int, int]
"""Line and column, from 1."""

_DEPTH = 32
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG = "tag:yaml.org,2002:"
_SCALAR_TAGS = {"!", *(_TAG + name for name in ("str", "int", "float", "bool", "null"))}
_COLLECTION_TAGS = {"!", _TAG + "map", _TAG + "seq"}
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MENDS = {
    "mapping values are not allowed in this context": (
        "check the indentation, and put text that holds ': ' in quotes"
    ),
    "found character that cannot start any token": (
        "indent with spaces, not tabs, and put text that starts with @, % or ` in quotes"
    ),
    "did not find expected alphabetic or numeric character": (
        "put text that starts with * or & in quotes"
    ),
    "could not find expected ':'": "write 'name: value', with a space after the colon",
}


@dataclass(slots=True)
class Node:
    """A value, and where its keys or items are. Nodes are shared where the document has aliases."""

    value: Any = None
    places: dict[str | int, Mark] = field(default_factory=dict)
    children: dict[str | int, "Node"] = field(default_factory=dict)


@dataclass(slots=True)
class Document:
    """A parsed file; `root.value` holds dicts, lists, text, numbers, booleans and None."""

    file: str
    root: Node = field(default_factory=Node)

    def position(self, path: Path) -> Mark:
        """Line and column of the deepest key or item of a path that the document has."""
        node, mark = self.root, (1, 1)
        for part in path:
            if part not in node.places:
                break
            mark, node = node.places[part], node.children[part]
        return mark


class _Stop(Exception):
    """The rest of the document cannot be read; holds where and the message."""


def parse(content: bytes, file: str) -> tuple[Document, Report]:
    """The document and what is wrong with it as YAML; after a syntax error its root is empty."""
    document = Document(file)
    report = Report(document)
    try:
        document.root = _Composer(_text(content), report).document()
    except _Stop as stop:
        (line, column), message = stop.args
        report.problems.append(Problem(file, line, column, "", message))
        document.root = Node()
    return document, report


def _text(content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig", errors="replace")
        raise _Stop(_mark_after(before), "not UTF-8 text; save the file as UTF-8") from None
    if odd := _NOT_YAML.search(text):
        raise _Stop(_mark_after(text[: odd.start()]), "a control character; remove it")
    return text


def _mark_after(before: str) -> Mark:
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def _mark(event: Any) -> Mark:
    return event.start_mark.line + 1, event.start_mark.column + 1


class _Composer:
    def __init__(self, text: str, report: Report) -> None:
        self._report = report
        self._anchors: dict[str, Node | None] = {}  # None while the node is being composed
        self._events = _events(text)

    def document(self) -> Node:
        root = Node()
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                root = self._node(next(self._events), ())
                next(self._events)  # the end of the document
                self._refuse_another()
        return root

    def _refuse_another(self) -> None:
        event = next(self._events)
        if isinstance(event, yaml.DocumentStartEvent):
            raise _Stop(_mark(event), "a second document; keep one document, without '---' inside")

    def _problem(self, event: Any, path: Path, message: str) -> None:
        """A problem at an event's own place, as the document has no positions yet."""
        file = self._report.document.file
        self._report.merge(path, Problem(file, *_mark(event), field_path(path), message))

    def _node(self, event: Any, path: Path) -> Node:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path)
        if event.anchor:
            self._anchors[event.anchor] = None
        if isinstance(event, yaml.ScalarEvent):
            node = Node(self._scalar(event, path))
        else:
            if len(path) >= _DEPTH:
                raise _Stop(_mark(event), "nested too deeply; check the brackets")
            mapping = isinstance(event, yaml.MappingStartEvent)
            self._check_tag(event, path, _COLLECTION_TAGS)
            node = self._mapping(path) if mapping else self._sequence(path)
        if event.anchor:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: Any, path: Path) -> Node:
        if event.anchor not in self._anchors:
            message = (
                "refers to an anchor that is not defined above; put text that starts with * "
                "in quotes"
            )
            self._problem(event, path, message)
        elif (node := self._anchors[event.anchor]) is None:
            self._problem(event, path, "refers to itself; write the values out")
        else:
            return node
        return Node()

    def _scalar(self, event: Any, path: Path) -> Any:
        if not self._check_tag(event, path, _SCALAR_TAGS):
            return None
        if unprintable(event.value):
            self._problem(event, path, "holds a control character; remove it")
            return None
        if path[-1:] != ("description",) and (advice := templated(event.value)):
            self._problem(event, path, advice)
        as_text = event.style in ("'", '"', "|", ">") or event.tag in ("!", _TAG + "str")
        return event.value if as_text else value_of(event.value)

    def _check_tag(self, event: Any, path: Path, allowed: set[str]) -> bool:
        if event.tag is None or event.tag in allowed:
            return True
        message = "YAML tags are not supported; put text that starts with ! in quotes"
        self._problem(event, path, message)
        return False

    def _sequence(self, path: Path) -> Node:
        node = Node(value=[])
        for event in self._events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            index = len(node.value)
            child = self._node(event, (*path, index))
            node.value.append(child.value)
            node.places[index], node.children[index] = _mark(event), child
        return node

    def _mapping(self, path: Path) -> Node:
        node, merged = Node(value={}), list[Node]()
        for event in self._events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event, path)
            child = self._node(next(self._events), path if key is None else (*path, key))
            if key is None:
                continue
            if key == "<<" and isinstance(event, yaml.ScalarEvent) and not event.style:
                merged.extend(self._merged(event, child, path))
                continue
            if key in node.value:
                first = node.places[key][0]
                message = f"is there twice, first in line {first}; keep one of them"
                self._problem(event, (*path, key), message)
            node.value[key] = child.value
            node.places[key], node.children[key] = _mark(event), child
        for source in merged:
            for key, value in source.value.items():
                if key not in node.value:
                    node.value[key] = value
                    node.places[key], node.children[key] = source.places[key], source.children[key]
        return node

    def _key(self, event: Any, path: Path) -> str | None:
        """The text of a key, or None, with a problem, when it has none."""
        if isinstance(event, yaml.ScalarEvent):
            if event.anchor:
                self._anchors[event.anchor] = Node(event.value)
            if not unprintable(event.value):
                return str(event.value)
        else:
            node = self._node(event, (*path, "?"))
            if isinstance(event, yaml.AliasEvent) and isinstance(node.value, str):
                return node.value
        self._problem(event, path, "a key that is not text; write 'name: value'")
        return None

    def _merged(self, event: Any, child: Node, path: Path) -> Iterator[Node]:
        sources = list(child.children.values()) if isinstance(child.value, list) else [child]
        for source in sources:
            if isinstance(source.value, dict):
                yield source
            elif source.value is not None:
                message = "expected an alias of a mapping, such as <<: *name"
                self._problem(event, (*path, "<<"), message)


def _events(text: str) -> Iterator[Any]:
    loader = _LOADER(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = error.problem or "not YAML"
        mend = _MENDS.get(problem, "check the indentation, quotes and brackets here and above")
        raise _Stop(place, f"not YAML: {problem}; {mend}") from None
    except yaml.YAMLError:
        raise _Stop((1, 1), "not YAML; check that it is a text file") from None
    finally:
        loader.dispose()
