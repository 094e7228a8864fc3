"""IPFIX messages, built by hand from RFC 7011's own layout, to translations or named faults."""

import struct
from ipaddress import IPv4Address
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.intake.ipfix import read_message
from retention.intake.templates import Templates
from retention.intake.translation import Phase

EXPORTED = 1_763_633_732
INSIDE, PUBLIC, AWAY = (IPv4Address(a).packed for a in ("10.1.0.20", "198.51.100.9", "203.0.113.1"))
EVENT = [(323, 8), (8, 4), (225, 4), (12, 4), (4, 1), (227, 2), (11, 2), (230, 1)]
"""RFC 8158 §5.6: a NAT44 session, with the destination that nothing keeps."""
BLOCK = [(322, 4), (8, 4), (225, 4), (361, 2), (362, 2), (230, 1)]
FLOW = [(8, 4), (12, 4), (4, 1), (225, 4), (227, 2), (22, 4), (21, 4), (160, 8)]


def u(number: int, octets: int) -> bytes:
    """Return an unsigned integer in network order."""
    return number.to_bytes(octets)


def of_set(number: int, content: bytes) -> bytes:
    """Return a set."""
    return struct.pack(">HH", number, 4 + len(content)) + content


def template(number: int, fields: list[tuple[int, int]], enterprise: int = 0) -> bytes:
    """Return a template record."""
    told = b"".join(
        struct.pack(">HH", element, length) + (u(enterprise, 4) if element & 0x8000 else b"")
        for element, length in fields
    )
    return struct.pack(">HH", number, len(fields)) + told


def message(*sets: bytes, domain: int = 7) -> bytes:
    """Return a message."""
    content = b"".join(sets)
    return struct.pack(">HHIII", 10, 16 + len(content), EXPORTED, 1, domain) + content


def session(event: int, *, milliseconds_ago: int = 1500, port: int = 40_001) -> bytes:
    """Return a record in the layout of EVENT."""
    at = EXPORTED * 1000 - milliseconds_ago
    parts = (u(at, 8), INSIDE, PUBLIC, AWAY, u(6, 1), u(port, 2), u(443, 2), u(event, 1))
    return b"".join(parts)


def read(*messages: bytes, templates: Templates | None = None) -> tuple[list[Any], list[str]]:
    """Return what messages of one sender tell, and their faults."""
    known = templates or Templates()
    told = [read_message(each, "10.99.0.1", known) for each in messages]
    found = [
        (
            *(str(t.private), t.protocol, str(t.public), t.port_first, t.port_last),
            *(t.phase, t.ago_seconds, t.lasted_seconds),
        )
        for each in told
        for t in each.translations
    ]
    return found, [fault for each in told for fault in each.faults]


TEMPLATES = message(of_set(2, template(300, EVENT) + template(301, BLOCK) + template(302, FLOW)))
ENDS = ("10.1.0.20", 6, "198.51.100.9")


def test_events_flows_and_blocks() -> None:
    """RFC 8158's events; a flow with what it became; a block of ports; times count back."""
    flow = (INSIDE, AWAY, u(6, 1), PUBLIC, u(40_002, 2), u(5_000, 4), u(9_000, 4))
    began = u((EXPORTED - 10) * 1000, 8)
    block = (u(EXPORTED - 3, 4), INSIDE, PUBLIC, u(5000, 2), u(5255, 2))
    found, faults = read(
        TEMPLATES,
        message(of_set(300, session(4) + session(5) + session(12))),
        message(of_set(302, b"".join(flow) + began)),
        message(of_set(301, b"".join(block) + u(16, 1) + b"".join(block) + u(17, 1) + b"\0\0")),
    )
    assert faults == []
    assert found == [
        (*ENDS, 40_001, 40_001, Phase.CREATED, 1.5, None),
        (*ENDS, 40_001, 40_001, Phase.ENDED, 1.5, None),
        (*ENDS, 40_002, 40_002, Phase.ENDED, 1.0, 4.0),
        ("10.1.0.20", None, "198.51.100.9", 5000, 5255, Phase.CREATED, 3.0, None),
        ("10.1.0.20", None, "198.51.100.9", 5000, 5255, Phase.ENDED, 3.0, None),
    ]


def test_names_have_no_place_to_be_read_from() -> None:
    """Elements of other makers, and those of variable length, are passed over, in their place."""
    fields = [(0x8000 | 110, 0xFFFF), *EVENT, (460, 0xFFFF)]
    name = b"names.example"
    record = bytes([len(name)]) + name + session(4) + b"\xff" + u(len(name), 2) + name
    templates = Templates()
    found, faults = read(
        message(of_set(2, template(400, fields, 9))),
        message(of_set(400, record * 2)),
        templates=templates,
    )
    assert (len(found), faults) == (2, [])
    assert "names" not in repr(found) + repr(templates)


