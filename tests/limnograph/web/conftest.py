"""What the tests of the web part share."""

import gc
import sys
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def restored_interpreter() -> Iterator[None]:
    """Undo what a server sets for the whole process."""
    before = sys.getswitchinterval()
    yield
    sys.setswitchinterval(before)
    gc.unfreeze()
