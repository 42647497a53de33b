"""Panels of each type, as the two dashboards use them."""

from collections.abc import Mapping, Sequence
from typing import Any

from exporters.grafana import states
from exporters.grafana.sdk import (
    PromQueryFormat,
    common,
    common_models,
    dashboard,
    models,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
    units,
)

SOURCE = common_models.DataSourceRef(type_val="prometheus", uid="${datasource}")
TABLE_NAME = "{{catalog}} {{schema}}.{{table}}"
CHECK_NAME = f"{TABLE_NAME} {{{{check}}}}"
_TO_TABLE = (
    "/d/lakehouse-table?${datasource:queryparam}&${job:queryparam}&${instance:queryparam}"
    "&var-catalog=${%(catalog)s:percentencode}&var-schema=${%(schema)s:percentencode}"
    "&var-table=${%(table)s:percentencode}&${__url_time_range}"
)
_LABELS = ("catalog", "schema", "table")

Query = tuple[str, str]
"""An expression, and the name of its series or of its column."""


def stat_of(
    title: str,
    description: str,
    expression: str,
    *,
    unit: str = units.Short,
    colours: dashboard.ThresholdsConfig | None = None,
    mapping: models.ValueMapping | None = None,
    width: int = 3,
) -> stat.Panel:
    """One number as of now."""
    panel = (
        stat.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .unit(unit)
        .span(width)
        .height(4)
        .color_mode(common_models.BigValueColorMode.VALUE)
        .graph_mode(common_models.BigValueGraphMode.NONE)
        .reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
        .thresholds(colours or states.steps((None, states.BLUE)))
        .no_value("unknown")
        .with_target(_query(expression, "", "A").instant())
    )
    return panel.mappings([mapping]) if mapping else panel


def lines_of(
    title: str,
    description: str,
    *queries: Query,
    unit: str = units.Short,
    width: int = 12,
    colours: Mapping[str, str] | None = None,
    stacked: bool = False,
    link: bool = False,
    least: float | None = None,
) -> timeseries.Panel:
    """Numbers over time; `colours` are by the name of a series, `link` leads to its table."""
    panel = (
        timeseries.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .unit(unit)
        .span(width)
        .height(8)
        .line_width(1)
        .fill_opacity(30 if stacked else 0)
        .show_points(common_models.VisibilityMode.NEVER)
        .legend(_legend())
        .tooltip(common.VizTooltipOptions().mode(common_models.TooltipDisplayMode.MULTI))
        .targets([_query(expression, name, ref) for ref, (expression, name) in _lettered(queries)])
    )
    if stacked:
        panel.stacking(common.StackingConfig().mode(common_models.StackingMode.NORMAL).group("A"))
    if least is not None:
        panel.axis_soft_min(least)
    if link:
        panel.data_links([table_link("__field.labels")])
    for name, colour in (colours or {}).items():
        panel.override_by_name(name, [_fixed(colour)])
    return panel


def band_of(
    title: str, description: str, observed: str, lower: str, upper: str, *, width: int = 12
) -> timeseries.Panel:
    """What was observed, on the band of what would have passed."""
    panel = lines_of(
        title,
        description,
        (observed, "observed"),
        (lower, "lower bound"),
        (upper, "upper bound"),
        width=width,
        colours={"observed": states.BLUE},
    )
    bound = [
        _fixed(states.GREEN),
        models.DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [10, 10]}),
    ]
    filled = [
        models.DynamicConfigValue("custom.fillBelowTo", "lower bound"),
        models.DynamicConfigValue("custom.fillOpacity", 15),
    ]
    panel.override_by_name("lower bound", bound)
    return panel.override_by_name("upper bound", [*bound, *filled])


