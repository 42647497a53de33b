"""Draws a backtest: values, what was expected, the band, and the flagged points.

Takes the same JSON document that `--output json` prints. Needs matplotlib, which is an extra.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from checks.volume.wording import between, number
from exporters.backtest_text import shown, summary_lines
from exporters.wording import UNKNOWN
from monitors.errors import LimnographError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMS = ("png", "svg", "html")

_INK, _BAND, _EXPECTED, _ALARM, _LEARNING = "#1f2933", "#9fc5e8", "#2f6fab", "#c0182b", "#d9d9d9"
_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    # The ids of an SVG are random without a salt, and its text would depend on installed fonts.
    "svg.hashsalt": "limnograph",
    "svg.fonttype": "path",
    "path.simplify": True,
}
# A date or a version in a file would make equal plots differ.
_NO_METADATA = {
    "svg": dict.fromkeys(("Date", "Creator", "Format", "Type")),
    "png": {"Software": None},
}
_TITLE = 110  # characters
_WRITTEN_OUT = 1e12
_ROWS = 500  # of the table of flagged points


def plotted(document: Mapping[str, Any], form: str) -> bytes:
    """The plot as a file of one of `FORMS`; the same document gives the same bytes.

    LimnographError where matplotlib is missing.
    """
    if form == "html":
        return _page(document).encode()
    return _drawn(document, form)


def _drawn(document: Mapping[str, Any], form: str) -> bytes:
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise LimnographError("a plot needs matplotlib", "pip install 'limnograph[plot]'") from None
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(12, 5), dpi=120, layout="constrained")
        _draw(document, figure)
        written = io.BytesIO()
        figure.savefig(written, format=form, metadata=_NO_METADATA[form])
    return written.getvalue()


def _draw(document: Mapping[str, Any], figure: "Figure") -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import FuncFormatter

    zone = ZoneInfo(document["time_zone"])
    points = sorted(document["points"], key=lambda p: datetime.fromisoformat(p["timestamp"]))
    times = [datetime.fromisoformat(point["timestamp"]) for point in points]
    axes = figure.add_subplot()
    axes.xaxis_date(zone)
    if points:
        _draw_learning(axes, times, points)
        _draw_band(axes, times, points)
        _draw_values(axes, times, points)
        locator = AutoDateLocator(tz=zone)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_locator(locator)
        formatter = ConciseDateFormatter(locator, tz=zone)  # type: ignore[no-untyped-call]
        axes.xaxis.set_major_formatter(formatter)
        axes.margins(x=0.01)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _tick(value)))
    axes.set_xlabel(f"time ({document['time_zone']})")
    axes.grid(visible=True, axis="y", linewidth=0.5, alpha=0.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    *_, last = summary_lines(document)
    axes.set_title(_plain(_end_of(document["source"])), loc="left", fontweight="bold", pad=20)
    axes.annotate(
        _plain(last),
        (0, 1),
        xytext=(0, 6),
        xycoords="axes fraction",
        textcoords="offset points",
        color=_INK,
    )
    if points:
        # Below the plot, where it can cover no data.
        figure.legend(loc="outside lower center", ncols=5, frameon=False)


def _tick(value: float) -> str:
    return number(value) if abs(value) < _WRITTEN_OUT else f"{value:.3g}"


def _plain(text: str) -> str:
    """Text in which nothing begins a formula."""
    return text.replace("$", r"\$")


def _end_of(source: str) -> str:
    return source if len(source) <= _TITLE else f"…{source[-_TITLE:]}"


def _draw_learning(
    axes: "Axes", times: Sequence[datetime], points: Sequence[Mapping[str, Any]]
) -> None:
    learned = [point["state"] == "learning" for point in points]
    if any(learned):
        end = len(learned) - learned[::-1].index(True)
        last = times[min(end, len(times) - 1)]
        axes.axvspan(times[0], last, color=_LEARNING, alpha=0.5, lw=0, label="learning")  # type: ignore[arg-type]


def _draw_band(
    axes: "Axes", times: Sequence[datetime], points: Sequence[Mapping[str, Any]]
) -> None:
    judged = [None if p["state"] == "learning" else p for p in points]
    values = [point["value"] for point in points if point["value"] is not None]
    # A side that is not judged has no bound: the band ends where the data do.
    low, high = min(values, default=0.0), max(values, default=0.0)
    lower = [_level(p, "lower", low) for p in judged]
    upper = [_level(p, "upper", high) for p in judged]
    if any(p and (p["lower"] is not None or p["upper"] is not None) for p in judged):
        axes.fill_between(
            times,  # type: ignore[arg-type]
            lower,
            upper,
            color=_BAND,
            alpha=0.55,
            lw=0,
            label="within bounds",
            where=[value == value for value in lower],
        )
    expected = [_level(p, "expected", float("nan")) for p in judged]
    if any(value == value for value in expected):
        axes.plot(times, expected, color=_EXPECTED, lw=0.9, ls="--", label="expected")  # type: ignore[arg-type]


def _level(point: Mapping[str, Any] | None, name: str, otherwise: float) -> float:
    if point is None or (point["lower"] is None and point["upper"] is None):
        return float("nan")
    return otherwise if point[name] is None else float(point[name])


def _draw_values(
    axes: "Axes", times: Sequence[datetime], points: Sequence[Mapping[str, Any]]
) -> None:
    values = [float("nan") if p["value"] is None else float(p["value"]) for p in points]
    dots = "." if len(points) <= 200 else ""
    axes.plot(times, values, color=_INK, lw=0.9, marker=dots, ms=3, label="value")  # type: ignore[arg-type]
    flagged = [n for n, point in enumerate(points) if point["flag"]]
    if flagged:
        axes.plot(
            [times[n] for n in flagged],  # type: ignore[arg-type]
            [values[n] for n in flagged],
            color=_ALARM,
            ls="",
            marker="o",
            ms=5,
            mfc="none",
            mew=1.4,
            label="flagged",
        )


def _page(document: Mapping[str, Any]) -> str:
    """A page that needs nothing else: the drawing, and a table of the flagged points."""
    drawing = _drawn(document, "svg").decode()
    title = escape(f"Backtest of {document['source']}")
    lines = "\n".join(f"<p>{escape(line)}</p>" for line in summary_lines(document))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; color: {_INK}; max-width: 1200px; \
margin: 2em auto; padding: 0 1em; }}
svg {{ width: 100%; height: auto; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; }}
th, td {{ text-align: right; padding: .2em .8em; border-bottom: 1px solid #ddd; }}
th:first-child, td:first-child, th:last-child, td:last-child {{ text-align: left; }}
</style>
</head>
<body>
<h1>{title}</h1>
{lines}
{drawing[drawing.index("<svg") :]}
{"".join(_table(document))}</body>
</html>
"""


def _table(document: Mapping[str, Any]) -> Iterator[str]:
    flagged = [point for point in document["points"] if point["flag"]]
    flagged.sort(key=lambda point: datetime.fromisoformat(point["timestamp"]))
    if not flagged:
        return
    zone = document["time_zone"]
    heads = (f"Time ({zone})", "Value", "Expected", "Range", "Score", "State", "Why")
    yield "<h2>Flagged points</h2>\n"
    if len(flagged) > _ROWS:
        yield f"<p>the newest {_ROWS} of {len(flagged):,}</p>\n"
    yield f"<table>\n<tr>{''.join(f'<th>{escape(head)}</th>' for head in heads)}</tr>\n"
    for point in flagged[-_ROWS:]:
        cells = (
            shown(point["timestamp"], zone),
            _number(point["value"]),
            _number(point["expected"]),
            between(point["lower"], point["upper"]),
            f"{point['score']:.2f}",
            point["state"],
            point["reason"],
        )
        yield f"<tr>{''.join(f'<td>{escape(str(cell))}</td>' for cell in cells)}</tr>\n"
    yield "</table>\n"


def _number(value: float | None) -> str:
    return UNKNOWN if value is None else number(value)
