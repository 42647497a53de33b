"""A real Prometheus scrapes two services on one store, and every panel shows something of them."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from exporters.exposition import Exposition
from limnograph.web.app import create_app
from tests.exporters.grafana.asking import CHOSEN, failure, failures, served
from tests.exporters.grafana.boards import METRICS, Expression, annotations, expressions
from tests.prometheus_server import Prometheus, prometheus

pytestmark = pytest.mark.slow

DAY = 86_400
POSTS, LABELS = ("main", "bronze", "posts"), ("", "silver", "labels")
ROWS, KNOWN = (*POSTS, "rows-a-day"), (*LABELS, "labels-are-known")


def page(now: float) -> list[tuple[str, tuple[str, ...], float]]:
    """What two services say of a late and an unreadable table, a failing check and one in error."""
    of_tables = {
        "readable": (1, 0),
        "last_read_timestamp_seconds": (now - 60, now - DAY),
        "last_commit_timestamp_seconds": (now - 7200, now - 2 * DAY),
        "last_event_timestamp_seconds": (now - 9000, now - 3 * DAY),
        "due_timestamp_seconds": (now - 600, now + 600),
        "rows": (1500, 20),
        "size_bytes": (4096, 512),
        "gap_margin_seconds": (DAY, 2 * DAY),
        "schema_changed_timestamp_seconds": (now - 5 * DAY, now - 6 * DAY),
    }
    of_checks = {
        "last_run_timestamp_seconds": (now - 30, now - 40),
        "last_success_timestamp_seconds": (now - DAY, now - 2 * DAY),
        "duration_seconds": (0.5, 2.5),
        "observed_value": (150, 3),
        "lower_bound": (100, 0),
        "upper_bound": (140, 1),
    }
    states = ("pass", "not_assessed", "warn", "error", "fail")
    return [
        *((f"lakehouse_table_{n}", POSTS, float(v)) for n, (v, _) in of_tables.items()),
        *((f"lakehouse_table_{n}", LABELS, float(v)) for n, (_, v) in of_tables.items()),
        *((f"lakehouse_check_{n}", ROWS, float(v)) for n, (v, _) in of_checks.items()),
        *((f"lakehouse_check_{n}", KNOWN, float(v)) for n, (_, v) in of_checks.items()),
        *(("lakehouse_check_status", (*ROWS, s), float(s == "fail")) for s in states),
        *(("lakehouse_check_status", (*KNOWN, s), float(s == "error")) for s in states),
        ("lakehouse_check_info", (*ROWS, "critical", "volume", "ingestion"), 1),
        ("lakehouse_check_info", (*KNOWN, "info", "expectation", ""), 1),
        ("lakehouse_table_row_changes_total", (*POSTS, "insert"), 1500),
        ("lakehouse_table_row_changes_total", (*POSTS, "delete"), 5),
        ("lakehouse_table_commits_counted_total", (*POSTS, "log"), 12),
        ("lakehouse_incidents", ("critical", "open"), 1),
        ("lakehouse_incidents", ("info", "open"), 0),
        ("lakehouse_notifications_total", ("slack", "delivered"), 4),
        ("lakehouse_source_up", ("embedded",), 1),
        ("lakehouse_source_last_success_timestamp_seconds", ("embedded",), now - 60),
        ("lakehouse_source_data_lag_seconds", ("embedded",), 90),
        ("lakehouse_monitor_up", ("ingestion",), 1),
        ("lakehouse_monitor_subjects", ("ingestion", "assessed"), 1),
        ("lakehouse_monitor_duration_seconds", ("ingestion",), 3),
        ("lakehouse_monitor_last_success_timestamp_seconds", ("ingestion",), now - 60),
        ("lakehouse_monitor_due_timestamp_seconds", ("ingestion",), now + 2700),
        ("lakehouse_monitor_requests_total", ("embedded",), 1000),
        ("lakehouse_monitor_received_bytes_total", ("embedded",), 123456),
        ("lakehouse_store_up", (), 1),
        ("lakehouse_config_last_reload_successful", (), 1),
        ("lakehouse_exporter_build_info", ("0.1.0", "3.11"), 1),
    ]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus to which one service looks like two."""
    exposition = Exposition(METRICS.values())
    exposition.replace("everything", page(time.time()))
    exposition.render()
    folder = tmp_path_factory.mktemp("prometheus")
    with served(create_app(exposition, list, dict)) as url:
        twin = url.replace("127.0.0.1", "localhost")
        with prometheus(folder, url, twin) as asked:
            asked.until_scraped(3, targets=2)
            yield asked


def test_every_panel_shows_something(server: Prometheus) -> None:
    found = failures(server, expressions(), ["posts", "labels"])
    assert not found, "\n".join(found)


def test_every_annotation_is_an_answer(server: Prometheus) -> None:
    # An annotation is about a change, and here nothing changes.
    for annotation in annotations():
        server.series(annotation.filled({**CHOSEN, "table": "posts"}))


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("sum(", "parse error"),
        ("lakehouse_tables", "no metric lakehouse_tables"),
        ('lakehouse_table_rows{table="nothing"}', "returns nothing"),
        ("lakehouse_source_up / 0 * 0", "returns nothing"),
        ("rate(lakehouse_monitor_requests_total)", "expected type range vector"),
        ("lakehouse_table_rows[5m]", "gives a matrix"),
        ('lakehouse_table_rows{table="$table"}', ""),
    ],
)
def test_a_panel_that_shows_nothing_is_found(server: Prometheus, text: str, wrong: str) -> None:
    found = failure(server, Expression("board", "panel", "A", text), ["none", "posts"])
    assert wrong in found
    assert bool(wrong) is bool(found)


@pytest.mark.parametrize(
    ("panel", "value"),
    [
        ("Tables", 2),
        ("Unreadable tables", 1),
        ("Late tables", 1),
        ("Failing checks", 1),
        ("Checks in error", 1),
        ("Warning checks", 0),
        ("Incidents", 1),
        ("Store", 1),
    ],
)
def test_two_services_on_one_store_are_counted_once(
    server: Prometheus, panel: str, value: float
) -> None:
    (expression,) = [
        e for e in expressions() if (e.board, e.panel) == ("lakehouse-overview", panel)
    ]
    (series,) = server.series(expression.filled(CHOSEN))
    assert float(series["value"][1]) == value


def test_states_are_numbers_that_the_timelines_name(server: Prometheus) -> None:
    def states(panel: str, label: str) -> dict[str, float]:
        (expression,) = [e for e in expressions() if e.panel == panel and "topk" in e.text]
        found = server.series(expression.filled(CHOSEN))
        return {each["metric"][label]: float(each["value"][1]) for each in found}

    assert states("State of the tables", "table") == {"posts": 1, "labels": 2}
    assert states("State of the checks", "check") == {"rows-a-day": 4, "labels-are-known": 3}
    assert states("Place in the expected band", "check") == {"rows-a-day": 1.25}


def test_where_nothing_is_scraped_nothing_is_shown_as_zero(
    server: Prometheus, tmp_path: Path
) -> None:
    with prometheus(tmp_path, "127.0.0.1:9") as blind:
        blind.wait("query", "result", query="up == 0")
        values = {**CHOSEN, "table": "posts"}
        assert [e.place for e in expressions() if blind.series(e.filled(values))] == []
