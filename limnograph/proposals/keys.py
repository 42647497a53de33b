"""Which column may identify a row: by its name, its type, and what MERGE matches on."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from monitors.core import Column

_TYPES = ("string", "long", "integer", "short", "binary")
_WHOLE = re.compile(r"_?(id|uuid|guid|key|pk)", re.IGNORECASE)
_PART = re.compile(r".*(_(id|uuid|guid|key|pk)|(?<=[a-z])(Id|Uuid|Key))")
# delta-rs writes target.id = source.id, Spark (id#12L = id#34L).
_MATCH = re.compile(r"[`\"]?(\w+)[`\"]?(?:#\d+L?)? = (?:\w+\.)?[`\"]?(\w+)[`\"]?")


@dataclass(frozen=True, slots=True)
class Key:
    """Columns that may identify a row, and why."""

    columns: tuple[str, ...]
    why: str


def merged_on(predicates: Sequence[str]) -> tuple[str, ...]:
    """The columns that a MERGE compares with themselves, in the newest predicate that has some."""
    for predicate in predicates:
        found = [left for left, right in _MATCH.findall(predicate) if left == right]
        if found:
            return tuple(dict.fromkeys(found))
    return ()


def guess(table: str, columns: Sequence[Column], predicates: Sequence[str]) -> Key | None:
    """The likely key of a table; None when nothing points to one. It is never proven here."""
    usable = {c.path[0]: c for c in columns if len(c.path) == 1 and c.type in _TYPES}
    matched = merged_on(predicates)
    if matched and all(name in usable for name in matched):
        return Key(matched, "MERGE matches rows on it")
    own = {f"{table}_id", f"{table.removesuffix('s')}_id"}
    named = [n for n in usable if _WHOLE.fullmatch(n) or n.lower() in own]
    partly = [n for n in usable if _PART.fullmatch(n) and not usable[n].nullable]
    for names, why in ((named, "its name"), (partly, "its name")):
        if names:
            best = min(names, key=lambda n: usable[n].nullable)
            null = "may be null" if usable[best].nullable else "is not null"
            return Key((best,), f"{why}, and it {null}")
    return None


def sentence(key: Key, verdict: str = "") -> str:
    """The guess as a comment; `verdict` is what a scan found."""
    return (
        f"key: {', '.join(key.columns)} ({key.why}); {verdict or 'not verified'}. "
        "No setting uses a key yet."
    )
