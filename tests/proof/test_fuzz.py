"""Every parser of what lies in a log or a store, fuzzed under the guidance of coverage.

`LIMNOGRAPH_FUZZ_SECONDS` is how long each takes, `LIMNOGRAPH_FUZZ_SEED` where it begins.
"""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.proof.targets import TARGETS

SECONDS = int(os.environ.get("LIMNOGRAPH_FUZZ_SECONDS", "60"))
SEED = int(os.environ.get("LIMNOGRAPH_FUZZ_SEED", "1"))
STARTING = 120  # seconds that instrumenting the code may take on a busy machine


@pytest.mark.proof
@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has no wheel for this Python")
@pytest.mark.parametrize("name", TARGETS)
def test_nothing_but_a_clear_error_comes_of_any_bytes(name: str, tmp_path: Path) -> None:
    told = f"python -m tests.proof.fuzz {name} --seconds {SECONDS} --seed {SEED}"
    sys.stdout.write(f"{told}\n")
    command = [sys.executable, *told.split()[1:], "--findings", str(tmp_path)]
    ran = subprocess.run(
        command, capture_output=True, text=True, errors="replace", timeout=SECONDS + STARTING
    )
    found = [file.read_bytes() for file in tmp_path.iterdir()]
    assert ran.returncode == 0, f"{told}\n{found}\n{ran.stdout[-4000:]}\n{ran.stderr[-1000:]}"
    assert not found
