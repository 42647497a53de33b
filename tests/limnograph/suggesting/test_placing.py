"""Suggested checks put into real files: whatever else is in them stays byte for byte."""

from pathlib import Path

import pytest

from limnograph.proposals.adding import Configuration, standing, written_uri
from limnograph.settings import load
from limnograph.suggesting.placing import with_checks
from limnograph.suggesting.proposal import Alarms, Proposal
from limnograph.suggesting.proposal import written as fields
from monitors.errors import ConfigError

NEW = (
    Proposal(
        ("unique", "id"),
        fields("unique", "id-unique", "critical", columns=["id"]),
        ("It may be the key.",),
        alarms=Alarms(0, 4, 2.0),
    ),
    Proposal(("fresh",), fields("freshness", "fresh", "warning", max_age="9h"), ("Because.",)),
)
ITEMS = """\
{dash}# It may be the key.
{dash}# It would have failed on 0 of 4 newer commits: under 1 alarm in 2d.
{dash}- type: unique
{dash}  id: id-unique
{dash}  severity: critical
{dash}  columns: [id]
{dash}# Because.
{dash}- type: freshness
{dash}  id: fresh
{dash}  severity: warning
{dash}  max_age: 9h
"""
HEAD = "# ours\nstore: sqlite:///s.db   # here\ntables:\n"
TAIL = "\n  - {name: other, uri: ./other}\n# the end"


def placed(folder: Path, text: str, name: str = "posts") -> str:
    file = folder / "limnograph.yaml"
    file.write_bytes(text.encode())
    configuration = Configuration.read(file)
    uri = str(folder / name)
    written = written_uri(uri, folder)
    where = standing(configuration, name, written, uri, {})
    content = with_checks(configuration, where, written, NEW)
    file.write_bytes(content)
    table = next(one for one in load(file).tables if one.name == name)
    assert [one.id for one in table.checks][-2:] == ["id-unique", "fresh"]
    return content.decode()


def items(dash: str) -> str:
    return ITEMS.format(dash=dash)


def test_a_table_without_checks_gets_them_at_its_end(tmp_path: Path) -> None:
    stanza = "  - name: posts   # mine\n    uri: ./posts\n    # not yet\n"
    after = placed(tmp_path, HEAD + stanza + TAIL)
    kept = "  - name: posts   # mine\n    uri: ./posts\n"
    made = f"    checks:\n{items('      ')}"
    assert after in (
        HEAD + kept + made + "    # not yet\n" + TAIL,
        HEAD + stanza + made + TAIL,
    )


def test_checks_that_are_there_stay_first_with_their_own_indentation(tmp_path: Path) -> None:
    stanza = (
        "  - name: posts\n    uri: ./posts\n    checks:\n"
        "    -   type: volume     # as it was\n        grain: day\n\n    owner: me\n"
    )
    after = placed(tmp_path, HEAD + stanza + TAIL)
    before, owner = stanza.split("\n    owner")
    assert after == HEAD + before + items("    ") + "\n    owner" + owner + TAIL


@pytest.mark.parametrize("empty", ["checks:", "checks: []", "checks: null", "checks: ~"])
def test_an_empty_list_of_checks_is_filled(tmp_path: Path, empty: str) -> None:
    stanza = f"  - name: posts\n    {empty}\n    uri: ./posts\n"
    after = placed(tmp_path, HEAD + stanza + TAIL)
    filled = f"  - name: posts\n    checks:\n{items('      ')}    uri: ./posts\n"
    assert after == HEAD + filled + TAIL


def test_line_ends_of_windows_and_a_byte_order_mark_stay(tmp_path: Path) -> None:
    text = (HEAD + "  - name: posts\n    uri: ./posts\n" + TAIL).replace("\n", "\r\n")
    after = placed(tmp_path, "\ufeff" + text)
    assert after.startswith("\ufeff# ours\r\n")
    assert "\n" not in after.replace("\r\n", "")


def test_a_file_without_a_last_line_end_is_gone_on_with(tmp_path: Path) -> None:
    after = placed(tmp_path, HEAD + "  - name: posts\n    uri: ./posts")
    assert after == HEAD + "  - name: posts\n    uri: ./posts\n    checks:\n" + items("      ")[:-1]


def test_a_table_of_a_glob_gets_a_stanza_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "posts" / "_delta_log").mkdir(parents=True)
    text = HEAD + "  - glob: ./*\n    owner: us\n"
    after = placed(tmp_path, text)
    new = "  - name: posts\n    uri: ./posts\n    owner: us\n    checks:\n"
    assert after == text + new + items("      ")


@pytest.mark.parametrize(
    ("stanza", "why"),
    [
        ("  - {name: posts, uri: ./posts}\n", "the table is written in braces"),
        (
            "  - name: posts\n    uri: ./posts\n    checks: [{type: volume}]\n",
            "the checks of the table are written in brackets",
        ),
    ],
)
def test_what_cannot_be_edited_is_told_with_the_lines_to_add(
    tmp_path: Path, stanza: str, why: str
) -> None:
    with pytest.raises(ConfigError, match=why) as raised:
        placed(tmp_path, HEAD + stanza + TAIL)
    assert "add this to posts by hand:\nchecks:\n  # It may be the key." in str(raised.value)
    assert (tmp_path / "limnograph.yaml").read_text() == HEAD + stanza + TAIL


def test_an_id_that_is_there_is_refused_and_nothing_is_changed(tmp_path: Path) -> None:
    stanza = "  - name: posts\n    uri: ./posts\n    checks:\n      - {type: volume, id: fresh}\n"
    with pytest.raises(ConfigError, match="nothing was written, the result would have problems"):
        placed(tmp_path, HEAD + stanza + TAIL)
