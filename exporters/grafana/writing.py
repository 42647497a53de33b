"""The dashboards as the text of their files."""

from pathlib import Path

from exporters.grafana.one_table import one_table
from exporters.grafana.overview import overview
from exporters.grafana.sdk import JSONEncoder, dashboard, models

FOLDER = Path(__file__).parents[2] / "dashboards" / "grafana"


def documents() -> dict[str, str]:
    """JSON by the name of its file: sorted keys, the same each time."""
    encoder = JSONEncoder(sort_keys=True, indent=2)
    boards = (finished(board) for board in (overview(), one_table()))
    return {f"{board.uid}.json": f"{encoder.encode(board)}\n" for board in boards}


def finished(board: dashboard.Dashboard) -> models.Dashboard:
    """The built dashboard, its panels numbered, its links and annotations in full view.

    The SDK leaves panels without a number, and puts the others into a menu of Grafana 13.
    """
    built = board.build()
    for number, panel in enumerate(built.panels or (), start=1):
        panel.id_val = number
    for link in built.links or ():
        link.placement = ""
    for annotation in built.annotations.list_val or ():
        annotation.placement = ""
    return built


def write(folder: Path) -> list[Path]:
    """Write every dashboard into a folder, and remove those that are none any more."""
    made = {folder / name: text for name, text in documents().items()}
    for stale in set(folder.glob("*.json")) - made.keys():
        stale.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in made.items():
        file.write_text(text, encoding="utf-8")
    return list(made)
