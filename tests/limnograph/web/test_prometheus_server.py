"""A real Prometheus scrapes the service and answers queries about what it found."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import stamina
import yaml

from exporters.exposition import Exposition
from limnograph import self_metrics
from limnograph.paths import DASHBOARDS
from limnograph.web.app import create_app
from limnograph.web.server import Server
from monitors import ingestion
from tests.programs import program

pytestmark = pytest.mark.slow

RULES = DASHBOARDS / "prometheus" / "limnograph.rules.yml"
ODD = 'po"sts\\of\nmarch'


class NotYet(Exception):
    """Prometheus does not know yet."""


@contextmanager
def prometheus(folder: Path, target: str) -> Iterator[str]:
    """A Prometheus that scrapes a target every second; its address. Gone at the end."""
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [{"job_name": "limnograph", "static_configs": [{"targets": [target]}]}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    command = [
        program("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={address}",
    ]
    with (folder / "log").open("wb") as log, subprocess.Popen(command, stderr=log) as process:
        try:
            yield f"http://{address}"
        finally:
            process.kill()


@stamina.retry(on=(httpx.TransportError, NotYet), attempts=None, timeout=30, wait_max=0.5)
def ask(address: str, path: str, found: str, **query: str) -> Any:
    """What Prometheus answers, as soon as it has found anything."""
    answer = httpx.get(f"{address}/api/v1/{path}", params=query)
    if answer.status_code != 200 or not (data := answer.json()["data"])[found]:
        raise NotYet
    return data[found]


def value(address: str, query: str) -> float:
    (series,) = ask(address, "query", "result", query=query)
    return float(series["value"][1])


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
    with Server(served) as server, prometheus(tmp_path, server.url.removeprefix("http://")) as at:
        assert value(at, "up == 1") == 1
        where = '{catalog="main",schema="bronze"}'
        assert value(at, f"lakehouse_table_rows{where}") == 12345678
        assert value(at, f"lakehouse_table_row_changes_total{where}") == 42
        (series,) = ask(at, "query", "result", query="lakehouse_table_rows")
        assert series["metric"]["table"] == ODD
        metadata = httpx.get(f"{at}/api/v1/metadata").json()["data"]
        assert metadata["lakehouse_table_rows"] == [
            {"type": "gauge", "help": ingestion.ROWS.help, "unit": "rows"}
        ]
        (group,) = ask(at, "rules", "groups")
        assert {rule["health"] for rule in group["rules"]} <= {"ok", "unknown"}
        assert not [rule["lastError"] for rule in group["rules"] if rule.get("lastError")]