@pytest.mark.parametrize(
    ("sent", "fault"),
    [
        (b"\0\x0a", "cut"),
        (struct.pack(">HHIII", 9, 16, 0, 0, 0), "version"),
        (struct.pack(">HHIII", 10, 17, 0, 0, 0), "length"),
        (message(b"\1\2"), "set-length"),
        (message(struct.pack(">HH", 300, 3)), "set-length"),
        (message(struct.pack(">HH", 300, 9) + b"1234"), "set-length"),
        (message(of_set(5, b"1234")), "set-number"),
        (message(of_set(999, b"1234")), "unknown-set"),
        (message(of_set(2, template(12, EVENT))), "template-number"),
        (message(of_set(2, struct.pack(">HH", 310, 3) + b"\0\1\0\4")), "template"),
        (message(of_set(2, struct.pack(">HH", 310, 60_000))), "template"),
        (message(of_set(2, template(310, [(8, 0)]))), "template"),
        (message(of_set(300, session(4)[:-10] + b"")), ""),
        (message(of_set(300, session(4).replace(INSIDE, AWAY, 1))), "not-inside"),
        (message(of_set(300, session(4, port=0))), "port"),
        (
            message(
                of_set(2, template(311, [*BLOCK, (363, 2)])), of_set(311, b"\1" * 17 + b"\x10\0\2")
            ),
            "port-step",
        ),
        (
            message(
                of_set(2, template(312, [(8, 3), *BLOCK[2:]])), of_set(312, b"\1" * 11 + b"\x10")
            ),
            "field",
        ),
        (message(of_set(2, template(313, [(8, 0xFFFF)])), of_set(313, b"\xff")), "record"),
    ],
)
def test_what_is_malformed_is_named(sent: bytes, fault: str) -> None:
    """Each fault has its cause; what comes after it is read."""
    found, faults = read(TEMPLATES, sent, message(of_set(300, session(4))))
    assert faults == ([fault] if fault else [])
    assert len(found) == 1


def test_a_set_before_its_template_or_after_its_withdrawal_is_unknown() -> None:
    """RFC 7011 §8.1: withdrawn alone or with all of its kind; of another domain, unknown too."""
    data, other = message(of_set(300, session(4))), message(of_set(300, session(4)), domain=8)
    one, every = message(of_set(2, u(300, 2) + u(0, 2))), message(of_set(2, u(2, 2) + u(0, 2)))
    found, faults = read(data, TEMPLATES, data, other, one, data, TEMPLATES, every, data)
    assert len(found) == 1
    assert faults == ["unknown-set"] * 4


def test_options_are_passed_over() -> None:
    """What a sender tells of itself is no flow."""
    options = u(350, 2) + u(2, 2) + u(1, 2) + b"".join(u(n, 2) for n in (149, 4, 335, 0xFFFF))
    name = b"\x0dnames.example"
    found, faults = read(
        message(of_set(3, options + b"\0\0")), message(of_set(350, u(1, 4) + name))
    )
    assert (found, faults) == ([], [])


def test_senders_keep_no_more_than_so_many_templates() -> None:
    """Beyond, the one least lately used goes: a sender cannot fill the memory."""
    templates = Templates()
    read(TEMPLATES, templates=templates)
    for domain in range(300):
        read(message(of_set(2, template(300, EVENT) * 3), domain=domain), templates=templates)
        read(message(of_set(300, session(4))), templates=templates)
    many = [message(of_set(2, template(n, EVENT))) for n in range(400, 1000)]
    read(*many, templates=templates)
    assert len(templates.known) == 512


@settings(max_examples=150)
@given(st.data())
def test_whatever_comes_is_read_or_named(data: st.DataObject) -> None:
    """Flipped, cut or random octets never raise, and templates so learnt do no harm."""
    whole = message(of_set(2, template(300, EVENT) + template(301, BLOCK)), of_set(300, session(4)))
    sent = bytearray(whole)
    for at in data.draw(st.lists(st.integers(16, len(sent) - 1), max_size=6)):
        sent[at] = data.draw(st.integers(0, 255))
    tail = data.draw(st.binary(max_size=30))
    sent += tail
    sent[2:4] = u(len(sent), 2)
    read(bytes(sent), bytes(sent), data.draw(st.binary(max_size=60)))
