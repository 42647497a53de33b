"""`limnograph demo`: build the lakehouse, read it as if time had passed, say what was seen."""

import asyncio
import json
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from limnograph.demo.building import TRUTH, Lakehouse, build
from limnograph.demo.flaws import from_json as rows_from_json
from limnograph.demo.lakehouse import TABLES
from limnograph.demo.seeing import Sightings, compare
from limnograph.demo.troubles import ALL, Trouble, from_json

if TYPE_CHECKING:
    from rich.console import Console

    from exporters.report import Report
    from limnograph.service import Service

SEEN, UNSEEN = 0, 1


def run(
    directory: Path,
    *,
    seed: int,
    now: datetime | None = None,
    console: "Console",
    troubles: Collection[Trouble] = ALL,
) -> int:
    """Make the demo in a folder and print its report, and for each trouble whether it was seen.

    Returns the exit code: 0 if every planted trouble was seen, else 1. Raises ConfigError when the
    folder holds something that is not an earlier demo.
    """
    from exporters.report import to_json
    from exporters.report_text import to_text

    lakehouse = build(directory, seed=seed, now=now or datetime.now(UTC), troubles=troubles)
    live(lakehouse)
    report = report_on(lakehouse)
    to_text(report, console)
    sightings = sighted(lakehouse, to_json(report))
    _tell(sightings, console)
    console.print(f"\nLook around: limnograph report -c {lakehouse.config}", soft_wrap=True)
    return SEEN if sightings.complete else UNSEEN


def live(lakehouse: Lakehouse) -> None:
    """Let the time pass: its past, a first look, what happened then, and the last look."""
    from rich.console import Console

    from limnograph import settings
    from limnograph.service import opened

    # stdout is the answer; where stderr is no terminal, nothing is shown.
    at = lakehouse.first_look
    with (
        Console(stderr=True).status("writing five weeks of commits") as status,
        opened(settings.load(lakehouse.config), clock=lambda: at) as service,
    ):
        done: list[str] = []

        def progress(table: str, commits: int) -> None:
            done.append(table)
            status.update(f"writing five weeks of commits: {len(done)} of {len(TABLES)} tables")

        lakehouse.history(progress=progress)
        status.update("reading and judging them for the first time")
        _cycle(service)
        status.update("letting two hours pass")
        lakehouse.between()
        at = lakehouse.now
        status.update("reading and judging what is new")
        _cycle(service)


def look(lakehouse: Lakehouse, at: datetime) -> None:
    """One cycle over all tables, as `limnograph run` would have done it at that time."""
    from limnograph import settings
    from limnograph.service import opened

    with opened(settings.load(lakehouse.config), clock=lambda: at) as service:
        _cycle(service)


def _cycle(service: "Service") -> None:
    service.refresh()
    asyncio.run(service.cycle(service.due()))


def report_on(lakehouse: Lakehouse) -> "Report":
    """The report at the end of the last hour, from the store."""
    from limnograph import settings
    from limnograph.reporting import make_report, watched
    from limnograph.service import open_settings_store

    loaded = settings.load(lakehouse.config)
    with open_settings_store(loaded) as store:
        return make_report(store, watched(loaded, store), lakehouse.now)


def sighted(lakehouse: Lakehouse, report: dict[str, object]) -> Sightings:
    """The report's document against the truth file."""
    truth = json.loads((lakehouse.directory / TRUTH).read_text(encoding="utf-8"))
    return compare(from_json(truth), report, rows_from_json(truth["rows"]))


def _tell(sightings: Sightings, console: "Console") -> None:
    seen = len(sightings.seen) + len(sightings.rows_seen)
    count = seen + len(sightings.missed) + len(sightings.rows_missed)
    if not count:
        console.print("\nNo trouble was planted.", style="bold")
    else:
        console.print(f"\nPlanted troubles seen: {seen} of {count}", style="bold")
    for truths, word, style in (
        (sightings.seen, "seen", "green"),
        (sightings.missed, "NOT SEEN", "bold red"),
    ):
        for truth in truths:
            line = f"{truth.trouble:<18} {truth.table:<22} {truth.story}"
            console.print(f"  {word:<9} {line}", style=style, soft_wrap=True)
    for rows, word, style in (
        (sightings.rows_seen, "seen", "green"),
        (sightings.rows_missed, "NOT SEEN", "bold red"),
    ):
        for flaw in rows:
            line = f"{flaw.flaw:<18} {flaw.table:<22} {flaw.rows} {flaw.story} ({flaw.check})"
            console.print(f"  {word:<9} {line}", style=style, soft_wrap=True)
    for found in sightings.surplus:
        line = f"{found.kind:<18} {found.table:<22} {found.message}"
        console.print(f"  {'unplanted':<9} {line}", style="yellow", soft_wrap=True)
