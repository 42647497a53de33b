"""The reference pages of the documentation, made from the code: `python -m docs.generate`."""

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import typer.main
import yaml
from starlette.routing import Route
from typer.testing import CliRunner

from checks import metrics as check_metrics
from docs import generate_checks, generate_expectations
from docs.form_tables import anchor, fields
from exporters.catalogue import metrics_markdown
from exporters.exposition import Exposition
from exporters.markdown import cell, row
from limnograph import incident_metrics, self_metrics
from limnograph.cli.app import app
from limnograph.paths import DASHBOARDS
from limnograph.settings.json_schema import json_schema
from limnograph.settings.known import known_kinds, known_monitors
from limnograph.web.app import create_app
from monitors.core import Metric
from monitors.delta.reasons import SENTENCES

HERE = Path(__file__).parent
RULES = tuple(DASHBOARDS / "prometheus" / f"{n}.yml" for n in ("limnograph", "limnograph_checks"))
CONTRIBUTING = HERE.parent / "CONTRIBUTING.md"
RUNBOOKS = DASHBOARDS / "runbooks.md"
_MADE = "<!-- Made from the code by `make docs`; edit the code instead. -->\n"
_WIDTH = 96
_PLAIN = {"NO_COLOR": "1", "TERM": "dumb"}


def pages() -> dict[str, str]:
    """Every generated page, by its path below `docs/`."""
    return {
        "reference/metrics.md": metrics_page(),
        "reference/configuration.md": configuration_page(),
        "reference/cli.md": cli_page(),
        "reference/http.md": http_page(),
        "reference/reasons.md": reasons_page(),
        "reference/checks.md": generate_checks.page(_MADE, known_kinds()),
        generate_expectations.PAGE: generate_expectations.page(),
        "how-to/write-a-monitor.md": written_page("monitor", _PUBLISH_MONITOR),
        "how-to/write-a-check.md": written_page("check", _PUBLISH_CHECK),
        "how-to/write-a-channel.md": written_page("channel", _PUBLISH_CHANNEL),
        **runbook_pages(),
    }


def metrics_page() -> str:
    """Every metric: those of each monitor, then those about limnograph itself."""
    known = known_monitors().values()
    counts = [row("Monitor", "What it reads", "Shown by default", "Opt-in"), row(*["---"] * 4)]
    for monitor in known:
        opt_in = sum(metric.opt_in for metric in monitor.metrics)
        name = f"[{monitor.name}](#{anchor(monitor.name)})"
        families = str(len(monitor.metrics) - opt_in)
        counts.append(row(name, cell(monitor.summary), families, str(opt_in)))
    parts = [_MADE, "# Metrics\n", _METRICS, "\n".join(counts) + "\n"]
    for monitor in known:
        about = inspect.cleandoc(inspect.getmodule(monitor.read).__doc__ or "")
        cost = about.replace("\nCardinality: ", "\n\n**Cardinality**: ")
        parts += [f"## {monitor.name}\n", f"{cost}\n", *_families(monitor.metrics)]
    parts += ["## Checks\n", _OF_CHECKS, metrics_markdown(check_metrics.ALL)]
    own = (*self_metrics.ALL, *incident_metrics.ALL)
    parts += ["## About limnograph itself\n", metrics_markdown(own)]
    return "\n".join(parts)


def _families(metrics: Sequence[Metric]) -> Iterator[str]:
    """The families that are always shown, then those that have to be asked for."""
    for title, opt_in in (("Shown by default", False), ("Opt-in", True)):
        if found := [metric for metric in metrics if metric.opt_in is opt_in]:
            yield f"**{title}**\n"
            yield metrics_markdown(found)


