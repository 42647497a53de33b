"""The text of a new configuration: a form that a person can read from top to bottom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from limnograph.proposals.layout import Entry
from limnograph.proposals.writing import comment, mapping, scalar

_SHOWN = 3

_HEAD = """\
# limnograph: what is monitored, and how. Try it:
#   limnograph config check {file}     every mistake at once, with line and column
#   limnograph run -c {file}           read every table now
#   limnograph serve -c {file}         read them on schedule, and answer Prometheus
# Every field has a default and may be left out. Relative paths start at the folder of this file.
# Secrets are never written here, only references: env:NAME (an environment variable) or
# file:PATH (a file that holds nothing else).

# Where readings are kept: a local SQLite file. For PostgreSQL, whose URL holds a password, write
#   store: {{url: env:LIMNOGRAPH_STORE}}
# and set the variable to postgresql+psycopg://USER:PASSWORD@HOST/DATABASE.
store: sqlite:///limnograph.db

# Where `limnograph serve` answers: /metrics for Prometheus, /healthz, /readyz, /api/v1/report.
http:
  host: 127.0.0.1  # 0.0.0.0 to listen on every address
  port: 9899

# What holds for every table, unless the table says otherwise.
defaults:
"""
_DEFAULTS_AFTER = """\
  # monitors:  # all that can be on are on; `limnograph monitors` lists them and their fields
  #   freshness:
  #     event_time: created_at  # the column that says when a row happened, if tables share one
"""
_TABLES = """
# The tables. `limnograph add URI` looks at one and proposes its schedule and event-time column,
# with the evidence. A table that is declared by name goes before one that a glob finds.
tables:
"""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person decides; the rest was found. `options` hold references in place of secrets."""

    owner: str = ""
    time_zone: str = "UTC"
    options: Mapping[str, str] = field(default_factory=dict)


def text_of(file: str, entries: Sequence[Entry], answers: Answers) -> str:
    """The configuration, with comments, for the items of its list of tables."""
    parts = [_HEAD.format(file=file), *_defaults(answers), _DEFAULTS_AFTER, _TABLES]
    for entry in entries:
        parts += [f"{line}\n" for line in _item(entry)]
    return "".join(parts)


def _defaults(answers: Answers) -> list[str]:
    owner = scalar(answers.owner) if answers.owner else '""'
    lines = [
        f"  owner: {owner}  # team or person who answers for the tables",
        "  tags: []  # words to group and filter tables by: --only tag:bronze",
        f"  time_zone: {scalar(answers.time_zone)}  # of the tables' days, and of cron",
        '  schedule: 15m  # how often to read: 90s, 15m, 1h, 1d, or a line of cron: "5 * * * *"',
    ]
    if answers.options:
        lines += comment(["Options of the object store, as deltalake takes them."], "  ")
        lines += mapping({"storage_options": dict(answers.options)}, {}, "  ")
    return [f"{line}\n" for line in lines]


def _item(entry: Entry) -> list[str]:
    values: dict[str, Any]
    if not entry.glob:
        ((name, uri),) = entry.tables.items()
        first, *rest = mapping({"name": name, "uri": uri}, {}, "    ")
        return [f"  - {first.lstrip()}", *rest]
    names = list(entry.tables)
    shown = ", ".join(names[:_SHOWN]) + (" and so on" if len(names) > _SHOWN else "")
    values = {"glob": entry.glob}
    told = (
        f"{len(names)} tables when this was written: {shown}. New ones are found by themselves; "
        "each is named by its path below the fixed part, joined by dots."
    )
    (line,) = mapping(values, {}, "    ")
    return [*comment([told], "  "), f"  - {line.lstrip()}"]
