"""Programs that tests run: promtool and Prometheus, as Debian's package `prometheus` has them."""

import shutil
import subprocess
from pathlib import Path

from tests.needs import missing


def program(name: str) -> str:
    """The path of a program; without it the test fails in CI and is skipped elsewhere."""
    path = shutil.which(name)
    if path is None:
        missing(name, "apt-get install prometheus has it")
    return path


def promtool(*arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run promtool; its output and its lint go to `stdout`."""
    return subprocess.run(
        [program("promtool"), *arguments],
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=60,
    )
