"""Fuzz one target in this process, guided by coverage: `python -m tests.proof.fuzz commit`.

Ends with 0 when nothing was found; else with a traceback, and the input in `--findings`.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["monitors"]):
    from monitors.errors import UnreadableError
    from tests.proof.targets import TARGETS

LARGEST = 4096
SLOWEST = 20  # seconds for one input
MEMORY = 2048  # MiB of the whole process


def told(error: UnreadableError) -> None:
    """What people are told is there, and short enough to be read."""
    assert error.reason
    assert error.mend
    assert len(str(error)) < 2000, error


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--findings", type=Path, default=Path())
    wanted = parser.parse_args()
    target = TARGETS[wanted.target]

    def one(body: bytes) -> None:
        try:
            target.run(body)
        except UnreadableError as error:
            told(error)

    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        for number, seed in enumerate(target.seeds):
            (corpus / str(number)).write_bytes(seed)
        words = Path(folder) / "words"
        words.write_text("".join(f'"{word}"\n' for word in target.words))
        options = {
            "max_total_time": wanted.seconds,
            "seed": wanted.seed,
            "max_len": LARGEST,
            "timeout": SLOWEST,
            "rss_limit_mb": MEMORY,
            "artifact_prefix": f"{wanted.findings}/",
            "verbosity": 0,
        }
        if target.words:
            options["dict"] = words
        flags = [f"-{name}={value}" for name, value in options.items()]
        atheris.Setup([sys.argv[0], *flags, str(corpus)], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
