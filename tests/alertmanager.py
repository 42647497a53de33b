"""A real Alertmanager, as Debian's package `prometheus-alertmanager` has it, on a free port."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.needs import missing

CONFIG = """\
route: {receiver: nobody, group_wait: 1s}
receivers:
  - name: nobody
"""
PATIENCE = 30.0  # seconds


class Alertmanager:
    """A running Alertmanager."""

    def __init__(self, url: str) -> None:
        self.url = url

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts that it has as firing now."""
        found: list[dict[str, Any]] = (
            httpx.get(f"{self.url}/api/v2/alerts").raise_for_status().json()
        )
        return found


def binary() -> str:
    """Its program; without it a test fails in CI and is skipped elsewhere."""
    path = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
    if path is None:
        missing("prometheus-alertmanager", "apt-get install prometheus-alertmanager has it")
    return path


@contextmanager
def alertmanager(folder: Path) -> Iterator[Alertmanager]:
    """One that answers, with its files in a folder, until the end of the block."""
    program = binary()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "alertmanager.yml").write_text(CONFIG)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                program,
                f"--config.file={folder / 'alertmanager.yml'}",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address={address}",
                "--cluster.listen-address=",
            ],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(f"http://{address}/-/ready", process, folder / "log")
            yield Alertmanager(f"http://{address}")
        finally:
            process.terminate()
            process.wait(timeout=PATIENCE)


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(f"Alertmanager does not answer: {log.read_text()}")
