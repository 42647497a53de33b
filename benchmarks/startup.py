"""CPU time of `limnograph --help`, against the interpreter alone.

Whole processes, as a person starts them; the ratio tells what our own imports cost.
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("limnograph")


def cpu_seconds(command: list[str]) -> float:
    """User and system time of one run, with nothing of its output read."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    spent = after.children_user - before.children_user
    return spent + after.children_system - before.children_system


def median(command: list[str], runs: int) -> float:
    cpu_seconds(command)  # the first run fills the file cache
    return statistics.median(cpu_seconds(command) for _ in range(runs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    bare = median([sys.executable, "-c", "pass"], runs)
    for arguments in (["--help"], ["inspect", "--help"], ["metrics"]):
        spent = median([str(PROGRAM), *arguments], runs)
        name = " ".join(["limnograph", *arguments])
        print(f"{name:26} CPU {spent:.3f} s, {spent / bare:.1f} times a bare interpreter")


if __name__ == "__main__":
    main()
