"""The application, asked over real HTTP."""

import gzip
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from exporters.exposition import Exposition, Format
from limnograph.web.app import MetricsPage, create_app
from limnograph.web.server import Server
from monitors.core import TABLE_LABELS, Metric
from monitors.errors import StoreError

pytestmark = pytest.mark.wide

ROWS = Metric("lakehouse_table_rows", "Live rows.", labels=TABLE_LABELS, unit="rows")
FILES = Metric("lakehouse_table_files", "Live files.", labels=TABLE_LABELS, unit="files")
PASSWORD = "hunter2"


@dataclass
class Service:
    """What the application asks; a test sets what is answered."""

    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    report: Any = field(default_factory=lambda: {"schema_version": 1, "tables": []})
    failure: Exception | None = None

    def readiness(self) -> list[str]:
        if self.failure:
            raise self.failure
        return self.reasons

    def make_report(self) -> Any:
        if self.failure:
            raise self.failure
        return self.report


@pytest.fixture(scope="module")
def asked() -> Service:
    return Service()


@pytest.fixture
def service(asked: Service) -> Service:
    """What is asked, as if it were new."""
    asked.__init__()  # type: ignore[misc]
    return asked


@pytest.fixture(scope="module")
def exposition() -> Exposition:
    """A page that no test changes."""
    page = Exposition([ROWS, FILES])
    for number in range(2000):
        labels = ("main", "bronze", f"table_{number}")
        page.replace(f"table:{number}", [(ROWS.name, labels, 1.0), (FILES.name, labels, 2.0)])
    page.render()
    return page


@pytest.fixture(scope="module")
def opened(exposition: Exposition, asked: Service) -> Iterator[httpx.Client]:
    served = create_app(
        exposition, asked.readiness, asked.make_report, warnings=lambda: asked.warnings
    )
    with Server(served) as server, httpx.Client(base_url=server.url) as client:
        yield client


@pytest.fixture
def client(opened: httpx.Client, service: Service) -> httpx.Client:
    """Of one server for all tests, which asks a service that is as new."""
    assert service.failure is None
    return opened


def plain(**headers: str) -> dict[str, str]:
    return {"accept-encoding": "identity", **headers}


def test_metrics_are_the_bytes_of_the_page(client: httpx.Client, exposition: Exposition) -> None:
    answer = client.get("/metrics", headers=plain())
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["vary"] == "accept, accept-encoding"
    assert "content-encoding" not in answer.headers
    assert answer.content == exposition.rendered.body(Format.TEXT)


def test_metrics_as_prometheus_asks_for_them(client: httpx.Client, exposition: Exposition) -> None:
    accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
    asked = {"accept": accept, "accept-encoding": "gzip"}
    with client.stream("GET", "/metrics", headers=asked) as answer:
        packed = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert gzip.decompress(packed) == exposition.rendered.body(Format.OPENMETRICS)


def test_metrics_can_be_filtered_by_name(client: httpx.Client) -> None:
    answer = client.get("/metrics?name[]=lakehouse_table_files&name[]=unknown")
    lines = answer.text.splitlines()
    assert len(lines) == 2002
    assert all("lakehouse_table_files" in line for line in lines)


def test_a_page_larger_than_a_part_arrives_whole(exposition: Exposition) -> None:
    page = exposition.rendered.body(Format.TEXT)
    for part in (5000, len(page) - 1, len(page), len(page) + 1):
        small = Starlette(routes=[Route("/metrics", MetricsPage(exposition, part))])
        with Server(small) as server:
            assert httpx.get(f"{server.url}/metrics", headers=plain()).content == page


@pytest.mark.parametrize("path", ["/", "/metrics", "/healthz", "/readyz", "/api/v1/report"])
def test_head_has_the_headers_of_get_and_no_body(client: httpx.Client, path: str) -> None:
    got, head = (client.request(method, path, headers=plain()) for method in ("GET", "HEAD"))
    assert head.status_code == got.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == got.headers["content-length"]
    assert head.headers["content-type"] == got.headers["content-type"]


def test_the_process_is_alive_even_when_nothing_else_works(
    client: httpx.Client, service: Service
) -> None:
    service.failure = StoreError("the store is gone")
    assert client.get("/healthz").json() == {"status": "alive"}


def test_ready_when_there_is_no_reason_not_to_be(client: httpx.Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready"})


def test_not_ready_with_its_reasons(client: httpx.Client, service: Service) -> None:
    service.reasons = ["no cycle has succeeded yet"]
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"status": "not ready", "reasons": ["no cycle has succeeded yet"]}


def test_what_is_worth_knowing_is_told_ready_or_not(client: httpx.Client, service: Service) -> None:
    service.warnings = ["http.port takes effect after a restart"]
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "warnings": service.warnings}
    service.reasons = ["no cycle has succeeded yet"]
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["warnings"] == service.warnings


def test_not_ready_when_the_store_does_not_answer(client: httpx.Client, service: Service) -> None:
    service.failure = StoreError("the store cannot be read", "look at the disk")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["the store cannot be read"]


def test_not_ready_when_the_store_hangs() -> None:
    released = threading.Event()

    def hangs() -> list[str]:
        released.wait()
        return []

    served = create_app(Exposition([]), hangs, dict, readiness_timeout=0.05)
    with Server(served) as server:
        answer = httpx.get(f"{server.url}/readyz")
        released.set()
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["no answer within 0.05 seconds"]


def test_the_report_is_the_document_that_was_built(client: httpx.Client, service: Service) -> None:
    service.report = {"schema_version": 1, "tables": [{"name": "postés", "rows": None}]}
    answer = client.get("/api/v1/report")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == service.report
    assert answer.text.endswith("}\n")


def test_a_report_that_cannot_be_had_says_what_to_do(
    client: httpx.Client, service: Service
) -> None:
    service.failure = StoreError("the store cannot be read", "look at the disk")
    answer = client.get("/api/v1/report")
    assert answer.status_code == 503
    assert answer.json() == {"error": "the store cannot be read", "mend": "look at the disk"}


@pytest.mark.parametrize("path", ["/readyz", "/api/v1/report"])
def test_an_unforeseen_failure_shows_nothing_of_itself(
    client: httpx.Client, service: Service, path: str
) -> None:
    service.failure = RuntimeError(f"postgresql://limnograph:{PASSWORD}@db/limnograph")
    answer = client.get(path)
    assert answer.status_code in (500, 503)
    assert PASSWORD not in answer.text
    assert "the log says why" in answer.text
    assert client.get("/healthz").status_code == 200


def test_an_unknown_path_is_told_in_json(client: httpx.Client) -> None:
    answer = client.get("/nowhere")
    assert (answer.status_code, answer.json()) == (404, {"error": "not found"})


@pytest.mark.parametrize("path", ["/", "/metrics", "/healthz", "/api/v1/report"])
def test_nothing_can_be_posted(client: httpx.Client, path: str) -> None:
    answer = client.post(path)
    assert (answer.status_code, answer.json()) == (405, {"error": "method not allowed"})
    assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_the_landing_page_lists_what_there_is(client: httpx.Client) -> None:
    answer = client.get("/")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    for path in ("/metrics", "/api/v1/report", "/healthz", "/readyz"):
        assert f'href="{path}"' in answer.text
        assert client.get(path).status_code == 200
    assert "http" not in answer.text


def test_no_page_loads_anything_from_elsewhere(client: httpx.Client) -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert client.get(path).status_code == 404
