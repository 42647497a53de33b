"""The documentation says what is true: made from the code where it can be, checked where not."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from textwrap import indent
from typing import Any

import pyarrow as pa
import pytest
import typer.main
import yaml
from deltalake import write_deltalake

import checks
import monitors
from checks import metrics as check_metrics
from docs.generate import pages
from exporters.rules import TroubleKind
from limnograph import incident_metrics, self_metrics, settings
from limnograph.cli.app import app
from limnograph.cli.exit import Exit
from limnograph.paths import DASHBOARDS
from limnograph.settings.models import File
from monitors.core import GAPS, EventKind
from monitors.delta.reasons import SENTENCES
from tests.house import ROOT
from tests.programs import promtool

DOCS = ROOT / "docs"
RULES = [DASHBOARDS / "prometheus" / name for name in ("limnograph.yml", "limnograph_checks.yml")]
PAGES = sorted(file.relative_to(DOCS).as_posix() for file in DOCS.rglob("*.md"))
FENCED = re.compile(r"^( *)```(\w+)\n(.*?)^\1```$", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"(?<!`)`(limnograph(?: [^`]+)?)`(?!`)")
COMMAND = typer.main.get_command(app)
OF_SHELL = {"|", ">", "&&", ";", "#"}
OTHER = "{name: main.bronze.posts, uri: ./posts}"
"""The table that the checks of examples refer to."""


ROWS = pa.table(
    {
        "id": pa.array([1, 2], pa.int64()),
        "post_id": [1, 2],
        "author_id": [1, 2],
        "source": ["web", "web"],
        "day": ["mon", "mon"],
        "text": ["a", "b"],
        "email": ["a@x", "b@x"],
        "label": ["news", "sport"],
        "score": [0.5, 0.7],
        "price": pa.array([1, 2], pa.decimal128(10, 2)),
        "model": ["m", "m"],
        "extracted": ["{}", "{}"],
        "address": [{"city": "Bonn"}, {"city": "Ulm"}],
    }
)
"""What the examples of checks are about."""


def text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """Every fenced block of a language, with its page."""
    for page in PAGES:
        for _, found, body in FENCED.findall(text(page)):
            if found == language:
                yield page, body


def commands() -> Iterator[tuple[str, str]]:
    """Every call of limnograph in a console block or in the text, with its page."""
    for page, body in blocks("console"):
        for line in body.replace("\\\n", " ").splitlines():
            if line.startswith("$ limnograph"):
                yield page, line.removeprefix("$ ")
    for page in PAGES:
        for found in re.findall(
            r"(?<!`)`(limnograph(?: [^`]+)?)`(?!`)", FENCED.sub("", text(page))
        ):
            yield page, " ".join(found.split())


def parse(line: str) -> None:
    """Parse a call as the program would, and run nothing; raises what the program would say."""
    command: Any = COMMAND
    words = list(takewhile(lambda word: word not in OF_SHELL, shlex.split(line)[1:]))
    while words:
        context = command.context_class(command, info_name="limnograph")
        _, rest, _ = command.make_parser(context).parse_args(words)
        if not hasattr(command, "commands"):
            return
        assert not rest or rest[0] in command.commands, f"no command {rest[0]}"
        command, words = (command.commands[rest[0]], rest[1:]) if rest else (command, [])


def with_tables(block: str) -> str:
    """A part of a configuration made whole; checks alone become those of a table."""
    if block.startswith("checks:"):
        block = f"tables:\n- name: x\n  uri: ./x\n{indent(block, '  ')}\n- {OTHER}\n"
    return block if "\ntables:" in f"\n{block}" else f"{block}\ntables: [{{name: x, uri: ./x}}]\n"


def test_the_generated_pages_are_those_of_the_code() -> None:
    stale = [
        name for name, made in pages().items() if not (DOCS / name).is_file() or text(name) != made
    ]
    assert stale == [], "run `make docs`"


def test_every_alert_has_a_page_where_its_runbook_says() -> None:
    groups = [group for file in RULES for group in yaml.safe_load(file.read_text())["groups"]]
    rules = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    anchors = {rule["annotations"]["runbook_url"].partition("#")[2] for rule in rules}
    assert {f"runbooks/{anchor}.md" for anchor in anchors} | {"runbooks/index.md"} == {
        page for page in PAGES if page.startswith("runbooks/")
    }
    for rule in rules:
        page = text(f"runbooks/{rule['alert'].lower()}.md")
        assert f"# {rule['alert']}\n" in page
        assert rule["expr"].strip() in page


def test_every_page_is_found_from_the_navigation() -> None:
    listed = re.findall(r"\S+\.md$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert sorted(listed) == PAGES


def test_the_program_takes_every_command() -> None:
    refused = []
    for page, line in commands():
        try:
            parse(line)
        except Exception as error:
            refused.append((page, line, str(error)))
    assert refused == []


@pytest.mark.parametrize("line", ["limnograph reprot", "limnograph run --onyl x"])
def test_a_command_that_the_program_would_refuse_is_found(line: str) -> None:
    with pytest.raises(Exception, match=r"reprot|onyl"):
        parse(line)


@pytest.mark.parametrize("block", [pytest.param(b, id=page) for page, b in blocks("yaml")])
def test_a_block_of_yaml_is_valid(block: str, tmp_path: Path) -> None:
    keys = set(yaml.safe_load(block))
    file = tmp_path / "file.yaml"
    if keys <= {*File.model_fields, "checks"}:
        file.write_text(with_tables(block))
        settings.load(file)
    else:
        file.write_text(block)
        for rules in RULES:
            shutil.copy(rules, tmp_path)
        checked = promtool("check", "rules" if keys == {"groups"} else "config", file)
        assert checked.returncode == 0, checked.stdout.decode()


def examples_of_checks() -> Iterator[dict[str, Any]]:
    """Those that stand alone on the page about checks, each under an id of its own."""
    found = [yaml.safe_load(body) for page, body in blocks("yaml") if page == "how-to/checks.md"]
    alone = [check for one in found if one.keys() == {"checks"} for check in one["checks"]]
    for number, check in enumerate(alone):
        hidden = check.get("quarantine", {})
        place = {"quarantine": {**hidden, "uri": "./bad"}} if hidden else {}
        yield {**check, **place, "id": f"{check.get('id', check['type'])}-{number}"}


@pytest.mark.slow
def test_every_example_of_a_check_can_be_evaluated(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "x", ROWS)
    write_deltalake(tmp_path / "posts", ROWS.select(["id"]))
    declared = list(examples_of_checks())
    tables = [
        {"name": "main.bronze.posts", "uri": "./posts"},
        {"name": "x", "uri": "./x", "checks": declared},
    ]
    file = tmp_path / "limnograph.yaml"
    file.write_text(yaml.safe_dump({"store": "sqlite:///x.db", "tables": tables}))
    command = ["limnograph", "check", "run", "--config", str(file), "--output", "json"]
    ran = subprocess.run([sys.executable, "-m", *command], capture_output=True, check=False)
    judged = {one["check"]: one for one in json.loads(ran.stdout)["checks"]}
    assert {one["id"] for one in declared} == judged.keys()
    assert {one["kind"] for one in judged.values()} == {kind.name for kind in checks.ALL}
    assert [one["reason"] for one in judged.values() if one["status"] == "error"] == []


def test_every_metric_that_is_named_exists() -> None:
    declared = {m.name for monitor in monitors.ALL for m in monitor.metrics}
    others = (*self_metrics.ALL, *check_metrics.ALL, *incident_metrics.ALL)
    declared |= {metric.name for metric in others}
    written = set(PAGES) - {"how-to/write-a-monitor.md"}  # its example has a metric of its own
    named = {(page, name) for page in written for name in re.findall(r"lakehouse_\w+", text(page))}
    assert {(page, name) for page, name in named if name not in declared} == set()


def test_every_reason_event_trouble_and_exit_code_is_explained() -> None:
    for reason in SENTENCES:
        assert f"| `{reason}` |" in text("concepts/truth-and-exactness.md")
    for event in EventKind:
        gap = " yes " if event in GAPS else " "
        assert f"| `{event}` |{gap}|" in text("concepts/gaps.md")
    help_page = text("how-to/troubleshooting.md")
    for trouble in TroubleKind:
        assert re.search(rf"^\|[^|]*\b{trouble}\b", help_page, re.MULTILINE)
    for code in Exit:
        assert f"| {code.value} |" in help_page


@pytest.mark.slow
def test_the_site_builds_and_loads_nothing_from_outside(tmp_path: Path) -> None:
    build = ["mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    built = subprocess.run(
        [sys.executable, "-m", *build], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    made = sorted(tmp_path.rglob("*.html"))
    assert len(made) > len(PAGES)
    for page in made:
        html = page.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|link|img|iframe|source)\b[^>]*>", html)
        assert loaded
        assert [tag for tag in loaded if re.search(r"""["'=](?:https?:)?//""", tag)] == []
        # The theme would fetch its script for diagrams, and the facts of a repository.
        assert 'class="mermaid"' not in html
        assert 'data-md-component="source"' not in html
    for style in tmp_path.rglob("*.css"):
        assert re.search(r"(@import|url\()\s*[\"']?(https?:)?//", style.read_text()) is None
