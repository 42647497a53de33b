"""JSON documents as text: one document, keys in the order they were given, UTF-8 as it is."""

import json
from collections.abc import Mapping
from typing import Any


def dumped(document: Mapping[str, Any]) -> str:
    """The document, indented for people, with a line end."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
