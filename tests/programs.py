"""Programs that tests run: promtool and Prometheus, as Debian's package `prometheus` has them, and
Azurite, an npm package.
"""

import shutil
import subprocess
from pathlib import Path

from tests.needs import missing

AZURITE = "3.37.0"
"""The version that `.ci/run` installs."""


def program(name: str) -> str:
    """The path of a program; without it the test fails in CI and is skipped elsewhere."""
    path = shutil.which(name)
    if path is None:
        missing(name, "apt-get install prometheus has it")
    return path


def azurite() -> str:
    """The path of Azurite's blob server; without it a test fails in CI and is skipped elsewhere."""
    path = shutil.which("azurite-blob")
    if path is None:
        missing("azurite-blob", f"npm install --global azurite@{AZURITE} has it")
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
