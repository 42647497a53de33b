"""What fuzzing has found, kept as small inputs; and the quick cousin of the fuzzer."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.errors import UnreadableError
from tests.monitors.delta.log_builder import add, lines, remove
from tests.proof.targets import TARGETS

NESTED = '{"type":"array","containsNull":true,"elementType":' * 500 + '"long"' + "}" * 500

FINDINGS: list[tuple[str, bytes]] = [
    # A column of a type that Arrow does not have.
    ("schema", b' {"type":"struct","fields":[{"name":"a","type":"decimal(99,-9)"}]}'),
    # Types are walked by recursion.
    ("schema", b' {"type":"struct","fields":[{"name":"a","type":%b}]}' % NESTED.encode()),
    # A column id without end.
    (
        "schema",
        b'n{"type":"struct","fields":[{"name":"a","type":"long",'
        b'"metadata":{"delta.columnMapping.id":1e999}}]}',
    ),
    # The upper half of a position beyond 31 bits.
    (
        "bitmap",
        b"\x04\xd1\xd39d\x01\0\0\0\0\0\0\0\0\0\0\0\xa1:0\0\0\x01\0\0\0\0\0\x03\0\x10\0\0\0\0\0"
        b"\x02\0\x03\0\t\0",
    ),
    # A removed file of which more rows are deleted than it has.
    (
        "commit",
        lines(
            [
                remove(
                    "a",
                    stats='{"numRecords":0}',
                    deletionVector={"storageType": "u", "pathOrInlineDv": "x", "cardinality": 2},
                )
            ]
        ).encode(),
    ),
    # Sizes whose sum no number of JSON holds.
    ("commit", lines([add("a", 1, size=2**63 - 1), add("b", 1, size=2**63 - 1)]).encode()),
    # A cursor with other keys, or with values of other types.
    ("position", b'{"verson":5}'),
    ("position", b'{"version":"5","size":[],"etag":1,"sha256":null}'),
    # A time that no calendar has.
    ("kept", b'{"at":1e300}'),
]


@pytest.mark.parametrize(("name", "body"), FINDINGS)
def test_what_fuzzing_found_stays_mended(name: str, body: bytes) -> None:
    try:
        TARGETS[name].run(body)
    except UnreadableError as error:
        found = error
    else:
        return
    assert found.reason
    assert found.mend


@pytest.mark.parametrize("name", TARGETS)
def test_what_fuzzing_begins_with_is_sound(name: str) -> None:
    for seed in TARGETS[name].seeds:
        TARGETS[name].run(seed)


@st.composite
def spoilt(draw: st.DrawFn, name: str) -> bytes:
    """One of the sound inputs with a piece of it replaced, by a word the parser knows or any."""
    seed = draw(st.sampled_from(TARGETS[name].seeds))
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(seed))] * 2)))
    words = [word.encode() for word in TARGETS[name].words] or [b"\xff\xff\xff\xff"]
    middle = draw(st.one_of(st.binary(max_size=12), st.sampled_from(words)))
    return seed[:start] + middle + seed[min(end, start + 12) :]


@pytest.mark.parametrize("name", TARGETS)
def test_spoilt_inputs_give_a_clear_error_at_most(name: str) -> None:
    @settings(max_examples=12, deadline=None, database=None, derandomize=True)
    @given(spoilt(name))
    def check(body: bytes) -> None:
        try:
            TARGETS[name].run(body)
        except UnreadableError:
            return

    check()
