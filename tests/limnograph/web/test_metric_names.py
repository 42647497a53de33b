"""The names of everything that we declare, judged by promtool and by the rules of exporters."""

import pytest

import monitors
from exporters.exposition import Exposition, Format
from limnograph import self_metrics
from monitors.core import Metric
from tests.programs import promtool

DECLARED = [m for monitor in monitors.ALL for m in monitor.metrics] + list(self_metrics.ALL)
TAKEN = {"type", "region", "zone", "cluster", "az", "dc", "owner", "customer", "stage", "service"}
TAKEN |= {"environment", "env", "job", "instance", "le", "quantile"}
"""Label names that targets use, or that Prometheus reserves."""


def full_page() -> bytes:
    """A page with two series of every family, opt-in ones included."""
    opt_in = [metric.name for metric in DECLARED if metric.opt_in]
    exposition = Exposition(DECLARED, opt_in=opt_in)
    for subject in ("one", 'an "odd" \\ one'):
        samples = [(m.name, tuple(subject for _ in m.labels), 1.5) for m in DECLARED if m.labels]
        exposition.replace(subject, samples)
    exposition.replace("process", [(m.name, (), 1.5) for m in DECLARED if not m.labels])
    return exposition.render().body(Format.TEXT)


def test_promtool_finds_nothing_wrong_with_a_full_page() -> None:
    page = full_page()
    for metric in DECLARED:
        assert f"# TYPE {metric.name} {metric.kind}\n".encode() in page
    result = promtool("check", "metrics", stdin=page)
    assert (result.returncode, result.stdout.decode()) == (0, "")


def test_no_name_is_declared_twice() -> None:
    names = [metric.name for metric in DECLARED]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("metric", DECLARED, ids=lambda metric: str(metric.name))
def test_a_descriptor_is_well_formed(metric: Metric) -> None:
    assert metric.name.startswith("lakehouse_")
    assert metric.help.endswith(".")
    assert not TAKEN & set(metric.labels)
    assert len(set(metric.labels)) == len(metric.labels)


@pytest.mark.parametrize("metric", self_metrics.ALL, ids=lambda metric: str(metric.name))
def test_what_limnograph_says_of_itself_is_the_last_to_go(metric: Metric) -> None:
    others = [m.drop_rank for monitor in monitors.ALL for m in monitor.metrics]
    assert not metric.opt_in
    assert metric.drop_rank < min(others) or metric.name == "lakehouse_series_dropped_total"
