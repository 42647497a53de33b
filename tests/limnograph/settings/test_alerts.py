"""The stanza `alerts`: understood as it was meant, wrong with every problem at its place."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from checks.core import Severity
from limnograph.settings import Settings, check, json_schema, load, show
from limnograph.settings.alert_forms import Route
from limnograph.settings.alerts import AlertSettings

jsonschema: Any = pytest.importorskip("jsonschema")

GOOD = """\
alerts:
  link: https://grafana.example/d/lake?var-table={table}&var-schema={schema}
  channels:
    data-team: {type: slack, webhook: env:SLACK_WEBHOOK, mention: {search: S0AB1}}
    bot: {type: slack, token: file:secrets/token, channel: C0001}
    ops: {type: alertmanager, url: [http://am-1:9093, http://am-2:9093]}
    tickets: {type: webhook, url: env:TICKETS_URL, secret: env:TICKETS_KEY, allow_private: true}
  routes:
    - {severity: critical, to: [ops, data-team], continue: true}
    - {owner: [search, "web-*"], tag: gold, to: bot}
    - {table: main.sandbox.*, to: []}
    - to: [data-team, tickets]
tables: []
"""
SECRET = "https://hooks.slack.com/services/T1/B1/hunter2"


def loaded(tmp_path: Path, text: str) -> Settings:
    file = tmp_path / "limnograph.yaml"
    file.write_text(text)
    return load(file)


def problems(tmp_path: Path, stanza: str) -> list[str]:
    """The problems of a stanza, from `line:column` on."""
    file = tmp_path / "limnograph.yaml"
    file.write_text(f"{stanza}tables: []\n")
    return [str(problem).removeprefix(f"{file}:") for problem in check(file)]


def test_a_stanza_is_understood_as_it_was_meant(tmp_path: Path) -> None:
    alerts = loaded(tmp_path, GOOD).alerts
    assert {name: one.kind.name for name, one in alerts.channels.items()} == {
        "data-team": "slack",
        "bot": "slack",
        "ops": "alertmanager",
        "tickets": "webhook",
    }
    assert alerts.routes == (
        Route(("ops", "data-team"), Severity.CRITICAL, go_on=True),
        Route(("bot",), owner=("search", "web-*"), tag=("gold",)),
        Route((), table=("main.sandbox.*",)),
        Route(("data-team", "tickets")),
    )
    assert alerts.link.startswith("https://grafana.example/d/lake?")
    assert alerts.warnings == ()


def test_a_file_without_alerts_has_no_channels(tmp_path: Path) -> None:
    for text in ("tables: []\n", "alerts:\ntables: []\n"):
        assert loaded(tmp_path, text).alerts == AlertSettings()


def test_a_file_of_a_secret_is_found_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "token").write_text("xoxb-hunter2\n")
    form: Any = loaded(tmp_path, GOOD).alerts.channels["bot"].form
    assert form.token.reveal() == "xoxb-hunter2"


def test_what_show_prints_means_the_same_and_holds_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_WEBHOOK", SECRET)
    settings = loaded(tmp_path, GOOD)
    text = show(settings)
    again = loaded(tmp_path, text)
    assert again.alerts == settings.alerts
    assert show(again) == text
    assert "env:SLACK_WEBHOOK" in text
    assert "hunter2" not in text + repr(settings)


def test_every_problem_is_told_at_once_with_its_place_and_mend(tmp_path: Path) -> None:
    stanza = f"""\
alerts:
  lnk: x
  channels:
    hook: {{type: slack, webhook: {SECRET}}}
    both: {{type: slack, webhook: env:A, token: env:B, channel: C1}}
    odd: {{type: slak, webhook: env:A}}
    bare: {SECRET}
    token: {{type: slack, token: xoxb-hunter2, chanel: C1}}
    hooks: {{type: webhook, url: "https://u:hunter2@x.example/", secret: hunter2, timeout: soon}}
    "a b": {{type: slack}}
  routes:
    - {{severity: fatal, to: [hook]}}
    - {{to: [hok, both, both]}}
    - {{owner: search, to: odd}}
    - to
    - {{owner: search}}
    - {{ownr: search, to: hook}}
"""
    secret = "a secret must be a reference, not the value itself; write "
    keep = " or file:PATH, and keep the value there"
    assert problems(tmp_path, stanza) == [
        "2:3: alerts.lnk: unknown field; did you mean 'link'?",
        f"4:25: alerts.channels.hook.webhook: {secret}env:SLACK_WEBHOOK{keep}",
        "5:5: alerts.channels.both: has both a webhook and a token; keep one: a token's messages "
        "can be updated, a webhook needs no bot",
        "6:11: alerts.channels.odd.type: 'slak' is no kind of channel; did you mean 'slack'?",
        "7:5: alerts.channels.bare: expected a channel, got text; write 'type: slack' and its "
        "fields",
        f"8:26: alerts.channels.token.token: {secret}env:SLACK_TOKEN{keep}",
        "8:47: alerts.channels.token.chanel: unknown field; did you mean 'channel'?",
        "9:28: alerts.channels.hooks.url: holds a user or a password; write env:NAME and keep the "
        "whole URL there",
        f"9:65: alerts.channels.hooks.secret: {secret}env:WEBHOOK_SECRET{keep}",
        "9:82: alerts.channels.hooks.timeout: expected a number, got 'soon'",
        "10:5: alerts.channels.a…: not a channel's name; write letters, digits, '-', '_' and '.'",
        "12:8: alerts.routes[0].severity: expected 'info', 'warning' or 'critical', got 'fatal'",
        "13:13: alerts.routes[1].to[0]: there is no channel 'hok'; did you mean 'hook'?",
        "13:24: alerts.routes[1].to[2]: 'both' is there twice; remove one of them",
        "14:7: alerts.routes[2]: is never asked: the route in line 13 takes all of its messages; "
        "move this one above it, or write continue: true there",
        "15:7: alerts.routes[3]: expected a route, got text; write 'to: [channel]'",
        "16:7: alerts.routes[4].to: is missing; add it",
        "17:8: alerts.routes[5].ownr: unknown field; did you mean 'owner'?",
    ]


@pytest.mark.wide
def test_no_problem_repeats_a_secret(tmp_path: Path) -> None:
    values = [SECRET, f"[{SECRET}]", f"{{a: {SECRET}}}", f'"{SECRET}\\n"', "env:hunter2!x"]
    fields = ["webhook", "token", "url", "secret", "password", "bearer", "api_url", "channel"]
    for kind in ("slack", "webhook", "alertmanager"):
        for name in fields:
            for value in values:
                stanza = f"alerts: {{channels: {{x: {{type: {kind}, {name}: {value}}}}}}}\n"
                told = problems(tmp_path, stanza)
                assert told or name == "channel"
                assert "hunter2" not in "".join(told)


@pytest.mark.parametrize(
    ("above", "below", "reached"),
    [
        ("{to: [a]}", "{severity: critical, to: [a]}", False),
        ("{to: [a], continue: true}", "{severity: critical, to: [a]}", True),
        ("{severity: warning, to: [a]}", "{severity: critical, to: [a]}", False),
        ("{severity: critical, to: [a]}", "{severity: warning, to: [a]}", True),
        ("{owner: x, to: [a]}", "{owner: x, tag: gold, to: [a]}", False),
        ("{owner: x, to: [a]}", "{owner: y, to: [a]}", True),
        ("{owner: x, tag: t, to: [a]}", "{owner: x, to: [a]}", True),
    ],
)
def test_a_route_that_can_never_be_asked_is_a_problem(
    tmp_path: Path, above: str, below: str, reached: bool
) -> None:
    stanza = f"""\
alerts:
  channels: {{a: {{type: slack, webhook: env:A}}}}
  routes:
    - {above}
    - {below}
"""
    told = problems(tmp_path, stanza)
    assert (told == []) is reached
    assert reached or "5:7: alerts.routes[1]: is never asked: the route in line 4" in told[0]


def test_what_is_hardly_meant_is_a_warning(tmp_path: Path) -> None:
    text = """\
alerts:
  channels:
    used: {type: slack, webhook: env:A}
    idle: {type: slack, webhook: env:B}
  routes:
    - {severity: critical, to: [used]}
tables: []
"""
    warnings = loaded(tmp_path, text).alerts.warnings
    assert [(w.line, w.column, w.field, w.message) for w in warnings] == [
        (
            5,
            3,
            "alerts.routes",
            "of a message that fits no route nobody is told; end the list with '- to: [...]'",
        ),
        (
            4,
            5,
            "alerts.channels.idle",
            "no route leads to this channel; name it in a route, or remove it",
        ),
    ]


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("https://g.example/d?t={tabel}", "has an unknown field in braces; did you mean 'table'?"),
        (
            "https://g.example/d?t={table.x}",
            "has an unknown field in braces; did you mean 'table'?",
        ),
        ("https://g.example/d?t={}", "has an unknown field in braces; valid here: {catalog},"),
        ("https://g.example/d?t={table!r}", "has an unknown field in braces"),
        ("https://g.example/d?t={table", "has a bracket or a brace without its counterpart"),
        ("https://u:p@g.example/", "holds a user or a password, which everybody would see"),
        ("grafana.example/d", "is not an http or https URL"),
        ("https://g.example/a b", "is not an http or https URL"),
        ("javascript:alert(1)", "is not an http or https URL"),
        ("[a]", "expected text, got a list"),
    ],
)
def test_a_link_that_cannot_be_filled_in_is_a_problem(
    tmp_path: Path, link: str, problem: str
) -> None:
    quoted = link if link == "[a]" else f'"{link}"'
    (told,) = problems(tmp_path, f"alerts: {{link: {quoted}}}\n")
    assert told.startswith(f"1:10: alerts.link: {problem}")


@pytest.mark.parametrize("stanza", ["alerts: 1\n", "alerts: []\n", "alerts: text\n"])
def test_nonsense_is_one_problem(tmp_path: Path, stanza: str) -> None:
    (told,) = problems(tmp_path, stanza)
    assert told.startswith("1:1: alerts: expected a mapping, got ")


@pytest.mark.parametrize(
    "stanza",
    [
        "{channels: []}",
        "{channels: {a: }}",
        "{channels: {a: {}}}",
        "{channels: {a: {type: 1}}}",
        "{channels: {a: {type: slack, mention: [x]}}}",
        "{routes: {}}",
        "{routes: [null]}",
        "{routes: [{to: [1]}]}",
        "{routes: [{to: {}}]}",
        "{routes: [{to: x, severity: []}]}",
    ],
)
def test_nonsense_inside_is_a_problem_as_well(tmp_path: Path, stanza: str) -> None:
    assert problems(tmp_path, f"alerts: {stanza}\n")


def test_the_json_schema_takes_what_is_right_and_refuses_what_is_wrong(tmp_path: Path) -> None:
    validator = jsonschema.Draft202012Validator(json_schema())
    assert not list(validator.iter_errors(yaml.safe_load(GOOD)))
    shown = yaml.safe_load(show(loaded(tmp_path, GOOD)))
    assert not list(validator.iter_errors(shown))
    wrongs: tuple[dict[str, Any], ...] = (
        {"channels": {"a": {"type": "slak"}}},
        {"channels": {"a": {"type": "slack", "webhook": SECRET}}},
        {"channels": {"a": {"type": "slack", "chanel": "C1"}}},
        {"channels": {"a": {"type": "webhook"}}},
        {"routes": [{"owner": "x"}]},
        {"routes": [{"to": [], "severity": "fatal"}]},
        {"link": "grafana"},
        {"chanels": {}},
    )
    for wrong in wrongs:
        assert list(validator.iter_errors({"tables": [], "alerts": wrong})), json.dumps(wrong)
