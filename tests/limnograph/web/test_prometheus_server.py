"""A real Prometheus scrapes the service and answers queries about what it found."""

from pathlib import Path

import pytest

from exporters.exposition import Exposition
from limnograph import self_metrics
from limnograph.paths import DASHBOARDS
from limnograph.web.app import create_app
from limnograph.web.server import Server
from monitors import ingestion
from tests.prometheus_server import prometheus

pytestmark = pytest.mark.slow

RULES = [DASHBOARDS / "prometheus" / name for name in ("limnograph.yml", "limnograph_checks.yml")]
ODD = 'po"sts\\of\nmarch'


def test_prometheus_scrapes_what_we_serve(tmp_path: Path) -> None:
    exposition = Exposition([*ingestion.METRICS, *self_metrics.ALL])
    labels = ("main", "bronze", ODD)
    exposition.replace(
        "table:posts",
        [
            (ingestion.ROWS.name, labels, 12345678.0),
            (ingestion.CHANGES.name, (*labels, "insert"), 42.0),
        ],
    )
    exposition.render()
    served = create_app(exposition, list, dict)
    with Server(served) as server, prometheus(tmp_path, server.url, rules=RULES) as at:
        assert at.value("up == 1") == 1
        where = '{catalog="main",schema="bronze"}'
        assert at.value(f"lakehouse_table_rows{where}") == 12345678
        assert at.value(f"lakehouse_table_row_changes_total{where}") == 42
        (series,) = at.wait("query", "result", query="lakehouse_table_rows")
        assert series["metric"]["table"] == ODD
        metadata = at.get("metadata")["data"]
        assert metadata["lakehouse_table_rows"] == [
            {"type": "gauge", "help": ingestion.ROWS.help, "unit": "rows"}
        ]
        rules = [rule for group in at.wait("rules", "groups") for rule in group["rules"]]
        assert {rule["health"] for rule in rules} <= {"ok", "unknown"}
        assert not [rule["lastError"] for rule in rules if rule.get("lastError")]
