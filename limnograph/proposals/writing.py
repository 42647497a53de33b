"""Values as YAML text: scalars quoted where they have to be, mappings in lines, or on one line."""

import io
import json
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from limnograph.settings.scalars import unprintable, value_of

Path = tuple[str, ...]
Evidence = Mapping[Path, Sequence[str]]
"""Sentences to stand above the key at a path."""

_WIDTH = 100
_STEP = "  "
_EASY = re.compile(r"[\w./](?:[\w./:@%+ -]*[\w./])?")  # without quotes in braces and brackets


@lru_cache(maxsize=4096)
def _text(text: str, *, flow: bool) -> str:
    """Text as a scalar that both YAML 1.2 and `settings` read as that text."""
    from ruamel.yaml import YAML

    writer, out = YAML(), io.StringIO()
    writer.width = 1_000_000
    writer.dump([text], out)
    written = out.getvalue().strip().removeprefix("- ")
    plain = written == text
    if plain and not (isinstance(value_of(text), str) and (not flow or _EASY.fullmatch(text))):
        return json.dumps(text)
    return json.dumps(text) if "\n" in written else written


def scalar(value: Any, *, flow: bool = False) -> str:
    """Text, a number, a boolean, None, or a list or mapping on one line, as YAML."""
    if isinstance(value, str):
        return _text(value, flow=flow)
    if isinstance(value, Mapping):
        inner = ", ".join(
            f"{scalar(k, flow=True)}: {scalar(v, flow=True)}" for k, v in value.items()
        )
        return f"{{{inner}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(scalar(item, flow=True) for item in value)}]"
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def mapping(entries: Mapping[str, Any], evidence: Evidence, indent: str = "") -> list[str]:
    """The lines of a mapping, each key below its evidence."""
    return list(_mapping(entries, evidence, indent, ()))


def _mapping(
    entries: Mapping[str, Any], evidence: Evidence, indent: str, at: Path
) -> Iterable[str]:
    for key, value in entries.items():
        path = (*at, key)
        yield from comment(evidence.get(path, ()), indent)
        if isinstance(value, Mapping) and value:
            yield f"{indent}{scalar(key)}:"
            yield from _mapping(value, evidence, indent + _STEP, path)
        else:
            yield f"{indent}{scalar(key)}: {scalar(value)}"


def comment(sentences: Iterable[str], indent: str = "") -> list[str]:
    """Sentences as comment lines, folded; what could end the comment is left out."""
    lines = []
    for sentence in sentences:
        clean = "".join(" " if unprintable(c) or c.isspace() else c for c in sentence)
        lines += textwrap.wrap(
            clean,
            max(_WIDTH, len(indent) + 40),
            initial_indent=f"{indent}# ",
            subsequent_indent=f"{indent}#   ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    return lines
