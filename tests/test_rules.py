"""The rules we ship: valid, tested by promtool, about metrics that exist, with a runbook each."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

import monitors
from checks import metrics as check_metrics
from limnograph import incident_metrics, self_metrics
from limnograph.paths import DASHBOARDS
from tests.house import ROOT
from tests.programs import promtool

FOLDER = DASHBOARDS / "prometheus"
RUNBOOKS = DASHBOARDS / "runbooks.md"
TESTS = sorted(FOLDER.glob("*_test.yml"))
RULES = sorted(set(FOLDER.glob("*.yml")) - set(TESTS))
DECLARED = {m.name for monitor in monitors.ALL for m in monitor.metrics} | {
    m.name for m in (*check_metrics.ALL, *self_metrics.ALL, *incident_metrics.ALL)
}
OPERATIONS = {"age", "avg1d", "increase1d", "max", "sum", "topk1"}


def rules() -> list[dict[str, Any]]:
    documents = [yaml.safe_load(file.read_text()) for file in RULES]
    return [r for document in documents for group in document["groups"] for r in group["rules"]]


def scenarios() -> list[dict[str, Any]]:
    return [test for file in TESTS for test in yaml.safe_load(file.read_text())["tests"]]


ALERTS = [rule for rule in rules() if "alert" in rule]
RECORDS = [rule for rule in rules() if "record" in rule]
each_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: str(alert["alert"]))
each_rule = pytest.mark.parametrize(
    "rule", rules(), ids=lambda rule: str(rule.get("alert") or rule["record"])
)


def test_the_folder_holds_rule_files_each_with_its_test_and_nothing_else() -> None:
    assert {f.name for f in FOLDER.iterdir()} == {f.name for f in (*RULES, *TESTS)}
    assert {f.name for f in TESTS} == {f"{f.stem}_test.yml" for f in RULES}


@pytest.mark.parametrize("file", RULES, ids=lambda file: file.name)
def test_promtool_finds_nothing_wrong_with_the_rules(file: Path) -> None:
    result = promtool("check", "rules", "--lint-fatal", file)
    assert result.returncode == 0, result.stdout.decode()


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.name)
def test_the_rules_fire_and_end_when_they_should(file: Path) -> None:
    result = promtool("test", "rules", file)
    assert result.returncode == 0, result.stdout.decode()


def test_every_alert_is_tested_both_firing_and_silent() -> None:
    tested: dict[str, set[bool]] = {}
    for case in (case for test in scenarios() for case in test["alert_rule_test"]):
        tested.setdefault(case["alertname"], set()).add(bool(case["exp_alerts"]))
    assert tested == {alert["alert"]: {True, False} for alert in ALERTS}


def test_every_recorded_series_is_tested_or_read_by_a_rule() -> None:
    read = " ".join(rule["expr"] for rule in rules())
    asked = " ".join(c["expr"] for test in scenarios() for c in test.get("promql_expr_test", ()))
    for rule in RECORDS:
        assert rule["record"] in f"{read} {asked}"


def test_rules_and_what_they_record_have_names_of_their_own() -> None:
    names = [rule.get("alert") or rule["record"] for rule in rules()]
    assert len(names) == len(set(names))


@each_alert
def test_an_alert_is_complete(alert: dict[str, Any]) -> None:
    assert alert["alert"].startswith("Lakehouse")
    severity = alert["labels"]["severity"]
    assert severity in {"info", "warning", "critical"} or "$labels.severity" in severity
    assert {"for", "keep_firing_for"} <= alert.keys()
    assert {"summary", "description", "runbook_url"} == alert["annotations"].keys()


@each_rule
def test_a_rule_is_about_metrics_that_we_export(rule: dict[str, Any]) -> None:
    recorded = {record["record"] for record in RECORDS}
    named = set(re.findall(r"[\w:]*lakehouse_[\w:]+", rule["expr"]))
    assert named
    assert named - recorded <= DECLARED


@each_rule
def test_a_rule_gives_one_answer_for_two_services(rule: dict[str, Any]) -> None:
    # The absence of a service is about one instance, and says which.
    if rule.get("alert") != "LakehouseMetricsAbsent":
        raw = re.sub(r"\w+:lakehouse_\w+:\w+", "", rule["expr"])
        assert ("lakehouse_" in raw) is ("without (instance" in raw)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: str(record["record"]))
def test_a_recorded_name_says_level_metric_and_operations(record: dict[str, Any]) -> None:
    level, metric, operation = record["record"].split(":")
    assert level in {"table", "check", "state"}
    # A rate or an increase is no counter any more, so its name does not end in `_total`.
    assert {metric, f"{metric}_total"} & DECLARED
    assert ("increase" in operation) is (f"{metric}_total" in DECLARED)
    assert operation in OPERATIONS


@each_alert
def test_an_alert_has_its_runbook(alert: dict[str, Any]) -> None:
    path, _, anchor = alert["annotations"]["runbook_url"].partition("#")
    assert ROOT / path == RUNBOOKS
    headings = re.findall(r"^## (\w+)$", RUNBOOKS.read_text(), re.MULTILINE)
    assert [heading for heading in headings if heading.lower() == anchor] == [alert["alert"]]


def test_no_runbook_is_about_an_alert_that_is_gone() -> None:
    headings = re.findall(r"^## (\w+)$", RUNBOOKS.read_text(), re.MULTILINE)
    assert headings == [alert["alert"] for alert in ALERTS]
