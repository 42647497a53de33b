"""The alerts we ship: valid, tested by promtool, about metrics that exist, with a runbook each."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import monitors
from limnograph import self_metrics
from limnograph.paths import DASHBOARDS
from tests.programs import promtool

FOLDER = DASHBOARDS / "prometheus"
RULES = FOLDER / "limnograph.rules.yml"
RUNBOOKS = FOLDER / "runbooks.md"
DECLARED = {m.name for monitor in monitors.ALL for m in monitor.metrics} | {
    m.name for m in self_metrics.ALL
}


def alerts() -> list[dict[str, Any]]:
    document = yaml.safe_load(RULES.read_text())
    return [rule for group in document["groups"] for rule in group["rules"]]


each_alert = pytest.mark.parametrize("alert", alerts(), ids=lambda alert: str(alert["alert"]))


def test_promtool_finds_nothing_wrong_with_the_rules() -> None:
    result = promtool("check", "rules", "--lint-fatal", RULES)
    assert result.returncode == 0, result.stdout.decode()


def test_the_rules_fire_and_end_when_they_should() -> None:
    result = promtool("test", "rules", FOLDER / "limnograph.rules.test.yml")
    assert result.returncode == 0, result.stdout.decode()


def test_every_alert_is_tested_both_firing_and_silent() -> None:
    document = yaml.safe_load((FOLDER / "limnograph.rules.test.yml").read_text())
    tested: dict[str, set[bool]] = {}
    for case in (case for test in document["tests"] for case in test["alert_rule_test"]):
        tested.setdefault(case["alertname"], set()).add(bool(case["exp_alerts"]))
    assert tested == {alert["alert"]: {True, False} for alert in alerts()}


@each_alert
def test_an_alert_is_complete(alert: dict[str, Any]) -> None:
    assert alert["alert"].startswith("Lakehouse")
    assert alert["labels"]["severity"] in {"info", "warning", "critical"}
    assert {"for", "keep_firing_for"} <= alert.keys()
    assert {"summary", "description", "runbook_url"} == alert["annotations"].keys()


@each_alert
def test_an_alert_is_about_metrics_that_we_export(alert: dict[str, Any]) -> None:
    names = set(re.findall(r"lakehouse_\w+", alert["expr"]))
    assert names
    assert names <= DECLARED


@each_alert
def test_an_alert_has_its_runbook(alert: dict[str, Any]) -> None:
    path, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    assert Path("dashboards/prometheus/runbooks.md") == Path(path)
    headings = re.findall(r"^## (\w+)$", RUNBOOKS.read_text(), re.MULTILINE)
    assert [heading for heading in headings if heading.lower() == anchor] == [alert["alert"]]
