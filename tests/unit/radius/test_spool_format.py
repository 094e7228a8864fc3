"""A reel read back: whole, cut anywhere, damaged anywhere, forged."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.spool_format import (
    HEAD_OCTETS,
    ReelSeal,
    SpooledRecord,
    UnreadableReel,
    decode_reel,
    outline_reel,
)
from tests.unit.radius.sample import KEY, NOW

NAME = UUID(int=7)
SEAL = ReelSeal(KEY, NAME)
instants = st.integers(0, 2**52).map(lambda n: NOW + timedelta(microseconds=n - 2**50))
records = st.builds(
    SpooledRecord,
    instants,
    st.uuids(),
    st.booleans(),
    st.binary(min_size=20, max_size=120),
)
frames = st.lists(st.lists(records, min_size=1, max_size=4), max_size=5)


def reel_of(batches: list[list[SpooledRecord]]) -> bytes:
    """Return a reel's octets, written batch by batch."""
    octets, number = SEAL.head(), 1
    for batch in batches:
        octets += SEAL.encode_frame(number, batch)
        number += len(batch)
    return octets


def numbered(octets: bytes) -> list[tuple[int, SpooledRecord]]:
    """Return what a reel holds, with the records' numbers."""
    reel = decode_reel(octets, KEY)
    assert reel is not None
    return [each for frame in reel.frames for each in enumerate(frame.records, frame.first)]


def record(number: int) -> SpooledRecord:
    """Return one record, told apart by its packet."""
    return SpooledRecord(NOW + timedelta(seconds=number), UUID(int=1), False, bytes((number,)) * 30)


THREE = [[record(1), record(2)], [record(3)], [record(4), record(5)]]


@given(frames)
def test_what_was_written_is_read(batches: list[list[SpooledRecord]]) -> None:
    """To the microsecond, the octet and the flag, numbered from 1 without a gap."""
    written = [each for batch in batches for each in batch]
    octets = reel_of(batches)
    assert numbered(octets) == list(enumerate(written, 1))
    reel = decode_reel(octets, KEY)
    assert reel is not None
    assert (reel.name, reel.lost_records, reel.torn_octets) == (NAME, 0, 0)
    oldest = min((each.received_at for each in written), default=None)
    assert outline_reel(octets) == (len(written), oldest)


@given(frames, st.data())
def test_a_cut_reel_is_a_prefix(batches: list[list[SpooledRecord]], data: st.DataObject) -> None:
    """Cut anywhere, whole frames before the cut are there, nothing else is, and no gap is told."""
    octets = reel_of(batches)
    cut = octets[: data.draw(st.integers(0, len(octets)))]
    reel = decode_reel(cut, KEY)
    if len(cut) < HEAD_OCTETS:
        assert reel is None
        return
    assert reel is not None
    whole = [batch for n, batch in enumerate(batches) if len(reel_of(batches[: n + 1])) <= len(cut)]
    assert [list(frame.records) for frame in reel.frames] == whole
    assert (reel.lost_records, reel.torn_octets) == (0, len(cut) - len(reel_of(whole)))
    outline_reel(cut)


@given(frames, st.data())
def test_damage_costs_what_it_touches(
    batches: list[list[SpooledRecord]], data: st.DataObject
) -> None:
    """Overwritten anywhere: each record read is one that was written, in its place, once."""
    octets = bytearray(reel_of(batches))
    at = data.draw(st.integers(0, len(octets) - 1))
    noise = data.draw(st.binary(min_size=1, max_size=40))
    octets[at : at + len(noise)] = noise
    written = list(enumerate((each for batch in batches for each in batch), 1))
    outline_reel(bytes(octets))
    try:
        found = numbered(bytes(octets))
    except UnreadableReel:
        assert at < HEAD_OCTETS
        return
    assert [each for each in written if each in found] == found
    before = [batch for n, batch in enumerate(batches) if len(reel_of(batches[: n + 1])) <= at]
    assert found[: sum(map(len, before))] == written[: sum(map(len, before))]


@given(st.binary(max_size=300))
def test_noise_is_no_reel(octets: bytes) -> None:
    """Nothing but the one documented refusal comes of it."""
    outline_reel(octets)
    if len(octets) < HEAD_OCTETS:
        assert decode_reel(octets, KEY) is None
    else:
        with pytest.raises(UnreadableReel):
            decode_reel(octets, KEY)


@given(st.binary(max_size=200))
def test_noise_after_the_head_holds_nothing(octets: bytes) -> None:
    """A disk may return anything for what was never synced."""
    assert numbered(SEAL.head() + octets) == []


def test_a_damaged_frame_is_told_by_its_gap() -> None:
    """The frames after it are read; how many records are missing is known."""
    octets = bytearray(reel_of(THREE))
    octets[len(reel_of(THREE[:1])) + 40] ^= 1
    reel = decode_reel(bytes(octets), KEY)
    assert reel is not None
    assert [frame.first for frame in reel.frames] == [1, 4]
    assert (reel.lost_records, reel.torn_octets) == (1, 0)


def test_a_frame_is_good_only_where_it_was_written() -> None:
    """Repeated, moved to another reel or exchanged, a frame is not believed."""
    one, two = SEAL.encode_frame(1, THREE[0]), SEAL.encode_frame(3, THREE[1])
    assert [n for n, _ in numbered(SEAL.head() + one + one + two)] == [1, 2, 3]
    assert [n for n, _ in numbered(SEAL.head() + two + one)] == [3]
    other = ReelSeal(KEY, UUID(int=8))
    reel = decode_reel(other.head() + one, KEY)
    assert reel is not None
    assert (reel.frames, reel.torn_octets) == ((), len(one))


def test_another_master_key_is_told() -> None:
    """Not taken for an empty reel: that would delete what can still be opened elsewhere."""
    with pytest.raises(UnreadableReel):
        decode_reel(reel_of(THREE), bytes(32))


def test_nothing_personal_lies_in_clear() -> None:
    """Neither the packet nor the NAS can be read from the file."""
    secret = SpooledRecord(NOW, UUID(bytes=b"n" * 16), False, b"8A-56-7E-F9-10-E4" * 4)
    octets = reel_of([[secret]])
    assert b"8A-56" not in octets
    assert b"n" * 16 not in octets
