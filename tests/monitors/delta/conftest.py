"""What the tests of Delta logs share."""

from pathlib import Path

import pytest

from tests.monitors.delta.log_builder import Log


@pytest.fixture
def log(tmp_path: Path) -> Log:
    """The log of a table that has no file yet."""
    (tmp_path / "table").mkdir()
    return Log(tmp_path / "table")
