"""Every panel shows something of the demo, as a real Prometheus scrapes it from the service."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from limnograph import settings
from limnograph.config_file import ConfigFile
from limnograph.demo.building import build
from limnograph.demo.command import live
from limnograph.demo.lakehouse import TABLES
from limnograph.reloading import Reloader
from limnograph.service import opened
from limnograph.serving import pages
from tests.exporters.grafana.asking import CHOSEN, failures, served
from tests.exporters.grafana.boards import annotations, expressions
from tests.prometheus_server import Prometheus, prometheus

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
NAMES = [table.name.rpartition(".")[2] for table in TABLES]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """A Prometheus that has scraped the demo's service a few times."""
    lakehouse = build(tmp_path_factory.mktemp("demo"), seed=1, now=NOW)
    live(lakehouse)
    loaded = settings.load(lakehouse.config)
    with opened(loaded, clock=lambda: NOW) as service:
        service.refresh()
        feed, app = pages(service, Reloader(service, ConfigFile(lakehouse.config)))
        feed.refresh()
        folder = tmp_path_factory.mktemp("prometheus")
        with served(app) as url, prometheus(folder, url) as asked:
            asked.until_scraped(3)
            yield asked


def test_every_panel_shows_something_of_the_demo(server: Prometheus) -> None:
    found = failures(server, expressions(), NAMES)
    assert not found, "\n".join(found)


def test_every_annotation_is_an_answer_about_the_demo(server: Prometheus) -> None:
    for annotation in annotations():
        server.series(annotation.filled({**CHOSEN, "table": "posts"}))
