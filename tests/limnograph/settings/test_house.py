"""The package as such: what importing it costs, and that its docstrings tell the truth."""

import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

import limnograph.settings

HEAVY = {"pyarrow", "deltalake", "duckdb", "sqlalchemy", "obstore", "apscheduler", "fastapi"}
MODULES = [
    module.name
    for module in pkgutil.iter_modules(limnograph.settings.__path__, "limnograph.settings.")
]


def test_importing_the_settings_loads_nothing_heavy() -> None:
    code = "import sys, limnograph.settings; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert not HEAVY & set(loaded.stdout.split())


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_are_right(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0
