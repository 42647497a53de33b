"""What both dashboards have: their variables, annotations and links."""

from exporters.grafana.panels import SOURCE
from exporters.grafana.promql import CHECK, INCIDENT, latest
from exporters.grafana.sdk import dashboard, models

TAG = "lakehouse"
_SERVICES = "lakehouse_exporter_build_info"
_STEP = "60s"


def framed(title: str, uid: str, description: str, where: str = "") -> dashboard.Dashboard:
    """A dashboard without panels; `where` are label matchers of what its annotations are about."""
    return (
        dashboard.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG])
        .readonly()
        .refresh("1m")
        .time("now-24h", "now")
        .timezone("browser")
        .tooltip(models.DashboardCursorSync.CROSSHAIR)
        .with_variable(
            dashboard.DatasourceVariable("datasource").label("Data source").type("prometheus")
        )
        .with_variable(services("job", "Job", f"label_values({_SERVICES}, job)"))
        .with_variable(
            services("instance", "Instance", f'label_values({_SERVICES}{{job=~"$job"}}, instance)')
        )
        .annotation(_check_failures(where))
        .annotation(_incidents())
        .link(
            dashboard.DashboardLink("Lakehouse")
            .type(models.DashboardLinkType.DASHBOARDS)
            .as_dropdown(True)
            .tags([TAG])
            .include_vars(True)
            .keep_time(True)
        )
    )


def services(name: str, label: str, query: str, every: str = ".+") -> dashboard.QueryVariable:
    """A variable of many values; `every` is the pattern of all of them."""
    return variable(name, label, query).multi(True).include_all(True).all_value(every)


def variable(name: str, label: str, query: str) -> dashboard.QueryVariable:
    """A variable of one value, of those that Prometheus knows in the time that is shown."""
    return (
        dashboard.QueryVariable(name)
        .label(label)
        .query(query)
        .definition(query)
        .datasource(SOURCE)
        .refresh(models.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(models.VariableSort.ALPHABETICAL_ASC)
    )


def _check_failures(where: str) -> dashboard.AnnotationQuery:
    """When a check began to fail: it does, and a step earlier it did not."""
    status = ("lakehouse_check_status", 'state="fail"', where)
    now, then = latest(CHECK, *status), latest(CHECK, *status, before=_STEP)
    return _annotation("Check failures", "red", f"{now} == 1 unless {then} == 1").title_format(
        "{{check}} of {{table}} fails"
    )


def _incidents() -> dashboard.AnnotationQuery:
    """When there came to be more incidents of a severity than a step earlier."""
    incidents = ("lakehouse_incidents", 'state="open"')
    now, then = latest(INCIDENT, *incidents), latest(INCIDENT, *incidents, before=_STEP)
    return _annotation("Incidents", "purple", f"{now} > {then}").title_format(
        "An incident opened: {{severity}}"
    )


def _annotation(name: str, colour: str, expression: str) -> dashboard.AnnotationQuery:
    return (
        dashboard.AnnotationQuery()
        .name(name)
        .enable(True)
        .icon_color(colour)
        .datasource(SOURCE)
        .expr(expression)
        .step(_STEP)
    )
