"""The stanza `alerts`: who is told of what does not pass, by which channels and routes.

Channels are forms with a `type`; routes are asked in order, and the first that fits says where a
message goes, unless it says `continue: true`.
"""

import re
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from checks.core import Severity
from exporters.channels.fields import DISCREET
from exporters.core import ChannelKind
from limnograph.settings.alert_forms import (
    LINK_FIELDS,
    AlertSettings,
    Channel,
    Route,
    RouteForm,
    known_channels,
)
from limnograph.settings.alert_schema import document, json_schema
from limnograph.settings.forms import mapping, unknown, wording
from limnograph.settings.problems import Path as At
from limnograph.settings.problems import Problem, Report, did_you_mean
from limnograph.settings.scalars import described, kind_of

__all__ = ["AlertSettings", "Channel", "Route", "alert_settings", "document", "json_schema"]

_AT: At = ("alerts",)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def alert_settings(raw: object, folder: Path, report: Report) -> AlertSettings:
    """The settings of the stanza; they are of use only when the report stays empty.

    Files of references are below `folder`. No secret is read.
    """
    stanza = mapping(raw, _AT, report)
    valid = ("link", "channels", "routes")
    for name in stanza:
        if name not in valid:
            report.add((*_AT, name), unknown(name, list(valid)))
    channels = _channels(stanza.get("channels"), folder, report)
    named = stanza.get("channels")
    names = [str(name) for name in named] if isinstance(named, dict) else []
    placed = _routes(stanza.get("routes"), names, report)
    link = _link(stanza.get("link"), report)
    warnings = tuple(_warnings(placed, channels, report)) if stanza else ()
    return AlertSettings(channels, tuple(route for _, route in placed), link, warnings)


def _channels(raw: object, folder: Path, report: Report) -> dict[str, Channel]:
    at: At = (*_AT, "channels")
    stanzas = mapping(raw, at, report)
    kinds = known_channels() if stanzas else {}
    found = {}
    for name, stanza in stanzas.items():
        place = (*at, name)
        if not _NAME.fullmatch(name):
            report.add(place, "not a channel's name; write letters, digits, '-', '_' and '.'")
        elif channel := _channel(name, stanza, kinds, folder, report):
            found[name] = channel
    return found


def _channel(
    name: str, raw: object, kinds: Mapping[str, ChannelKind], folder: Path, report: Report
) -> Channel | None:
    at: At = (*_AT, "channels", name)
    if not isinstance(raw, dict):
        # Text may be the secret itself, so it must not be repeated.
        got = kind_of(raw)
        report.add(at, f"expected a channel, got {got}; write 'type: slack' and its fields")
        return None
    given = {key: value for key, value in raw.items() if value is not None}
    word = given.pop("type", None)
    kind = kinds.get(word) if isinstance(word, str) else None
    if kind is None:
        advice = f"write one of {', '.join(kinds)}"
        if isinstance(word, str):
            problem = (
                f"{described(word)} is no kind of channel; {did_you_mean(word, kinds, advice)}"
            )
        else:
            problem = f"is missing; {advice}" if word is None else advice
        report.add((*at, "type"), problem)
        return None
    context = {"folder": folder, "kind": kind.name}
    try:
        return Channel(name, kind, kind.form.model_validate(given, context=context))
    except ValidationError as error:
        for details in error.errors(include_url=False):
            # The words of a secret's mend, which are not told of other fields that look secret.
            discreet = details["type"] == DISCREET
            message = details["msg"] if discreet else wording(details, kind.form, at)
            report.add((*at, *_written(details["loc"], given)), message)
        return None


def _written(loc: tuple[int | str, ...], given: Mapping[str, Any]) -> At:
    """Pydantic's path without the branches of unions, which nobody wrote."""
    return tuple(
        part
        for part in loc
        if isinstance(part, int) or part in given or re.fullmatch(r"[\w.-]+", part)
    )


