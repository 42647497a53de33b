"""Which values are secrets, and the references that stand for them (`env:NAME`, `file:PATH`)."""

import os
import re
from pathlib import Path

from monitors.secrets import SCHEMES, Secret

_REFERENCE = re.compile(rf"({'|'.join(SCHEMES)}):(?!//)")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET_WORDS = re.compile(
    r"secret|password|passwd|token|credential|authorization|connection_?string|"
    r"(?:^|_)(?:sas|pwd|key)(?:_|$)"
)
# Names that only tell where a secret is, or which one: a key's id, a token's file.
_HARMLESS = re.compile(
    r"(?:_id|_file|_path|_uri|_url|_endpoint|_enabled)$|^(?:google_)?application_credentials$"
)
_USERINFO = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/\s]*:[^/\s]+@")


def looks_secret(name: str) -> bool:
    """Whether an option of this name holds a secret.

    >>> [looks_secret(name) for name in ("aws_secret_access_key", "AWS_ACCESS_KEY_ID", "region")]
    [True, False, False]
    """
    snake = re.sub(r"[^a-z0-9]+", "_", name.lower())
    return bool(_SECRET_WORDS.search(snake)) and not _HARMLESS.search(snake)


def holds_password(url: str) -> bool:
    """Whether a URL holds a password before its host."""
    return _USERINFO.match(url) is not None


def is_reference(text: str) -> bool:
    """Whether text has the form of a reference; `file://` begins a URL."""
    return _REFERENCE.match(text) is not None


def reference(text: str, folder: Path) -> Secret:
    """The secret a reference stands for, a relative file below `folder`; ValueError when malformed.

    The message does not repeat the text.
    """
    scheme, _, rest = text.partition(":")
    if scheme == "env":
        if not _VARIABLE.fullmatch(rest):
            raise ValueError("the reference names no variable; write env: and the variable's name")
        return Secret(text)
    if not rest.strip():
        raise ValueError("the reference names no file; write file: and the file's path")
    return Secret(f"file:{os.path.normpath(folder / rest)}")