def timeline_of(
    title: str,
    description: str,
    query: Query,
    mapping: models.ValueMapping,
    *,
    width: int = 24,
    height: int = 10,
    link: bool = False,
) -> statetimeline.Panel:
    """States over time, a line for each series."""
    expression, name = query
    panel = (
        statetimeline.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .unit(units.Short)
        .span(width)
        .height(height)
        .mappings([mapping])
        .color_scheme(dashboard.FieldColor().mode(models.FieldColorModeId.THRESHOLDS))
        .thresholds(states.steps((None, states.GREY)))
        .merge_values(True)
        .show_value(common_models.VisibilityMode.NEVER)
        .row_height(0.8)
        .fill_opacity(80)
        .line_width(0)
        .per_page(30)
        .legend(_legend())
        .with_target(_query(expression, name, "A"))
    )
    return panel.data_links([table_link("__field.labels")]) if link else panel


def table_of(
    title: str,
    description: str,
    *queries: Query,
    units_by_column: Mapping[str, str],
    mappings: Mapping[str, models.ValueMapping] | None = None,
    width: int = 24,
    height: int = 10,
    sort: str = "",
    link: bool = True,
) -> table.Panel:
    """One row for each set of labels and one column for each query, as of now.

    A query without a name adds its labels only.
    """
    # Grafana names the value after its query, but that of an only query `Value`.
    only = len(queries) == 1
    fields = {"Value" if only else f"Value #{ref}": name for ref, (_, name) in _lettered(queries)}
    named = {field: name for field, name in fields.items() if name}
    hidden = dict.fromkeys(["Time", "job", *(fields.keys() - named.keys())], True)
    panel = (
        table.Panel()
        .title(title)
        .description(description)
        .datasource(SOURCE)
        .unit(units.Short)
        .span(width)
        .height(height)
        .filterable(True)
        .targets(
            [
                _query(expression, "", ref).instant().format(PromQueryFormat.TABLE)
                for ref, (expression, _) in _lettered(queries)
            ]
        )
        .with_transformation(models.DataTransformerConfig(id_val="merge", options={}))
        .with_transformation(
            models.DataTransformerConfig(
                id_val="organize", options={"excludeByName": hidden, "renameByName": named}
            )
        )
    )
    if sort:
        panel.sort_by([common.TableSortByFieldState().display_name(sort).desc(True)])
    for column in named.values():
        panel.override_by_name(column, _column(column, units_by_column, mappings or {}))
    if link:
        links = [table_link("__data.fields").build()]
        panel.override_by_name("table", [models.DynamicConfigValue("links", links)])
    return panel


def table_link(labels: str) -> dashboard.DashboardLink:
    """From a value to the dashboard of its table; `labels` is where Grafana finds its labels."""
    names = {label: f"{labels}.{label}" for label in _LABELS}
    return dashboard.DashboardLink("Everything about this table").url(_TO_TABLE % names)


def _query(expression: str, name: str, ref: str) -> prometheus.Dataquery:
    query = prometheus.Dataquery().expr(expression).ref_id(ref).datasource(SOURCE)
    return query.legend_format(name or "__auto")


def _lettered(queries: Sequence[Query]) -> list[tuple[str, Query]]:
    return [(chr(ord("A") + place), query) for place, query in enumerate(queries)]


def _legend() -> common.VizLegendOptions:
    return (
        common.VizLegendOptions()
        .display_mode(common_models.LegendDisplayMode.LIST)
        .placement(common_models.LegendPlacement.BOTTOM)
        .show_legend(True)
    )


def _fixed(colour: str) -> models.DynamicConfigValue:
    return models.DynamicConfigValue("color", {"mode": "fixed", "fixedColor": colour})


def _column(
    name: str, units_by_column: Mapping[str, str], mappings: Mapping[str, models.ValueMapping]
) -> list[models.DynamicConfigValue]:
    found: list[tuple[str, Any]] = []
    if name in units_by_column:
        found.append(("unit", units_by_column[name]))
    if name in mappings:
        found.append(("mappings", [mappings[name]]))
        found.append(("custom.cellOptions", {"type": "color-text"}))
    return [models.DynamicConfigValue(key, value) for key, value in found]
