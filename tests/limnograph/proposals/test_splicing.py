"""New lines go into a YAML text, and every other byte of it stays as it is."""

from typing import Any

import pytest
import yaml

from limnograph.proposals.places import Uneditable
from limnograph.proposals.splicing import Item, with_item, with_settings
from limnograph.proposals.writing import Evidence, comment, scalar
from limnograph.settings.document import parse

NEW = Item({"name": "b", "uri": "./b"}, {})
FRESH = {"monitors": {"freshness": {"event_time": "at"}}}
WHY: Evidence = {("monitors", "freshness", "event_time"): ("because",)}


def value(text: str) -> Any:
    document, report = parse(text.encode(), "x.yaml")
    assert report.problems == []
    return document.root.value


ADDED = {
    "after the last item and its comments": (
        "tables:\n  - name: a  # first\n    uri: ./a\n    # tags: [x]\n\n# the end\n",
        "tables:\n  - name: a  # first\n    uri: ./a\n    # tags: [x]\n"
        "  - name: b\n    uri: ./b\n\n# the end\n",
    ),
    "a comment of the list stays below": (
        "tables:\n  - name: a\n  # more to come\nrun: {}\n",
        "tables:\n  - name: a\n  - name: b\n    uri: ./b\n  # more to come\nrun: {}\n",
    ),
    "blank lines between items": (
        "tables:\n  - name: a\n\n  - name: c\n\nrun: {}\n",
        "tables:\n  - name: a\n\n  - name: c\n\n  - name: b\n    uri: ./b\n\nrun: {}\n",
    ),
    "no line end at the end": (
        "tables:\n- name: a",
        "tables:\n- name: a\n- name: b\n  uri: ./b",
    ),
    "wide dashes": (
        "tables:\n    -   name: a\n        uri: x\n",
        "tables:\n    -   name: a\n        uri: x\n    -   name: b\n        uri: ./b\n",
    ),
    "windows line ends": (
        "tables:\r\n  - name: a\r\nrun: {}\r\n",
        "tables:\r\n  - name: a\r\n  - name: b\r\n    uri: ./b\r\nrun: {}\r\n",
    ),
    "an empty list": (
        "tables: []  # none yet\nrun: {}\n",
        "tables:  # none yet\n  - name: b\n    uri: ./b\nrun: {}\n",
    ),
    "an empty list without line end": ("tables: []", "tables:\n  - name: b\n    uri: ./b"),
    "nothing after the colon": (
        "tables:\n  # - name: example\n\nrun: {}\n",
        "tables:\n  - name: b\n    uri: ./b\n  # - name: example\n\nrun: {}\n",
    ),
    "no list of tables": (
        "run: {}\n# end\n",
        "run: {}\n# end\ntables:\n  - name: b\n    uri: ./b\n",
    ),
    "comments only": ("# nothing\n", "# nothing\ntables:\n  - name: b\n    uri: ./b\n"),
    "an empty file": ("", "tables:\n  - name: b\n    uri: ./b\n"),
    "a list on one line": (
        "tables: [{name: a}]  # one\n",
        "tables: [{name: a}, {name: b, uri: ./b}]  # one\n",
    ),
    "braces in a list of lines": (
        "tables:\n  - {name: a, uri: x}  # c\nrun: {}\n",
        "tables:\n  - {name: a, uri: x}  # c\n  - name: b\n    uri: ./b\nrun: {}\n",
    ),
    "a list in brackets over lines": (
        "tables: [\n  {name: a},  # first\n]\n",
        "tables: [\n  {name: a},  # first\n  {name: b, uri: ./b},\n]\n",
    ),
    "brackets without a last comma": (
        "tables: [\n  {name: a}  # first\n]\n",
        "tables: [\n  {name: a},  # first\n  {name: b, uri: ./b}\n]\n",
    ),
    "a list with an anchor": (
        "tables: &all\n- name: a\nrun: {}\n",
        "tables: &all\n- name: a\n- name: b\n  uri: ./b\nrun: {}\n",
    ),
    "an item with an anchor and one that merges it": (
        "tables:\n  - &base\n    name: a\n  - <<: *base\n    name: c\n    tags: *t\n",
        "tables:\n  - &base\n    name: a\n  - <<: *base\n    name: c\n    tags: *t\n"
        "  - name: b\n    uri: ./b\n",
    ),
    "a block of text at the end": (
        "tables:\n  - name: a\n    description: |\n      one\n\n      two\n\n\n# end\n",
        "tables:\n  - name: a\n    description: |\n      one\n\n      two\n"
        "  - name: b\n    uri: ./b\n\n\n# end\n",
    ),
    "a document in marks": (
        "---\ntables:\n  - name: a\n...\n",
        "---\ntables:\n  - name: a\n  - name: b\n    uri: ./b\n...\n",
    ),
    "braces all over": (
        "{tables: [{name: a}], run: {}}\n",
        "{tables: [{name: a}, {name: b, uri: ./b}], run: {}}\n",
    ),
    "a key that is null at the end": (
        "tables:\n  - name: a\n    owner:\n  # end\n",
        "tables:\n  - name: a\n    owner:\n  - name: b\n    uri: ./b\n  # end\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), ADDED.values(), ids=ADDED)
def test_a_table_is_added(before: str, after: str) -> None:
    assert with_item(before, NEW) == after


@pytest.mark.parametrize("before", ["tables: *x\n", "{run: {}}\n", "tables: text\n", "- a\n"])
def test_what_is_no_list_is_not_touched(before: str) -> None:
    with pytest.raises(Uneditable):
        with_item(before, NEW)


def test_evidence_stands_above_its_line_and_notes_below() -> None:
    item = Item({"name": "b", **FRESH}, WHY, ("a note",))
    assert with_item("tables:\n- name: a\n", item) == (
        "tables:\n- name: a\n- name: b\n  monitors:\n    freshness:\n      # because\n"
        "      event_time: at\n  # a note\n"
    )


SET = {
    "nothing of it is there": (
        "tables:\n  - name: a\n    # c\nrun: {}\n",
        "tables:\n  - name: a\n    # c\n    monitors:\n      freshness:\n        # because\n"
        "        event_time: at\nrun: {}\n",
    ),
    "a part is there": (
        "tables:\n  - name: a\n    monitors:\n      freshness:\n        scan: true  # c\n"
        "    x: 1\n",
        "tables:\n  - name: a\n    monitors:\n      freshness:\n        scan: true  # c\n"
        "        # because\n        event_time: at\n    x: 1\n",
    ),
    "another monitor is there": (
        "tables:\n  - monitors:\n      ingestion: true\n",
        "tables:\n  - monitors:\n      ingestion: true\n      freshness:\n        # because\n"
        "        event_time: at\n",
    ),
    "in braces": (
        "tables:\n  - {name: a, monitors: {}}  # c\n",
        "tables:\n  - {name: a, monitors: {freshness: {event_time: at}}}  # c\n",
    ),
    "in braces with others": (
        "tables: [{name: a}]\n",
        "tables: [{name: a, monitors: {freshness: {event_time: at}}}]\n",
    ),
    "it says true": (
        "tables:\n  - monitors:\n      freshness: true  # on\n",
        "tables:\n  - monitors:\n      freshness: {event_time: at}  # on\n",
    ),
    "it says nothing": (
        "tables:\n  - monitors:  # c\n    name: a\n",
        "tables:\n  - monitors: {freshness: {event_time: at}}  # c\n    name: a\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), SET.values(), ids=SET)
def test_settings_are_added_to_a_stanza(before: str, after: str) -> None:
    assert with_settings(before, 0, FRESH, Item(FRESH, WHY)) == after


@pytest.mark.parametrize(
    "before",
    [
        "x: &m {}\ntables:\n  - monitors: *m\n",
        "tables:\n  - monitors: {freshness: off}\n",
        "x: &a {name: a}\ntables:\n  - *a\n",
        "tables: []\n",
    ],
)
def test_what_is_shared_or_switched_off_is_not_touched(before: str) -> None:
    with pytest.raises(Uneditable):
        with_settings(before, 0, FRESH, Item(FRESH, WHY))


TEXTS = (
    *("a", "no", "007", "1:30", "a: b", "#x", "- a", "true", "null", "", "~", "*x", "{a", "[x]"),
    *("2026-01-01", "1e3", "12_000", "0x1f", "=", "<<", "@x", "'q'", '"d"', "%a", "`b", "x:"),
    *("? a", "!t", "&a", "a#b", "a #b", "e]", "a,b", "0o17", "1.", "+.5", " x", "x ", "a\\b"),
    *("ä ö", "s3://b/a%20b", "./a'b", "x" * 300, "a\tb", "-", "...", "---", "e}", "1.5", "y"),
)


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_is_read_back_as_that_text(text: str) -> None:
    lines = f"block: {scalar(text)}\nflow: {scalar([text, {text: text}])}\n"
    assert value(lines) == {"block": text, "flow": [text, {text: text}]}
    assert yaml.compose(lines) is not None


def test_other_values() -> None:
    assert scalar({"a": [1, True, None, {}, 0.5]}) == "{a: [1, true, null, {}, 0.5]}"


def test_a_comment_never_ends_before_its_text() -> None:
    assert comment(["a\nb\x00\u2028c"], "  ") == ["  # a b  c"]
    long = comment(["word " * 60], "    ")
    assert len(long) > 1
    assert all(line.startswith("    # ") and len(line) <= 100 for line in long)
