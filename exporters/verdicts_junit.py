"""Verdicts as JUnit XML, which every CI system reads: a suite per table, a case per verdict.

`failure` is a verdict of fail, `error` one that could not be evaluated, `skipped` one that was not
assessed; a warning passes, with its reason in `system-out`. Format: the schema that Jenkins and
GitLab document, https://github.com/testmoapp/junitxml.
"""

import re
from itertools import groupby
from xml.etree import ElementTree

from checks.core import Status
from exporters.verdicts import Judged, Verdicts, time_text
from exporters.verdicts_text import below, why

# What XML 1.0 cannot hold at all, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(verdicts: Verdicts) -> str:
    """The verdicts as one XML document."""
    root = ElementTree.Element(
        "testsuites", {"name": "limnograph", **_counts(list(verdicts.judged))}
    )
    by_table = sorted(verdicts.judged, key=lambda one: one.check.subject.name)
    for table, group in groupby(by_table, key=lambda one: one.check.subject.name):
        some = list(group)
        suite = ElementTree.SubElement(root, "testsuite", {"name": _text(table), **_counts(some)})
        suite.set("timestamp", (time_text(verdicts.generated_at) or "").rstrip("Z"))
        for one in some:
            _case(suite, one)
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _counts(judged: list[Judged]) -> dict[str, str]:
    def count(status: Status) -> str:
        return str(sum(one.status is status for one in judged))

    return {
        "tests": str(len(judged)),
        "failures": count(Status.FAIL),
        "errors": count(Status.ERROR),
        "skipped": count(Status.NOT_ASSESSED),
        "time": f"{sum(one.duration for one in judged):.3f}",
    }


def _case(suite: ElementTree.Element, one: Judged) -> None:
    slices = f" [{one.verdict.slice}]" if one.verdict.slice else ""
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=_text(one.check.subject.name),
        name=_text(f"{one.check.id}{slices}"),
        time=f"{one.duration:.3f}",
    )
    details = _text("\n".join(below(one)))
    match one.status:
        case Status.FAIL | Status.ERROR:
            tag = "failure" if one.status is Status.FAIL else "error"
            part = ElementTree.SubElement(case, tag, message=_text(why(one)))
            part.set("type", f"{one.check.severity}.{one.check.type}")
            part.text = details
        case Status.NOT_ASSESSED:
            ElementTree.SubElement(case, "skipped", message=_text(why(one)))
        case Status.WARN:
            out = ElementTree.SubElement(case, "system-out")
            out.text = _text(f"warning: {why(one)}\n{details}").strip()
        case Status.PASS:
            pass


def _text(text: str) -> str:
    return _NOT_XML.sub("?", text)
