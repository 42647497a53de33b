"""Tables for a terminal in which a number is never cut: where width is short, whole columns go."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

GAP = 2  # between columns
COMFORTABLE = 24  # to which a column is folded before others go
SHORTEST = 12  # to which it is folded when no more can go

Cell = str | Text


@dataclass(frozen=True, slots=True)
class Column:
    """A column; those of the greatest rank go first, and `folds` may take more than one line."""

    title: str
    rank: int = 0
    right: bool = False
    folds: bool = False


def plain_table(title: str | None = None) -> Table:
    """An empty table in the style of all others."""
    return Table(
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, GAP - 1, 0, 0),
        title=title,
        title_justify="left",
        title_style="bold",
    )


def fitted(
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    width: int,
    title: str | None = None,
) -> Table:
    """A table of as many columns as fit in the width; one that folds is as narrow as it must be.

    If even the columns of rank 0 do not fit, the table is wider: print it with `crop=False`.
    """
    needs = [
        max([cell_len(column.title), *(cell_len(str(row[n])) for row in rows)])
        for n, column in enumerate(columns)
    ]
    shown = _shown(columns, needs, width)
    excess = _width(needs, shown) - width
    table = plain_table(title)
    for n in shown:
        if columns[n].folds and excess > 0:
            narrowed = max(SHORTEST, needs[n] - excess)
            excess, needs[n] = excess - (needs[n] - narrowed), min(needs[n], narrowed)
        justify: Literal["right", "left"] = "right" if columns[n].right else "left"
        table.add_column(columns[n].title, justify=justify, width=needs[n], overflow="fold")
    for row in rows:
        table.add_row(*(row[n] for n in shown))
    table.width = _width(needs, shown)
    return table


def _shown(columns: Sequence[Column], needs: Sequence[int], width: int) -> list[int]:
    """Places of the columns that fit; those of one rank leave together."""
    shown = list(range(len(columns)))
    least = [min(n, COMFORTABLE) if c.folds else n for n, c in zip(needs, columns, strict=True)]
    while _width(least, shown) > width:
        rank = max(columns[n].rank for n in shown)
        if rank == 0:
            break
        shown = [n for n in shown if columns[n].rank < rank]
    return shown


def _width(needs: Sequence[int], shown: Sequence[int]) -> int:
    return sum(needs[n] + GAP for n in shown) - GAP
