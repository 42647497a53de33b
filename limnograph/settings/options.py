"""Storage options of a table: the defaults' and its own, secrets as references only."""

import re
from pathlib import Path
from typing import Any

from limnograph.settings.problems import Path as Place
from limnograph.settings.problems import Report
from limnograph.settings.references import holds_password, is_reference, looks_secret, reference
from limnograph.settings.scalars import kind_of
from monitors.secrets import Secret
from monitors.storage.options import SCHEMES, STORES, mistake, of_other_store, unknown
from monitors.storage.paths import in_container

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


def options(
    raw: dict[str, Any], at: Place, folder: Path, report: Report, uri: str = ""
) -> dict[str, Any]:
    """The options of one stanza: text, a secret, or None for an option to drop.

    Those of the table or glob at `uri` have to be for the store that it is in.
    """
    store = SCHEMES.get(in_container(uri).partition("://")[0].lower(), "")
    found: dict[str, str | Secret | None] = {}
    spelled: dict[str, str] = {}
    for name, value in raw.items():
        path = (*at, name)
        if not _NAME.fullmatch(name):
            report.add(path, "not an option's name; write 'name: value', a space after the colon")
        elif (other := spelled.setdefault(name.lower(), name)) != name:
            report.add(path, f"is there twice, also as {other}; keep one of them")
        else:
            try:
                found[name] = _option(name, value, folder)
                if message := _misplaced(name, store):
                    report.add(path, message)
            except (TypeError, ValueError) as error:
                report.add(path, str(error))
    return found


def _misplaced(name: str, store: str) -> str:
    """Why an option of this name does nothing; empty if it does something."""
    if message := unknown(name, [store] if store else STORES):
        return message
    stranger = of_other_store(name, store) if store else ""
    return f"is an option of {stranger}, and this is {store}; remove it" if stranger else ""


def _option(name: str, value: object, folder: Path) -> str | Secret | None:
    """The value of an option; the errors do not repeat it."""
    if value is None:
        return None
    if isinstance(value, dict | list):
        raise TypeError(f"expected text, got {kind_of(value)}; write one option per line")
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if is_reference(text):
        return reference(text, folder)
    if looks_secret(name):
        variable = re.sub(r"[^A-Z0-9]+", "_", name.upper())
        raise ValueError(
            "a secret must be a reference, not the value itself; "
            f"write env:{variable} or file:PATH, and keep the value there"
        )
    if holds_password(text):
        raise ValueError("holds a password in clear text; write env:NAME or file:PATH")
    if wrong := mistake(name, text):
        raise ValueError(wrong)
    return text


def merged(defaults: dict[str, Any], own: dict[str, Any]) -> dict[str, str | Secret]:
    """The defaults' options and, in place of those of the same name in any case, a table's own."""
    names = {name.lower() for name in own}
    kept = {name: value for name, value in defaults.items() if name.lower() not in names}
    return {name: value for name, value in {**kept, **own}.items() if value is not None}
