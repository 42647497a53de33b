"""A real Prometheus that scrapes every second, and what it answers."""

import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import stamina
import yaml

from tests.programs import program

JOB = "limnograph"
PATIENCE = 30.0  # seconds


class NotYet(Exception):
    """Prometheus does not know yet."""


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A Prometheus at work."""

    client: httpx.Client

    def get(self, path: str, **query: str) -> Any:
        """The document of an answer; what Prometheus says is wrong stands under `error`.

        NotYet while Prometheus starts.
        """
        answer = self.client.get(f"/api/v1/{path}", params=query)
        if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            raise NotYet
        return answer.json()

    def series(self, expression: str) -> list[dict[str, Any]]:
        """The series of an expression as of now, a scalar as one.

        ValueError where it is wrong, or gives no numbers as of one moment.
        """
        document = self.get("query", query=expression)
        if document["status"] != "success":
            raise ValueError(document["error"])
        data = document["data"]
        if data["resultType"] == "scalar":
            return [{"metric": {}, "value": data["result"]}]
        if data["resultType"] != "vector":
            raise ValueError(f"gives a {data['resultType']}, which is nothing to draw")
        found: list[dict[str, Any]] = data["result"]
        return found

    @stamina.retry(on=(httpx.TransportError, NotYet), attempts=None, timeout=PATIENCE, wait_max=0.5)
    def wait(self, path: str, found: str, **query: str) -> Any:
        """What is found under a name of an answer, as soon as there is anything."""
        document = self.get(path, **query)
        if document["status"] != "success" or not (data := document["data"])[found]:
            raise NotYet
        return data[found]

    def value(self, expression: str) -> float:
        """The value of the one series of an expression, as soon as it is there."""
        (series,) = self.wait("query", "result", query=expression)
        return float(series["value"][1])

    def until_scraped(self, times: int, targets: int = 1) -> None:
        """Wait until every target was scraped successfully so many times."""
        often = f"count(sum_over_time(up[1h]) >= {times}) == {targets}"
        self.wait("query", "result", query=often)


@contextmanager
def prometheus(
    folder: Path, *targets: str, rules: Sequence[Path] = (), job: str = JOB
) -> Iterator[Prometheus]:
    """A Prometheus of some targets (URLs or `host:port`) and rule files. Gone at the end."""
    addresses = [target.removeprefix("http://") for target in targets]
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(rule) for rule in rules],
        "scrape_configs": [{"job_name": job, "static_configs": [{"targets": addresses}]}],
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
            with httpx.Client(base_url=f"http://{address}") as client:
                yield Prometheus(client)
        finally:
            process.kill()