def configuration_page() -> str:
    """Every field of the file, form by form, each under its path in the file."""
    schema = json_schema(known_monitors(), known_kinds())
    forms = schema["$defs"]
    titles = _titles(schema, forms)
    links = {name: f"[{title}](#{anchor(title)})" for name, title in titles.items()} | _ELSEWHERE
    parts = [_MADE, "# Configuration\n", _CONFIGURATION, fields(schema, links)]
    for name, title in titles.items():
        about = forms[name].get("description", "")
        parts += [f"## {title}\n", *([f"{about}\n"] if about else [])]
        parts += [fields(forms[name], links) if forms[name].get("properties") else _SWITCH]
    return "\n".join(parts)


def _titles(schema: Mapping[str, Any], forms: Mapping[str, Any]) -> dict[str, str]:
    """The path in the file of every form, in the order of the file; monitors come last."""
    found: dict[str, str] = {}

    def visit(form: Any, path: str) -> None:
        if isinstance(form, list):
            for one in form:
                visit(one, path)
        elif isinstance(form, Mapping):
            name = form.get("$ref", "").rpartition("/")[2]
            if name and name not in found and name not in _ELSEWHERE:
                found[name] = path
                visit(forms[name], path)
            for name, field in form.get("properties", {}).items():
                visit(field, f"{path}.{name}".lstrip("."))
            visit(form.get("additionalProperties"), f"{path}.NAME")
            visit(form.get("items"), f"{path}[]")
            visit(form.get("anyOf"), path)
            for branch in form.get("allOf", ()):
                if "then" in branch:
                    of = branch["if"]["properties"]["type"]["const"]
                    visit(branch["then"], f"{path}, type: {of}")

    visit(schema, "")
    titles = {name: re.sub(r"^.*\.(monitors\.)", r"\1", path) for name, path in found.items()}
    return dict(sorted(titles.items(), key=lambda item: item[1].startswith("monitors.")))


def cli_page() -> str:
    """The help of every command."""
    parts = [_MADE, "# Command line\n", _CLI]
    for names in _commands((), typer.main.get_command(app)):
        # The width must not depend on who makes the page.
        found = CliRunner().invoke(
            app, [*names, "--help"], env=_PLAIN, terminal_width=_WIDTH, prog_name="limnograph"
        )
        text = "\n".join(line.rstrip() for line in found.output.splitlines()).strip()
        parts += [f"## {' '.join(('limnograph', *names))}\n", f"```text\n{text}\n```\n"]
    return "\n".join(parts)


def _commands(names: Sequence[str], command: Any) -> Iterator[Sequence[str]]:
    yield names
    for name, below in getattr(command, "commands", {}).items():
        yield from _commands((*names, name), below)


def http_page() -> str:
    """Every address that `limnograph serve` answers."""
    application = create_app(Exposition(self_metrics.ALL), tuple, dict)
    parts = [_MADE, "# HTTP\n", _HTTP]
    for route in application.routes:
        if isinstance(route, Route):
            about = inspect.cleandoc(route.endpoint.__doc__ or "")
            parts += [f"## {route.path}\n", f"{about}\n"]
    return "\n".join(parts)


def reasons_page() -> str:
    """Why a count is unknown or not exact."""
    lines = [row("Reason", "Why"), row("---", "---")]
    lines += [row(f"`{code}`", cell(sentence)) for code, sentence in SENTENCES.items()]
    return "\n".join([_MADE, "# Reasons\n", _REASONS, *lines]) + "\n"


def written_page(what: str, publish: str) -> str:
    """How to write one thing: the example that the tests run, and how to publish it."""
    _, _, after = CONTRIBUTING.read_text().partition(f"## How to add a {what}\n")
    how = re.split(r"^## ", after, flags=re.MULTILINE)[0]
    return "\n".join([_MADE, f"# Write a {what}\n", f"{how.strip()}\n", publish])


