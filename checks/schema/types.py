"""Types as people write them, in the one spelling that definitions have.

The spellings are those of Spark's SQL and of the Delta protocol: `bigint` is `long`, `varchar(20)`
is a `string`, and `struct<city: string>` may leave out the space.
"""

import re
from collections.abc import Iterator

from checks.wording import near

_ALIASES = {
    "bigint": "long", "int": "integer", "smallint": "short", "tinyint": "byte", "real": "float",
    "bool": "boolean", "text": "string", "timestamp_ltz": "timestamp", "null": "void",
}  # fmt: skip
_PLAIN = (
    "string", "long", "integer", "short", "byte", "float", "double", "boolean", "binary", "date",
    "timestamp", "timestamp_ntz", "variant", "void",
)  # fmt: skip
_CONTAINERS = ("struct", "array", "map")
_DECIMALS = ("decimal", "dec", "numeric")
_TEXTS = ("varchar", "char")
_GEO = ("geometry", "geography")
_TOKEN = re.compile(r"\s*(?:([A-Za-z_][A-Za-z0-9_]*)|`((?:[^`]|``)*)`|([<>,:])|(\([^()]*\)))")
_DEPTH = 32


def normal(text: str) -> str:
    """The type that a text means; ValueError with the mend when it means none.

    `struct`, `array` and `map` alone stand for any of them.

    >>> normal("BIGINT"), normal("decimal(10,2)"), normal("array<struct<id:int>>"), normal("map")
    ('long', 'decimal(10,2)', 'array<struct<id: integer>>', 'map')
    """
    parser = _Parser(text, list(_tokens(text)))
    found = parser.type(0)
    if parser.at < len(parser.tokens):
        raise ValueError(f"{text!r} is no type: {parser.next()!r} is too much")
    return found


def matches(wanted: str, whole: str) -> bool:
    """Whether a column of a type, written out with its fields, is what was wanted."""
    return wanted == whole or (wanted in _CONTAINERS and whole.startswith(f"{wanted}<"))


def spelled(whole: str) -> str:
    """A type as definitions have it, without the spaces that writers leave in decimals."""
    return re.sub(
        r"decimal(?:\(\s*(\d+)\s*,\s*(-?\d+)\s*\)|(?![\w(]))",
        lambda match: f"decimal({match[1] or 10},{match[2] or 0})",
        whole,
    )


def _tokens(text: str) -> Iterator[str]:
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise ValueError(
                f"{text!r} is no type: {text[at:].strip()[:10]!r} has no meaning there"
            )
        word, quoted, mark, arguments = match.groups()
        yield word or mark or arguments or quoted.replace("``", "`")
        at = match.end()


class _Parser:
    """Reads the tokens of one type."""

    def __init__(self, text: str, tokens: list[str]) -> None:
        self.text, self.tokens, self.at = text, tokens, 0

    def next(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def take(self) -> str:
        token = self.next()
        self.at += 1
        return token

    def expect(self, mark: str) -> None:
        if (got := self.take()) != mark:
            found = f"got {got!r}" if got else "it ends"
            raise ValueError(f"{self.text!r} is no type: {mark!r} is missing, {found}")

    def type(self, depth: int) -> str:
        if depth > _DEPTH:
            raise ValueError("the type is nested too deeply; contract its fields by their paths")
        name = self.take().lower()
        if name in _CONTAINERS:
            return self.container(name, depth) if self.next() == "<" else name
        if name in _DECIMALS:
            return self.decimal()
        if name in _TEXTS:
            self.arguments(r"\(\s*\d+\s*\)", f"{name}(20)")
            return "string"
        if name in _GEO:
            inner = self.take() if self.next().startswith("(") else ""
            return f"{name}{inner}"
        plain = _ALIASES.get(name, name)
        if plain not in _PLAIN:
            every = [*_PLAIN, *_ALIASES, *_CONTAINERS, *_DECIMALS, *_TEXTS]
            raise ValueError(f"{name or self.text!r} is no type; {near(name, every, most=20)}")
        return plain

    def container(self, name: str, depth: int) -> str:
        self.expect("<")
        if name == "struct":
            inside = ", ".join(self.fields(depth))
        elif name == "map":
            key = self.type(depth + 1)
            self.expect(",")
            inside = f"{key}, {self.type(depth + 1)}"
        else:
            inside = self.type(depth + 1)
        self.expect(">")
        return f"{name}<{inside}>"

    def fields(self, depth: int) -> Iterator[str]:
        while self.next() != ">":
            name = self.take()
            self.expect(":")
            yield f"{name}: {self.type(depth + 1)}"
            if self.next() != ">":
                self.expect(",")

    def decimal(self) -> str:
        if not self.next().startswith("("):
            return "decimal(10,0)"
        numbers = self.arguments(r"\(\s*(\d{1,2})\s*(?:,\s*(\d{1,2})\s*)?\)", "decimal(10,2)")
        precision, scale = int(numbers[1]), int(numbers[2] or 0)
        if not (1 <= precision <= 38 and scale <= precision):
            raise ValueError(f"{self.text!r} is no type: write decimal(1,0) to decimal(38,38)")
        return f"decimal({precision},{scale})"

    def arguments(self, pattern: str, example: str) -> "re.Match[str]":
        match = re.fullmatch(pattern, self.take(), re.ASCII)
        if match is None:
            raise ValueError(f"{self.text!r} is no type; write for example {example}")
        return match
