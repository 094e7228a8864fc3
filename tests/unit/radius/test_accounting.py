"""Accounting-Requests as records: what is read, what is refused, and merging in any order."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.accounting import (
    Record,
    Restart,
    as_told,
    only_read,
    read_accounting_request,
)
from radius.protocol.packet import decode
from territory.errors import ProtocolError
from territory.rules.session_key import session_key
from tests.unit.radius.sample import (
    DEVICE,
    NAS,
    NOW,
    STATION,
    USER_NAME,
    accounting,
    attribute,
    nas,
)

RECORDING = Path(__file__).parents[2] / "data/radius/coovachilli-1.7.txt"
START, STOP, INTERIM, ON, OFF = (attribute(40, n) for n in (1, 2, 3, 7, 8))
SESSION = attribute(44, b"s-1")
NAMED = SESSION + attribute(1, USER_NAME.encode()) + attribute(31, STATION)


def read(*attributes: bytes, at: Any = NAS) -> Record:
    """Return what these attributes become."""
    record = read_accounting_request(accounting(*attributes), at, NOW)
    assert isinstance(record, Record)
    return record


def seconds(number: int) -> timedelta:
    """Return a duration."""
    return timedelta(seconds=number)


def test_a_record_is_told_in_numbers() -> None:
    """The database takes it as live.record: Unix seconds, nothing for an empty list."""
    values = as_told(read(STOP, NAMED, attribute(55, 1_700_000_000)))
    times = [value for value in values if isinstance(value, float)]
    assert times == [NOW.timestamp()] * 3 + [1_700_000_000.0]
    assert () not in values
    assert not any(isinstance(value, datetime) for value in values)


@pytest.mark.parametrize("size", [4, 16, 18])
def test_what_is_stored_makes_the_same_record(size: int) -> None:
    """Each attribute that a record is made of is kept; of others nothing, nor of a Class that names
    no admission (CPCE L34-1 VI)."""
    before, value = STOP + SESSION, bytes(range(1, size + 1))

    def outcome(octets: bytes) -> object:
        try:
            return read_accounting_request(decode(octets), NAS, NOW)
        except ProtocolError as fault:
            return fault.reason

    kept = []
    for number in range(1, 256):
        octets = accounting(before, attribute(number, value)).octets
        assert outcome(only_read(octets)) == outcome(octets), number
        kept += [number] if value in only_read(octets) else []
    assert (25 in kept) == (size == 16)
    assert not {18, 26, 33, 77, 80, 87, 88, 89, 126, 241, 245} & set(kept)


def test_a_start_opens_a_session() -> None:
    """RFC 2866 §5.1: what a Start tells, and what it cannot."""
    record = read(START, NAMED, attribute(32, b"lab"), attribute(8, bytes((10, 1, 0, 2))))
    assert record.kind == 1
    assert (record.nas_id, record.site_id) == (NAS.id, NAS.site_id)
    assert (record.nas_handle, record.acct_session_id) == ("lab", "s-1")
    assert (record.user_name, record.device) == (USER_NAME, DEVICE)
    assert record.address == bytes((10, 1, 0, 2))
    assert record.started_at == record.last_seen_at == NOW
    assert record.ended_at is None
    assert record.session_seconds == record.upload_octets == record.download_octets == 0


def test_a_stop_closes_it() -> None:
    """Its counters count from the guest: Input is what the guest sent (RFC 2866 §5.3)."""
    record = read(
        STOP, NAMED, attribute(46, 60), attribute(42, 100), attribute(43, 900), attribute(49, 1)
    )
    assert (record.started_at, record.ended_at) == (NOW - seconds(60), NOW)
    assert (record.upload_octets, record.download_octets) == (100, 900)
    assert record.terminate_cause == 1


def test_a_lost_start_is_dated_back() -> None:
    """The first record of a session says how old it is, and how late it comes."""
    record = read(INTERIM, NAMED, attribute(46, 600), attribute(41, 30))
    assert record.started_at == NOW - seconds(630)
    assert record.last_seen_at == NOW
    assert record.delay_seconds == 30


def test_a_late_stop_ended_earlier() -> None:
    """Acct-Delay-Time is how long the NAS has been trying (RFC 2866 §5.2)."""
    assert read(STOP, NAMED, attribute(41, 30)).ended_at == NOW - seconds(30)


def test_a_delay_of_a_week_is_believed() -> None:
    """A NAS may keep its records over a long outage."""
    week = 7 * 86_400
    assert read(STOP, NAMED, attribute(41, week)).ended_at == NOW - seconds(week)


def test_a_session_of_years_is_believed() -> None:
    """A device that never leaves, at a gateway that never restarts: since 2020 at the earliest."""
    since_2020 = int((NOW - datetime(2020, 1, 1, tzinfo=UTC)).total_seconds())
    assert read(INTERIM, NAMED, attribute(46, since_2020)).started_at.year == 2020


def test_the_nas_s_own_time_is_kept_beside() -> None:
    """A router whose clock says 1970 changes nothing of ours."""
    record = read(START, NAMED, attribute(55, 0))
    assert record.nas_time is not None
    assert record.nas_time.year == 1970
    assert record.started_at == NOW


def test_gigawords_count() -> None:
    """RFC 2869 §5.1: 64 bits in two attributes."""
    record = read(
        INTERIM, NAMED, attribute(42, 5), attribute(52, 1), attribute(43, 6), attribute(53, 2)
    )
    assert (record.upload_octets, record.download_octets) == (2**32 + 5, 2 * 2**32 + 6)


def test_several_ipv6_addresses_and_prefixes_are_kept() -> None:
    """RFC 6911 §3.1 and RFC 3162 §2.3; privacy addresses come several at a time."""
    one, two = IPv6Address("2001:db8::1").packed, IPv6Address("2001:db8::2").packed
    prefix = bytes((0, 64)) + IPv6Address("2001:db8::").packed[:8]
    record = read(START, NAMED, attribute(168, one), attribute(168, two), attribute(97, prefix))
    assert record.address6 == (one, two, bytes((64,)) + IPv6Address("2001:db8::").packed)


@pytest.mark.parametrize(
    ("attributes", "handle"),
    [
        (attribute(32, b"mairie") + attribute(4, bytes((10, 1, 0, 1))), "mairie"),
        (attribute(4, bytes((10, 1, 0, 1))), "10.1.0.1"),
        (attribute(95, IPv6Address("fd00::1").packed), "fd00::1"),
        (b"", NAS.address),
        (attribute(32, b"") + attribute(4, b"odd"), NAS.address),
    ],
)
def test_a_nas_s_handle_is_what_it_calls_itself(attributes: bytes, handle: str) -> None:
    """NAS-Identifier, else its address, else where it sends from."""
    assert read(START, NAMED, attributes).nas_handle == handle


def test_neighbours_behind_one_address_have_their_own_sessions() -> None:
    """The key is NAS, handle, Acct-Session-Id and device: none may be mistaken for another."""
    device = attribute(31, b"02-00-00-00-00-01")
    keys = {
        read(START, NAMED, attribute(32, b"a")).session_key,
        read(START, NAMED, attribute(32, b"b")).session_key,
        read(START, NAMED, attribute(32, b"a"), at=nas(id=UUID(int=9))).session_key,
        read(START, SESSION, device, attribute(32, b"a")).session_key,
        read(START, attribute(44, b"s-2"), attribute(31, STATION)).session_key,
    }
    assert len(keys) == 5
    assert read(STOP, NAMED, attribute(32, b"a")).session_key in keys


@given(st.lists(st.binary(max_size=20), min_size=3, max_size=3))
def test_a_session_key_has_one_origin(parts: list[bytes]) -> None:
    """What is moved from one part to the next makes another key."""
    handle, session, rest = parts
    device = rest.ljust(6, b"\1")[:6]
    key = session_key(NAS.id, handle, session + b"x", device)
    assert key != session_key(NAS.id, handle + b"x", session, device)
    assert len(key) == 16


@pytest.mark.parametrize(
    ("user_name", "session_class", "admission"),
    [
        (USER_NAME, UUID(int=4).bytes, None),
        ("8A-56-7E-F9-10-E4", UUID(int=4).bytes, UUID(int=4)),
        ("8A-56-7E-F9-10-E4", b"class1", None),
        ("8A-56-7E-F9-10-E4", None, None),
    ],
)
def test_class_names_the_admission_of_a_device(
    user_name: str, session_class: bytes | None, admission: UUID | None
) -> None:
    """Our opaque name is enough; where the name is a MAC address, Class tells."""
    shown = attribute(25, session_class) if session_class else b""
    record = read(START, SESSION, attribute(1, user_name.encode()), shown)
    assert record.admission_id == admission


@pytest.mark.parametrize(("status", "kind"), [(ON, 7), (OFF, 8)])
def test_a_restart_is_of_a_nas_handle(status: bytes, kind: int) -> None:
    """RFC 2866 §5.1: Accounting-On and -Off name no session."""
    restart = read_accounting_request(
        accounting(status, attribute(32, b"lab"), attribute(41, 5)), NAS, NOW
    )
    assert restart == Restart(NOW, kind, NAS.id, "lab", NOW - seconds(5))


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        (NAMED, "acct-status-type"),
        (attribute(40, 15) + NAMED, "acct-status-type"),
        (attribute(40, b"\x01") + NAMED, "attribute-value"),
        (START, "acct-session-id"),
        (START + attribute(44, b""), "acct-session-id"),
        (START + attribute(44, b"a\0b"), "text"),
        (START + SESSION + attribute(1, b"\xff"), "text"),
        (START + SESSION + attribute(32, b"\xe9t\xe9"), "text"),
        (START + SESSION + attribute(8, b"abc"), "attribute-value"),
        (START + SESSION + attribute(46, b"abc"), "attribute-value"),
        (START + SESSION + attribute(55, b"abc"), "attribute-value"),
        (START + SESSION + attribute(168, b"abc"), "attribute-value"),
        (START + SESSION + attribute(97, b"\0"), "attribute-value"),
        (START + SESSION + attribute(97, b"\0\xff"), "attribute-value"),
        (ON + attribute(32, b"\0"), "text"),
        (START + NAMED + attribute(41, 7 * 86_400 + 1), "acct-delay-time"),
        (STOP + NAMED + attribute(41, 1_700_000_000), "acct-delay-time"),
        (ON + attribute(41, 1_700_000_000), "acct-delay-time"),
        (INTERIM + NAMED + attribute(46, 1_700_000_000), "acct-session-time"),
    ],
)
def test_what_cannot_be_recorded_says_why(attributes: bytes, reason: str) -> None:
    """Each is set aside with this word."""
    with pytest.raises(ProtocolError) as fault:
        read_accounting_request(accounting(attributes), NAS, NOW)
    assert fault.value.reason == reason


@given(
    st.dictionaries(
        st.sampled_from((1, 4, 8, 25, 31, 32, 41, 42, 44, 46, 49, 52, 55, 95, 97, 168)),
        st.binary(min_size=1, max_size=20),
    ),
    st.integers(0, 20),
)
def test_any_attributes_are_read_or_refused(attributes: dict[int, bytes], status: int) -> None:
    """Nothing but ProtocolError is raised."""
    body = b"".join(attribute(n, value) for n, value in attributes.items())
    try:
        read_accounting_request(accounting(attribute(40, status), body), NAS, NOW)
    except ProtocolError as fault:
        assert fault.reason  # noqa: PT017


def test_a_recorded_gateway_s_records_are_read() -> None:
    """CoovaChilli 1.7: on, start, interim, stop, start, stop, off; the two sessions apart."""
    lines = RECORDING.read_text().splitlines()
    packets = [
        decode(bytes.fromhex(line.split()[-1]))
        for line in lines
        if line.startswith("accounting-request")
    ]
    contents = [read_accounting_request(packet, NAS, NOW) for packet in packets]
    assert [c.kind for c in contents] == [7, 1, 3, 2, 1, 2, 8]
    records = [c for c in contents if isinstance(c, Record)]
    assert [r.user_name for r in records] == ["opaque-7f3a"] * 3 + ["opaque-9b1c"] * 2
    assert len({r.session_key for r in records}) == 2
    stop = records[2]
    assert (stop.session_seconds, stop.upload_octets, stop.download_octets) == (63, 515, 449)
    assert stop.terminate_cause == 1
    assert {r.device for r in records} == {DEVICE}


def test_only_a_stop_tells_a_cause() -> None:
    """RFC 2866 §5.10: whatever else carries one ends nothing."""
    assert read(INTERIM, NAMED, attribute(49, 1)).terminate_cause is None
    assert read(STOP, NAMED, attribute(49, 1)).terminate_cause == 1
