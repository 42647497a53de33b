from io import StringIO
from xml.etree import ElementTree

from rich.console import Console

from checks.core import Severity, Status
from exporters.verdicts import Verdicts
from exporters.verdicts_junit import to_junit
from exporters.verdicts_markdown import to_markdown
from exporters.verdicts_text import summary, to_text
from tests.exporters.judged import judged, verdicts

SOME = verdicts(
    judged(
        Status.FAIL,
        "no-nulls",
        severity=Severity.CRITICAL,
        reason="3 of 1,204 rows are null in id",
        mend="see the loader",
        look="select * from t where id is null",
        samples=({"id": None, "text": "x" * 80},),
    ),
    judged(Status.ERROR, "sum", reason="there is no column amount", mend="mend its name"),
    judged(Status.WARN, "late", table="gold.kpis", reason="due in 5 min"),
    judged(Status.NOT_ASSESSED, "volume", reason="history is 9 days, 21 are needed"),
    judged(Status.PASS, "schema", observed=12.0, expected="12 columns"),
)


def text(made: Verdicts, *, quiet: bool = False) -> str:
    out = StringIO()
    to_text(made, Console(file=out, width=120, no_color=True), quiet=quiet)
    return out.getvalue()


def test_a_person_reads_the_failure_first_with_its_mend_and_how_to_look() -> None:
    lines = text(SOME).splitlines()
    assert lines[2].startswith("fail")
    assert "3 of 1,204 rows are null in id" in lines[2]
    assert "mend: see the loader" in lines[3]
    assert "look: select * from t where id is null" in lines[4]
    assert lines[-1] == "5 checks: 1 fail, 1 error, 1 warn, 1 not assessed, 1 pass"


def test_a_bad_row_is_shown_and_its_long_values_are_cut() -> None:
    assert "main.bronze.posts/no-nulls: bad rows" in text(SOME)
    assert "x" * 59 + "…" in text(SOME)
    assert "x" * 60 not in text(SOME)


def test_quiet_leaves_out_what_passes() -> None:
    assert "schema" in text(SOME)
    assert "schema" not in text(SOME, quiet=True)
    assert text(verdicts(judged(Status.PASS)), quiet=True) == ""


def test_a_verdict_without_a_reason_says_what_was_observed_and_expected() -> None:
    assert "12; expected 12 columns" in text(SOME)


def test_nothing_to_judge_is_no_pass() -> None:
    assert summary(verdicts()) == "0 checks"


def test_junit_tells_failures_errors_and_what_was_skipped_apart() -> None:
    root = ElementTree.fromstring(to_junit(SOME))
    assert root.attrib == {
        "name": "limnograph",
        "tests": "5",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
        "time": "1.250",
    }
    cases = {case.attrib["name"]: case for case in root.iter("testcase")}
    failure = cases["no-nulls"].find("failure")
    assert failure is not None
    assert failure.attrib == {
        "message": "3 of 1,204 rows are null in id",
        "type": "critical.volume",
    }
    assert failure.text == "mend: see the loader\nlook: select * from t where id is null"
    assert cases["sum"].find("error") is not None
    assert cases["volume"].find("skipped") is not None
    assert [part.tag for part in cases["late"]] == ["system-out"]
    assert list(cases["schema"]) == []
    assert [suite.attrib["name"] for suite in root] == ["gold.kpis", "main.bronze.posts"]


def test_junit_survives_what_xml_cannot_hold() -> None:
    odd = judged(Status.FAIL, reason='<b> & "\0\x1b[31m\ud800"')
    root = ElementTree.fromstring(to_junit(verdicts(odd)))
    failure = root.find(".//failure")
    assert failure is not None
    assert failure.attrib["message"] == '<b> & "??[31m?"'


def test_markdown_has_a_row_per_verdict_that_nothing_breaks() -> None:
    odd = judged(Status.FAIL, reason="a | b\n# c")
    assert to_markdown(verdicts(odd)).splitlines() == [
        "# Checks, 2026-11-20 11:00 UTC",
        "",
        "**1 check: 1 fail**",
        "",
        "| Verdict | Severity | Check | Since (UTC) | Why | Mend |",
        "| --- | --- | --- | --- | --- | --- |",
        "| **fail** | warning | main.bronze.posts/rows-a-day | 2026-11-20 07:00 | a \\| b # c |  |",
    ]
