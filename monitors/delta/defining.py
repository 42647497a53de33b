"""Keeping a table's definitions while a log is walked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from monitors.core import Definition, Problem
from monitors.delta.definitions import Terms, definition_of, same, terms_of
from monitors.delta.live.table import TableState
from monitors.delta.log.actions import Commit
from monitors.errors import UnreadableError

_NOTHING = Terms(None, None, ())


@dataclass(slots=True)
class Defining:
    """The definitions that came on a walk; `before` is the one it began with.

    A schema that cannot be read is no definition but one of the `problems`.
    """

    definitions: list[Definition] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    _began: tuple[Terms, int, datetime | None] = (_NOTHING, -1, None)
    _terms: Terms = _NOTHING

    @property
    def before(self) -> Definition | None:
        """The definition where the walk began. Parsed when asked: most walks meet no other."""
        terms, version, at = self._began
        return None if at is None else self._read(terms, version, at, {})

    def begin(self, state: TableState, at: datetime) -> None:
        """Note what a walk starts from."""
        self._terms = terms_of(state)
        self._began = (self._terms, state.version, at)

    def found(self, state: TableState, at: Callable[[], datetime]) -> None:
        """Note a definition that no commit told of: a checkpoint brought it."""
        if self._new(state):
            self._note(state, at(), {})

    def committed(self, state: TableState, commit: Commit) -> None:
        """Note what a commit made of the definition, if it touched it."""
        if self._new(state):
            self._note(state, commit.at, commit.info)

    def _new(self, state: TableState) -> bool:
        return state.metadata is not None and terms_of(state) != self._terms

    def _note(self, state: TableState, at: datetime, info: Mapping[str, Any]) -> None:
        self._terms = terms_of(state)
        definition = self._read(self._terms, state.version, at, info)
        last = self.definitions[-1] if self.definitions else self.before
        if definition is not None and (last is None or not same(last, definition)):
            self.definitions.append(definition)

    def _read(
        self, terms: Terms, version: int, at: datetime, info: Mapping[str, Any]
    ) -> Definition | None:
        try:
            return definition_of(terms, version, at, info)
        except UnreadableError as error:
            problem = Problem(f"schema of version {version}", "error", error.reason, error.mend)
            if problem not in self.problems:
                self.problems.append(problem)
            return None
