"""Verdicts as markdown, as they fit a job summary or a chat message."""

from collections.abc import Iterator, Sequence

from exporters.markdown import cell, row
from exporters.verdicts import Judged, Verdicts
from exporters.verdicts_text import summary, why, words
from exporters.wording import moment


def to_markdown(verdicts: Verdicts) -> str:
    """The verdicts as one markdown document."""
    lines = [f"# Checks, {moment(verdicts.generated_at)} UTC", "", f"**{summary(verdicts)}**"]
    return "\n".join([*lines, *verdict_lines(verdicts.judged)]) + "\n"


def verdict_lines(judged: Sequence[Judged]) -> Iterator[str]:
    """A table of verdicts; nothing where there is none."""
    if not judged:
        return
    yield ""
    yield row("Verdict", "Severity", "Check", "Since (UTC)", "Why", "Mend")
    yield row(*("---",) * 6)
    for one in judged:
        yield row(
            f"**{words(one.status)}**",
            str(one.check.severity),
            cell(one.name),
            moment(one.since) if one.since else "-",
            cell(why(one)),
            cell(one.verdict.mend),
        )
