"""The committed dashboards, taken apart for the tests."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import monitors
from checks import metrics as check_metrics
from limnograph import incident_metrics, self_metrics
from limnograph.paths import DASHBOARDS

FOLDER = DASHBOARDS / "grafana"
BOARDS: dict[str, dict[str, Any]] = {
    file.stem: json.loads(file.read_text(encoding="utf-8"))
    for file in sorted(FOLDER.glob("*.json"))
}
METRICS = {
    metric.name: metric
    for metric in (
        *(metric for monitor in monitors.ALL for metric in monitor.metrics),
        *check_metrics.ALL,
        *self_metrics.ALL,
        *incident_metrics.ALL,
    )
}
METRIC = re.compile(r"\blakehouse_\w+")
VARIABLE = re.compile(r"\$(\w+)|\$\{(\w+)[^}]*\}")
SELECTOR = re.compile(r"\blakehouse_\w+\{([^}]*)\}")


@dataclass(frozen=True, slots=True)
class Expression:
    """A PromQL expression and where it stands."""

    board: str
    panel: str
    ref: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.board} / {self.panel} / {self.ref}"

    def filled(self, values: Mapping[str, str]) -> str:
        """The expression with the values of its variables; KeyError where one is not given."""
        return VARIABLE.sub(lambda match: values[match[1] or match[2]], self.text)


def panels(board: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every panel that shows something."""
    for panel in board["panels"]:
        yield from panel.get("panels", ())
        if panel["type"] != "row":
            yield panel


def expressions() -> list[Expression]:
    """Those of all panels of all dashboards."""
    return [
        Expression(uid, panel["title"], target["refId"], target["expr"])
        for uid, board in BOARDS.items()
        for panel in panels(board)
        for target in panel["targets"]
    ]


def annotations() -> list[Expression]:
    """Those of all annotations of all dashboards."""
    return [
        Expression(uid, annotation["name"], "annotation", annotation["expr"])
        for uid, board in BOARDS.items()
        for annotation in board["annotations"]["list"]
    ]


def variables(board: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {variable["name"]: variable for variable in board["templating"]["list"]}
