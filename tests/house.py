"""Where things are, for the tests that hold the house together."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("monitors", "checks", "exporters", "limnograph")
"""The packages, lowest first: a room imports from those before it, never from those after."""
DATA = ("config", "dashboards")


def sources(*folders: str) -> list[Path]:
    """The Python files below some folders, relative to the root."""
    return sorted(f.relative_to(ROOT) for folder in folders for f in (ROOT / folder).rglob("*.py"))


def committed() -> Iterator[Path]:
    """Every file that is committed or would be, relative to the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    for name in sorted(set(listed.stdout.split("\0")) - {""}):
        if (ROOT / name).is_file():
            yield Path(name)
