"""Each maker's lines, from their own forms to what is kept of them."""

from dataclasses import fields
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.intake.lines import MAKERS, is_whole_utf8, read_line
from retention.intake.translation import Translation
from territory.errors import ProtocolError

SAMPLES = Path(__file__).parents[3] / "data/retention/translations.txt"
BLOCKS = [
    tuple(block.splitlines())
    for block in SAMPLES.read_text().split("\n\n")
    if not block.startswith("#")
]
LINES = [line.encode() for _, line, _ in BLOCKS]


def told(line: bytes) -> str:
    """Return what a line tells, as the samples write it."""
    try:
        found = read_line(line).translation
    except ProtocolError as fault:
        return f"fault {fault.reason}"
    if found is None:
        return "nothing"
    lasted = "-" if found.lasted_seconds is None else f"{found.lasted_seconds:g}"
    assert found.port_first == found.port_last
    parts = (found.private, found.protocol, found.public, found.port_first, found.phase.value)
    return " ".join(map(str, (*parts, lasted)))


@pytest.mark.parametrize(("name", "line", "expected"), BLOCKS, ids=[block[0] for block in BLOCKS])
def test_a_line_tells_what_it_says(name: str, line: str, expected: str) -> None:
    """Source, public port and phase; or nothing; or a fault with its cause. Read by its maker."""
    assert told(line.encode()) == expected
    maker = name.partition(",")[0]
    if maker in {each.name for each in MAKERS} and not expected.startswith("fault"):
        assert read_line(line.encode()).maker == maker


def test_every_maker_has_lines() -> None:
    """One file a maker, and samples of each."""
    assert {each.name for each in MAKERS} <= {block[0].partition(",")[0] for block in BLOCKS}


def test_nothing_is_kept_of_where_it_went_nor_of_any_text() -> None:
    """What is kept has no field that a destination, a name or a text could be in."""
    assert {each.name: each.type for each in fields(Translation)} == {
        "private": IPv4Address,
        "protocol": int | None,
        "public": IPv4Address,
        "port_first": int,
        "port_last": int,
        "phase": fields(Translation)[5].type,
        "lasted_seconds": float | None,
        "ago_seconds": float,
        "told_at": fields(Translation)[8].type,
    }


def test_octets_that_are_no_utf8_hide_no_translation() -> None:
    """A name in Latin-1 beside it is no reason to lose what is kept."""
    line = LINES[0].replace(b"bridge-guests", "bridge-invités".encode("latin-1"))
    assert not is_whole_utf8(line)
    assert is_whole_utf8(LINES[0])
    assert told(line) == BLOCKS[0][2]


@settings(max_examples=150)
@given(st.data())
def test_whatever_comes_is_read_or_named(data: st.DataObject) -> None:
    """A torn, doubled or random line is a translation, nothing or a named fault; never a crash."""
    line = data.draw(st.sampled_from(LINES))
    cut = data.draw(st.integers(0, len(line)))
    junk = data.draw(st.binary(max_size=40) | st.sampled_from(LINES))
    rest = data.draw(st.integers(cut, len(line)))
    assert told(line[:cut] + junk + line[rest:])
