"""Ways to spoil a log at random: bytes, lines, values deep inside actions, and whole files."""

import json
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Mutation = Callable[[random.Random, Path], None]

ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    2**31,
    2**63,
    -(2**63),
    10**30,
    1e308,
    0.5,
    "",
    "x",
    "5",
    "-5",
    "9" * 40,
    "../../..",
    "a%2",
    "%ff%00",
    "file:///etc",
    "s3://nowhere/x",
    "\x00",
    "\ud83d\ude00",
    "x" * 5000,
    [],
    [[]],
    [None],
    ["x", 5],
    {},
    {"": {}},
    {"path": "x"},
)


def spoil(rng: random.Random, table: Path) -> None:
    """One mutation, of a kind picked at random."""
    rng.choice(MUTATIONS)(rng, table)


def _files(table: Path, suffix: str = "") -> list[Path]:
    log = table / "_delta_log"
    return sorted(file for file in log.rglob(f"*{suffix}") if file.is_file())


def flip_bytes(rng: random.Random, table: Path) -> None:
    file = rng.choice(_files(table))
    body = bytearray(file.read_bytes())
    for _ in range(rng.choice((1, 1, 3, 20)) if body else 0):
        body[rng.randrange(len(body))] = rng.randrange(256)
    file.write_bytes(body)


def cut(rng: random.Random, table: Path) -> None:
    file = rng.choice(_files(table))
    body = file.read_bytes()
    start, end = sorted((rng.randint(0, len(body)), rng.randint(0, len(body))))
    file.write_bytes(rng.choice((body[:start], body[end:], body[:start] + body[end:])))


def shuffle_lines(rng: random.Random, table: Path) -> None:
    file = rng.choice(_files(table, ".json"))
    lines = file.read_bytes().split(b"\n")
    how = rng.randrange(4)
    if how == 0:
        rng.shuffle(lines)
    elif how == 1:
        lines.insert(rng.randint(0, len(lines)), rng.choice(lines))
    elif how == 2:
        lines.pop(rng.randrange(len(lines)))
    else:
        other = rng.choice(_files(table, ".json")).read_bytes().split(b"\n")
        lines.append(rng.choice(other))
    file.write_bytes(rng.choice((b"\n", b"\r\n", b"\n\n")).join(lines))


def change_a_value(rng: random.Random, table: Path) -> None:
    file = rng.choice(_files(table, ".json"))
    lines = file.read_text(encoding="utf-8", errors="replace").split("\n")
    index = rng.randrange(len(lines))
    try:
        action = json.loads(lines[index])
    except ValueError:
        return
    places = list(_places(action))
    if not places:
        return
    holder, key = rng.choice(places)
    if isinstance(holder[key], str) and holder[key].startswith("{") and rng.random() < 0.7:
        holder[key] = _inside(rng, holder[key])
    elif isinstance(holder, dict) and rng.random() < 0.3:
        del holder[key]
    else:
        holder[key] = rng.choice(ODD)
    lines[index] = json.dumps(action)
    file.write_text("\n".join(lines), encoding="utf-8")


def _inside(rng: random.Random, text: str) -> str:
    """Statistics or a schema: JSON in a text, with one value changed."""
    try:
        inner = json.loads(text)
    except ValueError:
        return text[: len(text) // 2]
    places = list(_places(inner))
    if places:
        holder, key = rng.choice(places)
        holder[key] = rng.choice(ODD)
    return json.dumps(inner)


def _places(tree: Any) -> Iterator[tuple[Any, Any]]:
    if not isinstance(tree, dict | list):
        return
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in list(items):
        yield tree, key
        yield from _places(value)


def lose_a_file(rng: random.Random, table: Path) -> None:
    rng.choice(_files(table)).unlink()


def rename_a_file(rng: random.Random, table: Path) -> None:
    file = rng.choice(_files(table))
    version = rng.choice((0, 1, 2, 3, 5, 40, 2**31, 2**62, 2**63, 10**20 - 1))
    suffix = file.name[20:] if file.name[:20].isdigit() else ".json"
    shutil.copy(file, file.with_name(f"{version:020d}{suffix}"))
    if rng.random() < 0.5:
        file.unlink(missing_ok=True)


def swap_two_files(rng: random.Random, table: Path) -> None:
    one, two = rng.choice(_files(table)), rng.choice(_files(table))
    body = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(body)


def put_something_else_in_its_place(rng: random.Random, table: Path) -> None:
    file = rng.choice(_files(table))
    file.unlink()
    how = rng.randrange(4)
    if how == 0:
        file.mkdir()
    elif how == 1:
        file.symlink_to(file)
    elif how == 2:
        file.symlink_to(file.parent)
    else:
        file.write_bytes(rng.choice((b"", b"\n", b"{}", b"null", b"PAR1", b"\xff\xfe{\x00")))


def spoil_data(rng: random.Random, table: Path) -> None:
    data = sorted(f for f in table.rglob("*") if f.is_file() and "_delta_log" not in f.parts)
    if data:
        file = rng.choice(data)
        how, body = rng.randrange(4), bytearray(file.read_bytes())
        if how == 0:
            file.unlink()
        elif how == 1 and body:
            body[rng.randrange(len(body))] = rng.randrange(256)
            file.write_bytes(body)
        else:
            file.write_bytes(body[:-9] if how == 2 else b"PAR1")


MUTATIONS: tuple[Mutation, ...] = (
    flip_bytes,
    cut,
    shuffle_lines,
    change_a_value,
    change_a_value,
    change_a_value,
    lose_a_file,
    rename_a_file,
    swap_two_files,
    put_something_else_in_its_place,
    spoil_data,
)
