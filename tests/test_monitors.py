"""What every monitor promises: its name, its metrics, its configuration, its place in `ALL`."""

import importlib
import math
import re

import pytest

import monitors
from limnograph import self_metrics
from monitors.core import PREFIX, TABLE_LABELS, Metric, Monitor
from tests.house import ROOT

SHARED = {"__init__", "core", "errors", "secrets"}
"""Modules of the folder that are no monitors."""
METRICS = [m for monitor in monitors.ALL for m in monitor.metrics] + list(self_metrics.ALL)
BASE_UNITS = {"seconds", "bytes", "ratio"}
SYNONYMS = re.compile(r"_(milliseconds?|ms|minutes?|hours?|days?|kb|mb|gb|percent|pct)(_|$)")

each_monitor = pytest.mark.parametrize("monitor", monitors.ALL, ids=lambda m: str(m.name))
each_metric = pytest.mark.parametrize("metric", METRICS, ids=lambda m: str(m.name))


def test_all_lists_every_monitor_of_the_folder() -> None:
    files = {path.stem for path in (ROOT / "monitors").glob("*.py")} - SHARED
    assert [monitor.name for monitor in monitors.ALL] == list(
        dict.fromkeys(monitor.name for monitor in monitors.ALL)
    )
    assert {monitor.name for monitor in monitors.ALL} == files


def test_metric_names_are_unique() -> None:
    names = [metric.name for metric in METRICS]
    assert sorted(names) == sorted(set(names))


def test_a_table_that_is_read_well_costs_at_most_fourteen_series() -> None:
    series = {"change": 3, "source": 2, "reason": 0}
    shown = [m for m in METRICS if m.labels[:3] == TABLE_LABELS and not m.opt_in]
    assert sum(math.prod(series[label] for label in m.labels[3:]) for m in shown) <= 14


@each_monitor
def test_a_monitor_is_the_file_of_its_name_and_says_what_it_reads(monitor: Monitor) -> None:
    module = importlib.import_module(f"monitors.{monitor.name}")
    assert monitor is module.MONITOR
    assert len((module.__doc__ or "").split()) > 20
    assert re.search(r"\babsence\b", module.__doc__ or "", re.IGNORECASE)
    assert re.search(r"\blag\b", module.__doc__ or "", re.IGNORECASE)
    assert is_sentence(monitor.summary)


@each_monitor
def test_its_configuration_explains_itself_and_refuses_unknown_fields(monitor: Monitor) -> None:
    assert is_sentence(monitor.config.__doc__ or "")
    assert monitor.config.model_config.get("extra") == "forbid"
    assert monitor.config() == monitor.config.model_validate({})
    for field in monitor.config.model_fields.values():
        assert is_sentence(field.description or "")


@each_monitor
def test_its_metrics_begin_with_the_labels_of_its_subject(monitor: Monitor) -> None:
    for metric in monitor.metrics:
        if monitor.scope == "table":
            assert metric.labels[: len(TABLE_LABELS)] == TABLE_LABELS
            assert metric.name.startswith(f"{PREFIX}table_")


@each_metric
def test_a_metric_is_named_and_explained(metric: Metric) -> None:
    assert re.fullmatch(PREFIX + r"[a-z0-9]+(_[a-z0-9]+)*", metric.name)
    assert is_sentence(metric.help)
    assert metric.rollup == "sum" or metric.kind == "gauge"


@each_metric
def test_counters_and_only_they_end_with_total(metric: Metric) -> None:
    assert (metric.kind == "counter") == metric.name.endswith("_total")
    # OpenMetrics and Prometheus make these names themselves.
    assert not metric.name.endswith(("_bucket", "_count", "_sum", "_created"))


@each_metric
def test_units_are_base_units_and_stand_in_the_name(metric: Metric) -> None:
    assert not SYNONYMS.search(metric.name)
    words = metric.name.removesuffix("_total").split("_")
    if metric.unit in BASE_UNITS:
        assert words[-1] == metric.unit
    else:
        assert not BASE_UNITS & {words[-1]}


@each_metric
def test_labels_are_distinct_plain_names(metric: Metric) -> None:
    assert len(set(metric.labels)) == len(metric.labels)
    for label in metric.labels:
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", label)
        assert label not in {"le", "quantile", "job", "instance"}


def is_sentence(text: str) -> bool:
    """Begins with a capital or a digit, ends with a full stop, and is one paragraph."""
    first = text.strip()[:1]
    return (first.isupper() or first.isdigit()) and text.strip().endswith(".")
