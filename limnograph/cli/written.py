"""Answers in several forms: on stdout, in files, and as annotations of a GitHub job."""

from collections.abc import Iterable
from pathlib import Path

import typer

from limnograph.cli.options import CheckOutput


def parsed_file(text: str) -> tuple[CheckOutput, Path]:
    """The form and the path of one --output-file; BadParameter for one that is none."""
    form, equals, path = text.partition("=")
    if not equals or not path or form not in list(CheckOutput):
        forms = ", ".join(CheckOutput)
        raise typer.BadParameter(
            f"{text!r} is not FORMAT=PATH; write one of {forms}, an equals sign and a path",
            param_hint="'--output-file'",
        )
    return CheckOutput(form), Path(path)


def write_file(path: Path, text: str) -> None:
    """Write a file; BadParameter where that is impossible."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(
            f"cannot write {path}: {error.strerror}", param_hint="'--output-file'"
        ) from None


def annotations(found: Iterable[tuple[str, str, str]]) -> list[str]:
    """Workflow commands for a GitHub job, of (level, title, message)."""
    return [
        f"::{level} title={_escaped(title).replace(':', '%3A').replace(',', '%2C')}"
        f"::{_escaped(message)}"
        for level, title, message in found
    ]


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