def runbook_pages() -> dict[str, str]:
    """What to do about each alert: a page of its own, and one that lists them."""
    introduction, *sections = re.split(r"^## ", RUNBOOKS.read_text(), flags=re.MULTILINE)
    alerts = {
        rule["alert"]: rule
        for file in RULES
        for group in yaml.safe_load(file.read_text())["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
    lines = [row("Alert", "Severity", "Holds for"), row(*["---"] * 3)]
    found = {}
    for section in sections:
        name, _, steps = section.partition("\n")
        alert, page = alerts[name], f"{name.lower()}.md"
        severity = alert["labels"]["severity"]
        severity = "that of the check" if "$labels" in severity else severity
        lines.append(row(f"[{name}]({page})", severity, alert["for"]))
        when = f"Severity: {severity}. Fires when this has held for {alert['for']}:\n"
        rule = f"```promql\n{alert['expr'].strip()}\n```\n"
        parts = [_MADE, f"# {name}\n", when, rule, f"## What to do\n\n{steps.strip()}\n"]
        found[f"runbooks/{page}"] = "\n".join(parts)
    index = "\n".join([_MADE, introduction.strip(), "", *lines]) + "\n"
    return {"runbooks/index.md": index, **found}


_ELSEWHERE = {"Check": "[a check](checks.md)"}
_SWITCH = "It has no fields: `true` or `false`.\n"
_METRICS = """Every metric that `/metrics` may show, as `limnograph metrics` lists them. Opt-in
families are shown when `metrics.families` of the configuration names them. Times are Unix times in
seconds; an age is `time() - …`. A series that is absent means that the value is unknown.
"""
_CONFIGURATION = """The fields of `limnograph.yaml`, each form under its path in the file.
`limnograph config schema` prints the same as JSON Schema, for editors; `limnograph config check`
finds every mistake at once, with its line; `limnograph config show` prints what holds in the end.
A field that is left out or left empty has its default.
"""
_CLI = """The answer goes to stdout, everything else to stderr. Options can also be set by the
environment variables named here. `--output json` is one JSON document with a `schema_version`.
"""
_HTTP = """What `limnograph serve` answers to GET and HEAD; other methods get 405, other paths 404,
both as JSON `{"error": …}`. There is nothing to log in to, and nothing can be changed over HTTP:
put it behind a proxy where strangers can reach it.
"""
_REASONS = """Why the numbers of a commit are unknown or not exact. The codes are the label
`reason` of `lakehouse_table_commits_uncounted_total`; the sentences are what `limnograph inspect`
says. What to do about them: [truth and exactness](../concepts/truth-and-exactness.md).
"""
_OF_CHECKS = """A check has them from its declaration on (`lakehouse_check_info`) or its first
verdict; they leave with its declaration. The store keeps a history of the observed value and its
bounds. [Verdicts](../concepts/verdicts.md) says what the states mean.
"""
_PUBLISH_MONITOR = """```toml
[project.entry-points."limnograph.monitors"]
churn = "my_package.churn:MONITOR"
```

Installed beside limnograph it is on for every table, `limnograph monitors` lists it, and the
configuration takes a stanza of its name. One that cannot be loaded, or whose name is taken, is an
error of the configuration (exit code 2).
"""
_PUBLISH_CHECK = """```toml
[project.entry-points."limnograph.checks"]
pauses = "my_package.pauses:KIND"
```

Installed beside limnograph it is judged wherever a table declares it. One that cannot be loaded, or
whose name is taken, is an error of the configuration (exit code 2).
"""
_PUBLISH_CHANNEL = """```toml
[project.entry-points."limnograph.channels"]
journal = "my_package.journal:CHANNEL"
```

Installed beside limnograph it is a `type` of `alerts.channels`: [alerts](alerts.md). One that
cannot be loaded, or whose name is taken, is an error of the configuration (exit code 2).
"""


def main() -> None:
    made = pages()
    for stale in (HERE / "runbooks").glob("*.md"):
        if stale.relative_to(HERE).as_posix() not in made:
            stale.unlink()
    for name, text in made.items():
        file = HERE / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


if __name__ == "__main__":
    main()