def _routes(raw: object, names: list[str], report: Report) -> list[tuple[At, Route]]:
    at: At = (*_AT, "routes")
    if raw is None:
        return []
    if not isinstance(raw, list):
        got = kind_of(raw)
        report.add(at, f"expected a list, got {got}; begin each route with '- to:'")
        return []
    found: list[tuple[At, Route]] = []
    for index, item in enumerate(raw):
        place: At = (*at, index)
        route = _route(item, place, names, report)
        if route is None:
            continue
        if first := next((above for above, other in found if other.covers(route)), None):
            line, _ = report.document.position(first)
            report.add(
                place,
                f"is never asked: the route in line {line} takes all of its messages; move this "
                "one above it, or write continue: true there",
            )
        found.append((place, route))
    return found


def _route(raw: object, at: At, names: list[str], report: Report) -> Route | None:
    if not isinstance(raw, dict):
        got = "nothing" if raw is None else kind_of(raw)
        report.add(at, f"expected a route, got {got}; write 'to: [channel]'")
        return None
    given = {key: value for key, value in raw.items() if value is not None}
    try:
        form = RouteForm.model_validate(given)
    except ValidationError as error:
        for details in error.errors(include_url=False):
            report.add((*at, *details["loc"]), wording(details, RouteForm, at))
        return None
    for index, name in enumerate(form.to):
        place: At = (*at, "to", index) if isinstance(given["to"], list) else (*at, "to")
        if name not in names:
            advice = f"known here: {', '.join(names)}" if names else "declare it in alerts.channels"
            report.add(
                place, f"there is no channel {described(name)}; {did_you_mean(name, names, advice)}"
            )
        elif name in form.to[:index]:
            report.add(place, f"{described(name)} is there twice; remove one of them")
    return Route(
        to=form.to,
        severity=Severity(form.severity),
        owner=form.owner,
        tag=form.tag,
        table=form.table,
        check=form.check,
        go_on=form.continue_,
    )


def _link(raw: object, report: Report) -> str:
    at: At = (*_AT, "link")
    if raw is None:
        return ""
    if not isinstance(raw, str):
        report.add(
            at,
            f"expected text, got {kind_of(raw)}; write for example "
            "https://grafana.example/d/table?var-table={table}",
        )
        return ""
    if message := _wrong_link(raw):
        report.add(at, message)
        return ""
    return raw


def _wrong_link(text: str) -> str:
    valid = ", ".join(f"{{{name}}}" for name in LINK_FIELDS)
    if len(text) > 1000 or not re.fullmatch(r"https?://[!-~]+", text) or re.search(r'[<>|"]', text):
        return "is not an http or https URL; write for example https://HOST/PATH"
    try:
        if "@" in urlsplit(text).netloc:
            return "holds a user or a password, which everybody would see; remove it"
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return f"has a bracket or a brace without its counterpart; its fields are {valid}"
    for _, name, more, conversion in parts:
        if name is not None and (more or conversion or name not in LINK_FIELDS):
            question = did_you_mean(name, LINK_FIELDS, f"valid here: {valid}")
            return f"has an unknown field in braces; {question}"
    return ""


def _warnings(
    placed: list[tuple[At, Route]], channels: Mapping[str, Channel], report: Report
) -> list[Problem]:
    found = []
    routes = [route for _, route in placed]
    everything = Route(to=())
    if channels and not any(
        Route(r.to, r.severity, r.owner, r.tag, r.table, r.check).covers(everything) for r in routes
    ):
        found.append(
            report.problem(
                (*_AT, "routes"),
                "of a message that fits no route nobody is told; end the list with '- to: [...]'",
            )
        )
    used = {name for route in routes for name in route.to}
    for name in channels:
        if name not in used:
            message = "no route leads to this channel; name it in a route, or remove it"
            found.append(report.problem((*_AT, "channels", name), message))
    return found
