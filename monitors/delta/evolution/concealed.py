"""Table properties that may hold a secret: kept as a mark of their value, shown as asterisks."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from monitors.core import Definition
from monitors.secrets import MASK

_WORDS = ("password", "passwd", "secret", "token", "key", "credential")
_CONSTRAINT = "delta.constraints."


def is_secret(name: str) -> bool:
    """Whether a property looks by its name as if its value were nobody's business.

    >>> is_secret("option.fs.azure.account.key"), is_secret("delta.appendOnly")
    (True, False)
    """
    if name.startswith(_CONSTRAINT):
        return False
    return any(word in name.lower() for word in _WORDS)


def concealed(definition: Definition) -> Definition:
    """The definition with its secrets replaced by marks; doing so twice changes nothing more."""
    if not any(map(is_secret, definition.properties)):
        return definition
    properties = {
        name: _mark(name, value) if is_secret(name) else value
        for name, value in definition.properties.items()
    }
    return replace(definition, properties=properties)


def shown(properties: Mapping[str, str]) -> dict[str, str]:
    """Properties as people may see them, sorted by name."""
    return {name: MASK if is_secret(name) else value for name, value in sorted(properties.items())}


def _mark(name: str, value: str) -> str:
    """Sixteen bits of the value: enough to notice that it changed, too few to find it by."""
    if value.startswith(MASK):
        return value
    digest = hashlib.sha256(f"{name}\0{value}".encode(errors="surrogatepass")).hexdigest()
    return f"{MASK}{digest[:4]}"
