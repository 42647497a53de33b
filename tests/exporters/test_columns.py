"""Tables on terminals of any width."""

from io import StringIO

from rich.console import Console

from exporters.columns import Column, fitted

COLUMNS = (
    Column("Name", folds=True),
    Column("Rows", right=True),
    Column("Size", rank=2, right=True),
    Column("Owner", rank=1),
)
ROWS = [
    ["main.bronze.posts_of_the_last_year", "1,234,567", "9.88 MB", "ingest"],
    ["posts", "7", "1 kB", "search"],
]


def lines(width: int) -> list[str]:
    console = Console(file=StringIO(), width=width, color_system=None)
    with console.capture() as capture:
        console.print(fitted(COLUMNS, ROWS, width), crop=False)
    return [line.rstrip() for line in capture.get().splitlines()]


def test_a_wide_terminal_has_every_column() -> None:
    assert lines(80) == [
        "Name                                     Rows     Size  Owner",
        "──────────────────────────────────────────────────────────────",
        "main.bronze.posts_of_the_last_year  1,234,567  9.88 MB  ingest",
        "posts                                       7     1 kB  search",
    ]


def test_a_name_folds_before_columns_go() -> None:
    assert lines(52) == [
        "Name                           Rows     Size  Owner",
        "────────────────────────────────────────────────────",
        "main.bronze.posts_of_the  1,234,567  9.88 MB  ingest",
        "_last_year",
        "posts                             7     1 kB  search",
    ]


def test_the_greatest_rank_goes_first() -> None:
    assert lines(50)[0].split() == ["Name", "Rows", "Owner"]
    assert lines(40)[0].split() == ["Name", "Rows"]


def test_what_does_not_fit_at_all_is_wider_and_whole() -> None:
    assert lines(10)[2].split() == ["main.bronze.", "1,234,567"]
