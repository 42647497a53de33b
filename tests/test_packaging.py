"""The wheel adds four names to site-packages and carries the data folders; pins name no address."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house import DATA, ROOMS, ROOT, committed

# Addresses of package indexes and what sets them; a browser's page about a package is no index.
REGISTRY = re.compile(
    r"https?://[^\s\"'<>]*(?:/simple\b|pythonhosted\.org|repo1?\.maven|maven\.org/maven2"
    r"|artifactory|/nexus|registry\.npmjs|proxy\.golang)"
    r"|(?:extra-)?index-url\s*[= ]|find-links\s*[= ]|(?:PIP|UV)_[A-Z_]*INDEX",
    re.IGNORECASE,
)
LOCKS = re.compile(r"(^|/)((uv|poetry|pdm|yarn|Pipfile)\.lock|pylock.*\.toml|package-lock\.json)$")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names of the files in the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        return archive.namelist()


def test_the_wheel_adds_four_names_to_site_packages(wheel: list[str]) -> None:
    assert {n.split("/")[0] for n in wheel if ".dist-info/" not in n} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_the_wheel_holds_each_room_whole_and_typed(room: str, wheel: list[str]) -> None:
    # What builds the dashboards needs a library that only development has.
    present = {
        str(f)
        for f in committed()
        if f.parts[0] == room and f.parts[:2] != ("exporters", "grafana")
    }
    moved = {n for n in wheel if n.startswith("limnograph/_data/")}
    assert {n for n in wheel if n.startswith(f"{room}/")} - moved == present
    assert f"{room}/py.typed" in present


@pytest.mark.parametrize("folder", DATA)
def test_the_wheel_carries_the_data_folders(folder: str, wheel: list[str]) -> None:
    prefix = f"limnograph/_data/{folder}/"
    present = {f.relative_to(folder).as_posix() for f in committed() if f.parts[0] == folder}
    assert present
    assert {n.removeprefix(prefix) for n in wheel if n.startswith(prefix)} == present


def test_the_wheel_has_the_command(wheel: list[str]) -> None:
    assert sum(n.endswith(".dist-info/entry_points.txt") for n in wheel) == 1


@pytest.mark.parametrize("folder", DATA)
def test_data_folders_hold_no_python(folder: str) -> None:
    assert list((ROOT / folder).rglob("*.py")) == []


def test_a_checkout_has_no_installed_data() -> None:
    assert not (ROOT / "limnograph" / "_data").exists()


def test_no_lock_file_is_committed() -> None:
    assert [str(f) for f in committed() if LOCKS.search(f.as_posix())] == []


def test_no_registry_address_is_committed() -> None:
    here = Path(__file__).relative_to(ROOT)
    found = {
        str(file): match.group()
        for file in committed()
        if file != here
        and (match := REGISTRY.search((ROOT / file).read_text(encoding="utf-8", errors="replace")))
    }
    assert found == {}


def test_constraints_are_pins_and_nothing_else() -> None:
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        assert re.fullmatch(r"[a-z0-9-]+==[0-9][\w.+!-]*( ; [\w.<>=!' ()]+)?", line), line


def test_every_dependency_has_a_pin_that_fits() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"].get("optional-dependencies", {}).values()
    declared = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(text for group in project["dependency-groups"].values() for text in group),
        *(text for extra in extras for text in extra),
    ]
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins: dict[str, list[str]] = {}
    for pin in map(Requirement, lines):
        pins.setdefault(canonicalize_name(pin.name), []).append(str(pin.specifier)[2:])
    for wanted in map(Requirement, declared):
        versions = pins.get(canonicalize_name(wanted.name), [])
        assert versions, f"{wanted.name} has no pin: run `make constraints`"
        assert all(map(wanted.specifier.contains, versions)), (str(wanted), versions)
