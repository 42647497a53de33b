"""What Prometheus is shown: which series, which are left out first, and how a line is written.

Everything here is pure. `exporters.exposition` keeps the lines and joins them.
"""

from collections.abc import Callable, Iterable, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.utils import floatToGoString

from monitors.core import PREFIX, Metric

_go_float: Callable[[float], str] = floatToGoString

SERIES_DROPPED = Metric(
    PREFIX + "series_dropped_total",
    "Series left out of this page since the start, by reason: max_series, or undeclared (stored "
    "under a name or labels that no installed monitor declares).",
    kind="counter",
    labels=("reason",),
    unit="series",
    rollup="sum",
)


Sample = tuple[str, tuple[str, ...], float]
"""One stored value: the metric's exposed name, its label values as declared, the value.

A plain tuple, since pages have hundreds of thousands and the garbage collector looks at each object
of any other kind again and again, while every thread waits.
"""


def visible(samples: Iterable[Sample], *, current: bool) -> tuple[Sample, ...]:
    """The samples to show: all while the reading is current, else its counters and timestamps.

    A gauge that can no longer be read would show its last value for ever; a counter and a
    timestamp stay true.
    """
    if current:
        return tuple(samples)
    return tuple(s for s in samples if s[0].endswith(("_total", "_timestamp_seconds")))


def over_budget(
    series: Mapping[str, int], metrics: Iterable[Metric], limit: int | None
) -> tuple[str, ...]:
    """Names of the families to leave out, whole, so that the others have at most `limit` series.

    The greatest drop_rank goes first; among equals the alphabet decides.
    """
    excess = sum(series.values()) - limit if limit is not None else 0
    dropped: list[str] = []
    for metric in sorted(metrics, key=lambda m: (-m.drop_rank, m.name)):
        if excess <= 0:
            break
        if count := series.get(metric.name, 0):
            dropped.append(metric.name)
            excess -= count
    return tuple(dropped)


def line_writer(metric: Metric) -> Callable[[tuple[str, ...], float], str]:
    """A function from label values and a value to one line, the same in both formats.

    Labels are sorted by name and floats written as prometheus_client does.
    """
    order = sorted(range(len(metric.labels)), key=metric.labels.__getitem__)
    pairs = ",".join(f'{metric.labels[i]}="%s"' for i in order)
    head = f"{metric.name}{{{pairs}}} " if pairs else f"{metric.name} "

    def write(labels: tuple[str, ...], value: float) -> str:
        return f"{head % tuple(_escaped(labels[i]) for i in order)}{_go_float(value)}\n"

    return write


def text_head(metric: Metric) -> bytes:
    """HELP and TYPE of a family in the text format 0.0.4."""
    text = metric.help.replace("\\", r"\\").replace("\n", r"\n")
    return f"# HELP {metric.name} {text}\n# TYPE {metric.name} {metric.kind}\n".encode()


def openmetrics_head(metric: Metric) -> bytes:
    """HELP, TYPE and UNIT of a family in OpenMetrics 1.0, where `_total` belongs to the sample."""
    name, unit = family_name(metric), family_unit(metric)
    head = f"# HELP {name} {_escaped(metric.help)}\n# TYPE {name} {metric.kind}\n"
    return (head + (f"# UNIT {name} {unit}\n" if unit else "")).encode()


def family_name(metric: Metric) -> str:
    """The OpenMetrics name of a family: a counter's without `_total`."""
    return metric.name.removesuffix("_total") if metric.kind == "counter" else metric.name


def family_unit(metric: Metric) -> str:
    """The unit, where it ends the family's name: OpenMetrics allows no other."""
    return metric.unit if metric.unit and family_name(metric).endswith(f"_{metric.unit}") else ""


def family(metric: Metric, samples: Iterable[Sample]) -> GaugeMetricFamily | CounterMetricFamily:
    """The same family as a value of prometheus_client."""
    kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
    result = kind(metric.name, metric.help, labels=metric.labels, unit=family_unit(metric))
    for _, labels, value in samples:
        result.add_metric(labels, value)
    return result


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
