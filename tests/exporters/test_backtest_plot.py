"""The drawing of a backtest."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest

from exporters.backtest_plot import plotted
from tests.exporters.test_backtest_text import LEARNING, document, point

pytestmark = pytest.mark.slow  # matplotlib takes its time

SOME = (
    LEARNING,
    point("2026-03-01T23:00:00Z", 510.0),
    point("2026-03-02T23:00:00Z", None),
    point("2026-03-03T23:00:00Z", 100.0, flag=True, reason="<b>low</b>"),
    point("2026-03-04T23:00:00Z", 500.0, lower=None),
)


class Tags(HTMLParser):
    """The names of all elements of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("form", ["png", "svg", "html"])
def test_the_same_document_gives_the_same_bytes(form: str) -> None:
    told = document(*SOME)
    assert plotted(told, form) == plotted(told, form)


def test_a_png_is_one() -> None:
    assert plotted(document(*SOME), "png").startswith(b"\x89PNG\r\n\x1a\n")


def test_an_svg_is_well_formed_and_says_nothing_of_when_or_by_what_it_was_made() -> None:
    drawn = plotted(document(*SOME, source="<a> & $b_{$"), "svg").decode()
    assert ElementTree.fromstring(drawn).tag == "{http://www.w3.org/2000/svg}svg"
    assert "metadata" not in drawn
    assert not re.search(r"<dc:|matplotlib \d|20\d\d-\d\d-\d\dT", drawn.lower())


def test_a_page_holds_the_drawing_and_a_table_of_the_flagged_points() -> None:
    page = plotted(document(*SOME, source="<script>alert(1)</script>"), "html").decode()
    found = Tags(page)
    assert {"svg", "table", "h1"} <= set(found.names)
    assert not {"script", "b", "link", "img", "iframe"} & set(found.names)
    assert "Backtest of <script>alert(1)</script>" in found.text
    assert "2026-03-04 00:00" in found.text
    assert "<b>low</b>" in found.text
    references = re.findall(r"(?:src|href)\s*=\s*[\"'](.)", page)
    assert set(references) == {"#"}  # nothing but parts of the drawing itself


def test_a_page_without_flagged_points_has_no_table() -> None:
    page = Tags(plotted(document(*SOME[:2]), "html").decode())
    assert "table" not in page.names
    assert "nothing was flagged in 1 judged point" in page.text


@pytest.mark.parametrize(
    "told",
    [
        document(cadence_seconds=None),
        document(point("2026-03-02T23:00:00Z", 1.0)),
        document(LEARNING),
        document(point("2026-03-02T23:00:00Z", None, state="learning", lower=None, upper=None)),
        document(
            *(point(f"2026-03-0{n}T23:00:00Z", 1.0, lower=None, upper=None) for n in range(1, 5))
        ),
        document(point("2026-03-02T23:00:00Z", 1e300), point("2026-03-03T23:00:00Z", -1e300)),
    ],
    ids=["nothing", "one", "learning", "unknown", "no bounds", "enormous"],
)
def test_strange_series_are_drawn_too(told: dict[str, Any]) -> None:
    assert b"<svg" in plotted(told, "svg")


def test_without_matplotlib_the_error_names_the_extra() -> None:
    code = (
        "import sys\n"
        "sys.modules['matplotlib'] = None\n"
        "from exporters.backtest_plot import plotted\n"
        "from monitors.errors import LimnographError\n"
        "try:\n"
        "    plotted({}, 'svg')\n"
        "except LimnographError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "a plot needs matplotlib; pip install 'limnograph[plot]'\n"
