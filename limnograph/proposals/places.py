"""Where everything is in a YAML text, from the events of ruamel.yaml.

From events rather than from nodes: so an alias has its own place, not that of what it stands for.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

_COLON = re.compile(r"[ \t]*:")
_DASH = re.compile(r"(?:[&!]\S+|\s+|#[^\n]*)*-(?=\s)")


class Uneditable(Exception):
    """The text cannot be edited in place; says why."""


@dataclass(slots=True)
class Place:
    """A value from `start` to `end`; `column` is where its first key, or its dash, stands.

    `last` is where the text of its last part ends, before comments. `keys` are those of a mapping,
    `items` the values of a list or of those keys.
    """

    kind: Literal["scalar", "mapping", "sequence", "alias"]
    start: int
    end: int
    column: int
    last: int
    flow: bool = False
    text: str = ""
    plain: bool = True
    keys: list[str] = field(default_factory=list)
    items: list["Place"] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether there is no value, or it is null."""
        return self.kind == "scalar" and self.plain and self.text in ("", "~", "null")

    def get(self, key: str) -> "Place | None":
        """The value of a key, as it stands in the text: merged ones are elsewhere."""
        return self.items[self.keys.index(key)] if key in self.keys else None


def tree(text: str) -> Place:
    """The places of a document; Uneditable when it is none."""
    import warnings

    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError, YAMLWarning

    with warnings.catch_warnings():
        # An anchor may be used twice; the later one holds.
        warnings.simplefilter("ignore", YAMLWarning)
        try:
            events = list(YAML().parse(text))
        except YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            where = f" (line {mark.line + 1})" if mark else ""
            raise Uneditable(f"ruamel.yaml does not read it{where}") from None
    return _Reader(text, events).document()


class _Reader:
    def __init__(self, text: str, events: list[Any]) -> None:
        self._text = text
        self._events = iter(events)

    def document(self) -> Place:
        for event in self._events:
            if type(event).__name__ == "DocumentStartEvent":
                return self._place(next(self._events))
        end = len(self._text)
        return Place("scalar", end, end, 0, end)

    def _place(self, event: Any) -> Place:
        from ruamel.yaml.events import AliasEvent, MappingStartEvent, ScalarEvent

        if isinstance(event, AliasEvent):
            return self._at("alias", event)
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        if isinstance(event, MappingStartEvent):
            return self._mapping(event)
        return self._sequence(event)

    def _at(self, kind: Literal["scalar", "mapping", "sequence", "alias"], event: Any) -> Place:
        start, end = event.start_mark.index, event.end_mark.index
        flow = bool(getattr(event, "flow_style", False))
        return Place(kind, start, end, event.start_mark.column, end, flow=flow)

    def _scalar(self, event: Any) -> Place:
        place = self._at("scalar", event)
        place.text, place.plain = event.value, event.style not in ("'", '"', "|", ">")
        if event.style in ("|", ">") and not event.value.endswith("\n\n"):
            # The blank lines below a block of text are not its own.
            body = self._text[place.start : place.end].rstrip(" \r\n")
            newline = self._text.find("\n", place.start + len(body))
            place.end = place.last = len(self._text) if newline < 0 else newline + 1
        return place

    def _mapping(self, event: Any) -> Place:
        place = self._at("mapping", event)
        while not _ends(key := next(self._events)):
            if not place.keys and not place.flow:
                # An anchor or a tag stands before the first key, maybe in the line above.
                place.column = key.start_mark.column
            place.keys.append(str(getattr(key, "value", "")))
            value = self._place(next(self._events))
            if value.kind == "scalar" and value.start == value.end:
                # The place of a value that is not there is told as that of what comes next.
                colon = _COLON.match(self._text, key.end_mark.index)
                value.start = value.end = value.last = colon.end() if colon else key.end_mark.index
            place.items.append(value)
            place.last = value.end if value.flow else value.last
        return self._closed(place, key)

    def _sequence(self, event: Any) -> Place:
        place = self._at("sequence", event)
        if not place.flow and (dash := _DASH.match(self._text, place.start)):
            place.column = dash.end() - 1 - (self._text.rfind("\n", 0, dash.end()) + 1)
        while not _ends(item := next(self._events)):
            place.items.append(self._place(item))
            place.last = place.items[-1].end if place.items[-1].flow else place.items[-1].last
        return self._closed(place, item)

    def _closed(self, place: Place, end: Any) -> Place:
        place.end = end.end_mark.index
        return place


def _ends(event: Any) -> bool:
    return type(event).__name__ in ("MappingEndEvent", "SequenceEndEvent")
