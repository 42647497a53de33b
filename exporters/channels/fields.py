"""What the forms of channels are made of: secrets as references, and URLs that hold no secret.

The context of a validation may give the folder of relative files (`folder`, a Path) and the name
of the kind (`kind`), for the advice. Messages never repeat a value: it may be the secret.
"""

import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    PlainSerializer,
    PlainValidator,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from monitors.secrets import SCHEMES, Secret

_REFERENCE = re.compile(rf"({'|'.join(SCHEMES)}):(?!//)")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Services whose addresses are secrets: whoever has one may post.
_SECRET_HOSTS = re.compile(
    r"(?:^|\.)(?:hooks\.slack\.com|discord(?:app)?\.com|webhook\.office\.com|outlook\.office\.com|"
    r"logic\.azure\.com|api\.powerplatform\.com|chat\.googleapis\.com|hooks\.zapier\.com)$"
)
_LONGEST_URL = 2000
DISCREET = "discreet"
"""The type of an error whose message never repeats what was written."""


class ChannelForm(BaseModel):
    """What every channel has: no field that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _secret(value: object, info: ValidationInfo) -> Secret:
    if isinstance(value, Secret):
        return value
    context: Mapping[str, Any] = info.context or {}
    if not isinstance(value, str) or not _REFERENCE.match(value):
        words = (str(context.get("kind", "")), str(info.field_name or "secret"))
        variable = re.sub(r"[^A-Z0-9]+", "_", "_".join(filter(None, words)).upper())
        raise _wrong(
            "a secret must be a reference, not the value itself; "
            f"write env:{variable} or file:PATH, and keep the value there"
        )
    scheme, _, rest = value.partition(":")
    if scheme == "env":
        if not _VARIABLE.fullmatch(rest):
            raise _wrong("the reference names no variable; write env: and the variable's name")
        return Secret(value)
    if not rest.strip():
        raise _wrong("the reference names no file; write file: and the file's path")
    return Secret(f"file:{os.path.normpath(Path(context.get('folder', '')) / rest)}")


def _url(value: object, info: ValidationInfo) -> str | Secret:
    if isinstance(value, Secret) or (isinstance(value, str) and _REFERENCE.match(value)):
        return _secret(value, info)
    if not isinstance(value, str):
        raise _wrong("expected a URL; write for example https://example.com/alerts")
    try:
        parts = http_url(value)
    except ValueError as error:
        raise _wrong(str(error)) from None
    if "@" in parts.netloc:
        raise _wrong("holds a user or a password; write env:NAME and keep the whole URL there")
    if parts.query or parts.fragment:
        raise _wrong("has a query, which may be secret; write env:NAME and keep the URL there")
    if _SECRET_HOSTS.search(parts.hostname or ""):
        raise _wrong(
            "whoever has this URL can post, so it is a secret; write env:NAME or file:PATH, and "
            "keep the URL there"
        )
    return value


def _urls(value: object, info: ValidationInfo) -> tuple[str | Secret, ...]:
    found = value if isinstance(value, list | tuple) else [value]
    if not found:
        raise _wrong("is an empty list; write one URL or more")
    return tuple(_url(one, info) for one in found)


def _wrong(message: str) -> PydanticCustomError:
    # A brace would be taken for a field of a template.
    return PydanticCustomError(DISCREET, "{message}", {"message": message})


def http_url(text: str) -> SplitResult:
    """The parts of an absolute http or https URL; ValueError, without the text, for another."""
    wrong = "is not an http or https URL; write for example https://example.com/alerts"
    if len(text) > _LONGEST_URL or not text.isascii() or re.search(r"[\s\x00-\x20\x7f\\]", text):
        raise ValueError(wrong)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(wrong) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise ValueError(wrong)
    return parts


def is_loopback(host: str) -> bool:
    """Whether a host of a URL is this machine by its very name."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_safe(url: str) -> bool:
    """Whether nobody on the way to a URL reads what is sent there."""
    try:
        parts = http_url(url)
    except ValueError:
        return False
    return parts.scheme == "https" or is_loopback(parts.hostname or "")


_AS_REFERENCE = PlainSerializer(lambda secret: secret.reference, return_type=str)
_AS_WRITTEN = PlainSerializer(
    lambda given: given.reference if isinstance(given, Secret) else given, return_type=str
)

SecretReference = Annotated[
    Secret,
    PlainValidator(_secret),
    _AS_REFERENCE,
    WithJsonSchema({"type": "string", "pattern": "^(env|file):"}),
]
"""A secret, written as `env:NAME` or `file:PATH`."""

_URL_SCHEMA = {"type": "string", "pattern": "^(https?://|env:|file:)"}
Url = Annotated[str | Secret, PlainValidator(_url), _AS_WRITTEN, WithJsonSchema(_URL_SCHEMA)]
"""An http or https URL without credentials and query, or a reference to any URL."""

Urls = Annotated[
    tuple[str | Secret, ...],
    PlainValidator(_urls),
    PlainSerializer(
        lambda given: [one.reference if isinstance(one, Secret) else one for one in given],
        return_type=list[str],
    ),
    WithJsonSchema(
        {"anyOf": [_URL_SCHEMA, {"type": "array", "items": _URL_SCHEMA, "minItems": 1}]}
    ),
]
"""One such URL, or several."""
