"""`limnograph monitors` and `limnograph metrics`: what can be measured, without configuration."""

from typing import TYPE_CHECKING

from limnograph.cli.console import answer, rendered
from limnograph.cli.documents import dumped
from limnograph.cli.options import Debug, NoColor, Output, OutputFormat, ReportFormat, ReportOutput

if TYPE_CHECKING:
    from monitors.core import Metric

MONITOR_EXAMPLES = """\b
Examples:
  limnograph monitors                  every monitor and its metrics
  limnograph monitors --output json    the same for a program
"""
METRIC_EXAMPLES = """\b
Examples:
  limnograph metrics                        every metric that /metrics may show
  limnograph metrics --output markdown      a reference page
  limnograph metrics -o json | jq -r '.metrics[].name'
"""


def monitors(
    output: OutputFormat = Output.TABLE, no_color: NoColor = False, debug: Debug = False
) -> None:
    """List the monitors and their metrics."""
    from exporters.catalogue import monitors_json, monitors_text
    from limnograph.settings.known import known_monitors

    found = list(known_monitors().values())
    if output is Output.JSON:
        answer(dumped(monitors_json(found)))
    else:
        answer(rendered(lambda console: monitors_text(found, console)))


def metrics(
    output: ReportFormat = ReportOutput.TABLE, no_color: NoColor = False, debug: Debug = False
) -> None:
    """List the metrics that may be exposed.

    Name, type, labels and help, as declared; never values.
    """
    from exporters.catalogue import metrics_json, metrics_markdown, metrics_text

    found = declared_metrics()
    if output is ReportOutput.JSON:
        answer(dumped(metrics_json(found)))
    elif output is ReportOutput.MARKDOWN:
        answer(metrics_markdown(found))
    else:
        answer(rendered(lambda console: metrics_text(found, console)))


def declared_metrics() -> "list[Metric]":
    """The metrics of every monitor and of checks, then those about limnograph itself."""
    from checks import metrics as check_metrics
    from limnograph import incident_metrics, self_metrics
    from limnograph.settings.known import known_monitors

    promised = [metric for monitor in known_monitors().values() for metric in monitor.metrics]
    return [*promised, *check_metrics.ALL, *self_metrics.ALL, *incident_metrics.ALL]
