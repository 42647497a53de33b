"""Words that do not belong into finished code."""

import ast
import re

from tests.house import ROOMS, ROOT, sources

# The brackets keep this file from holding the words itself.
UNFINISHED = re.compile(r"\b(NotImplemented[E]rror|T[O]DO|FI[X]ME)\b|X{3}")


def test_nothing_is_left_unfinished() -> None:
    found = [
        f"{file}:{number}: {line.strip()}"
        for file in sources(*ROOMS, "tests", "benchmarks")
        for number, line in enumerate((ROOT / file).read_text(encoding="utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert found == []


def test_the_packages_do_not_print() -> None:
    found = [
        f"{file}:{node.lineno}"
        for file in sources(*ROOMS)
        for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in {"print", "pprint", "breakpoint"}
    ]
    assert found == []
