"""What became of a replay: of each table, and of all; as values, before anybody formats them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from limnograph.replay.memory import Document
from limnograph.replay.plan import Lost
from monitors.core import Cost


class Ending(StrEnum):
    """How the replay of a table ended."""

    REPLAYED = "replayed"
    PLANNED = "planned"
    NOT_ASSESSED = "not_assessed"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A monitor whose facts were left alone, and why."""

    monitor: str
    reason: str
    mend: str


@dataclass(frozen=True, slots=True)
class TableReplay:
    """What a replay did with one table.

    `versions` are the commits in the window that the log holds, `done` those that were recomputed,
    of which `resumed` by an earlier call of the same command. `cost` of a planned one is what its
    planning took, `foreseen` what reading the log would take, in windows of commits. `keys` are
    where its progress is kept.
    """

    table: str
    subject: str
    ending: Ending
    monitors: tuple[str, ...] = ()
    reason: str = ""
    mend: str = ""
    refusals: tuple[Refusal, ...] = ()
    versions: Sequence[int] = ()
    done: int = 0
    resumed: int = 0
    findings: tuple[Document, ...] = ()
    lost: tuple[Lost, ...] = ()
    events: tuple[Document, ...] = ()
    newer: int = 0
    cost: Cost = field(default_factory=Cost)
    foreseen: Cost | None = None
    seconds: float = 0.0
    keys: tuple[str, ...] = ()

    @property
    def changed(self) -> list[Document]:
        """Commits that the store tells differently now."""
        return [one for one in self.findings if one["changed"]]

    @property
    def added(self) -> list[Document]:
        """Commits that the store knew nothing of."""
        return [one for one in self.findings if one["added"]]

    @property
    def kept(self) -> list[Document]:
        """Commits of which the store knows better than the table does by now."""
        return [one for one in self.findings if one["kept"]]

    @property
    def unchanged(self) -> int:
        """Commits that were recomputed and are as they were stored."""
        differing = {one["version"] for one in self.findings}
        return max(0, self.done - len(differing))

    @property
    def whole(self) -> bool:
        """Whether everything that was asked for could be recomputed."""
        return self.ending in (Ending.REPLAYED, Ending.PLANNED) and not (
            self.refusals or self.lost or self.kept
        )


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What a replay did; `start` and `end` are the bounds as they were written."""

    run: str
    start: str
    end: str
    started: datetime
    ended: datetime
    dry_run: bool
    tables: tuple[TableReplay, ...]

    @property
    def cost(self) -> Cost:
        return sum((table.cost for table in self.tables), Cost())
