from dataclasses import replace

from limnograph.store.comparing import Finding, definition_finding, fact_finding
from monitors.core import Column, Definition
from tests.limnograph.store.samples import at, commit

KNOWN = commit(7, "2026-03-01 12:00", 5, bytes_removed=40)
ESTIMATED = replace(KNOWN, deleted=9, exact=False, reason="delta_rs_update")
UNKNOWN = replace(KNOWN, inserted=None, net=None, exact=False, reason="vacuumed")


def test_the_same_again_is_nothing_to_tell() -> None:
    assert fact_finding(KNOWN, KNOWN) == (KNOWN, None)


def test_what_was_not_stored_is_added() -> None:
    assert fact_finding(None, UNKNOWN) == (UNKNOWN, Finding("fact", 7, KNOWN.at, added=True))


def test_a_better_answer_replaces_a_worse_one_and_tells_every_field() -> None:
    better, finding = fact_finding(UNKNOWN, KNOWN)
    assert better == KNOWN
    assert finding is not None
    assert finding.changed == {
        "inserted": (None, 5),
        "net": (None, 5),
        "exact": (False, True),
        "reason": ("vacuumed", ""),
    }
    assert finding.kept == {}


def test_an_exact_count_is_never_replaced_by_an_estimate_or_by_nothing() -> None:
    for worse in (ESTIMATED, UNKNOWN):
        better, finding = fact_finding(KNOWN, worse)
        assert better == KNOWN
        assert finding is not None
        assert finding.changed == {}
        assert finding.kept["exact"] == (True, False)


def test_an_estimate_is_not_replaced_by_nothing() -> None:
    better, finding = fact_finding(ESTIMATED, UNKNOWN)
    assert better == ESTIMATED
    assert finding is not None
    assert finding.kept["inserted"] == (5, None)


def test_of_two_answers_as_good_the_recomputed_one_stands() -> None:
    better, finding = fact_finding(replace(KNOWN, inserted=99), KNOWN)
    assert better == KNOWN
    assert finding is not None
    assert finding.changed == {"inserted": (99, 5)}


def test_sizes_are_judged_apart_from_counts() -> None:
    found = replace(KNOWN, inserted=6, net=6, bytes_removed=None)
    better, finding = fact_finding(KNOWN, found)
    assert better == replace(KNOWN, inserted=6, net=6)
    assert finding is not None
    assert finding.changed == {"inserted": (5, 6), "net": (5, 6)}
    assert finding.kept == {"bytes_removed": (40, None)}


def test_a_definition_holds_on_to_the_commit_that_is_no_longer_told() -> None:
    stored = Definition(3, at("2026-03-01 12:00"), "id", (), operation="WRITE", user="ann")
    found = replace(stored, columns=(Column(("id",), "long"),), operation="", user="")
    better, finding = definition_finding(stored, found)
    assert better == replace(found, operation="WRITE", user="ann")
    assert finding is not None
    assert finding.changed == {"columns": ((), found.columns)}
    assert finding.kept == {"operation": ("WRITE", ""), "user": ("ann", "")}
