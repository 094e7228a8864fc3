"""The same case both ways: what others made is read as they meant it, and made again alike."""

from dataclasses import dataclass
from ipaddress import ip_address, ip_interface
from pathlib import Path

import pytest

from radius.protocol.attributes import attributes
from radius.protocol.authenticators import ZEROS, SharedSecret
from radius.protocol.numbers import EAP_MESSAGE, MESSAGE_AUTHENTICATOR, Code
from radius.protocol.packet import Packet, decode, encode, encode_attribute
from radius.protocol.values import Value

DATA = Path(__file__).parents[3] / "data/radius"
KNOWN = attributes()
LAB = SharedSecret(b"radius-secret-of-the-lab-0123456")
NOON = 1_795_348_800
"""The instant that the recording writes as `Nov 22 2026 12:00:00 UTC`."""


@dataclass(frozen=True, slots=True)
class Case:
    """One recorded packet, and what its maker was told."""

    name: str
    source: str
    told: tuple[tuple[str, str], ...]
    """Names and values as radclient reads them."""
    octets: bytes


def cases() -> list[Case]:
    """Return the packets of radclient's file."""
    text = (DATA / "freeradius-3.2.1.txt").read_text()
    return [_case(block) for block in text.split("\n\n")[1:]]


def _case(block: str) -> Case:
    head, *told, packet = block.strip().splitlines()
    name, source = head[1:].split("]", 1)
    pairs = [line.split(" = ", 1) for line in told]
    ours = [(name.replace("ChilliSpot", "CoovaChilli"), value) for name, value in pairs]
    return Case(name, source.strip(), tuple(ours), bytes.fromhex(packet.split()[1]))


def told_value(name: str, text: str) -> Value:
    """Return the value that a line of radclient's input means."""
    attribute = KNOWN.by_name[name]
    named = {word: number for number, word in attribute.value_names.items()}
    match attribute.kind:
        case "string":
            return text.strip('"')
        case "date":
            return NOON
        case "ifid":
            return bytes.fromhex(text.replace(":", ""))
        case "ipaddr" | "ipv6addr":
            return ip_address(text)
        case "ipv6prefix" | "ipv4prefix":
            return ip_interface(text)
        case "integer" | "integer64":
            return named[text] if text in named else int(text)
    return bytes.fromhex(text.removeprefix("0x"))


def split(octets: bytes) -> list[bytes]:
    """Return the attributes of a packet, each whole."""
    found = []
    at = 20
    while at < len(octets):
        found.append(octets[at : at + octets[at + 1]])
        at += octets[at + 1]
    return found


def described(packet: Packet) -> list[tuple[str, Value]]:
    """Return what a packet says, EAP fragments joined, without its signature."""
    said = [pair for pair in KNOWN.describe(packet) if pair[0] != "Message-Authenticator"]
    fragments = packet.values(EAP_MESSAGE)
    if not fragments:
        return said
    rest = [pair for pair in said if pair[0] != "EAP-Message"]
    return [*rest, ("EAP-Message", b"".join(fragments))]


def meant(case: Case) -> list[tuple[str, Value]]:
    """Return what its maker was told, numbers by their names."""
    said = []
    for name, text in case.told:
        attribute = KNOWN.by_name[name.split(":")[0]]
        value = told_value(attribute.name, text)
        named = attribute.value_names.get(value, value) if isinstance(value, int) else value
        if attribute.name != "Message-Authenticator":
            said.append((attribute.name, named))
    return said


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_what_radclient_sent_is_what_it_was_told(case: Case) -> None:
    """Names, types and tags of every document it tries; none is unknown."""
    said = described(decode(case.octets))
    assert sorted(said, key=str) == sorted(meant(case), key=str), case.source


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_what_radclient_was_told_is_encoded_alike(case: Case) -> None:
    """Octet by octet; only what one attribute cannot hold alone is left to other tests."""
    theirs = [one for one in split(case.octets) if one[0] != MESSAGE_AUTHENTICATOR]
    ours = []
    for name, text in case.told:
        base, _, tag = name.partition(":")
        if base not in ("EAP-Message", "Message-Authenticator"):
            ours.append(KNOWN.by_name[base].encode(told_value(base, text), int(tag or 0)))
    if case.name == "members":
        joined = theirs.pop()
        assert joined[8:] == b"".join(one[8:] for one in ours[1:])
        del ours[1:]
    assert ours == [one for one in theirs if one[0] != EAP_MESSAGE], case.source


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_radclient_s_authenticators_verify(case: Case) -> None:
    """RFC 2866 §3 and RFC 5176 §2.3 digests; RFC 3579 §3.2 signatures, made again alike."""
    packet = decode(case.octets)
    if packet.code == Code.ACCESS_REQUEST:
        if MESSAGE_AUTHENTICATOR in packet.attributes:
            LAB.verify_message_authenticator(case.octets, packet.authenticator)
        return
    unsigned = encode(packet.code, packet.identifier, ZEROS, case.octets[20:])
    assert LAB.digest(unsigned) == packet.authenticator


@pytest.mark.parametrize(
    ("name", "request_", "reply"),
    [
        (
            "7.1",
            [
                ("User-Name", "nemo"),
                ("NAS-IP-Address", ip_address("192.168.1.16")),
                ("NAS-Port", 3),
            ],
            [
                ("Service-Type", 1),
                ("Login-Service", 0),
                ("Login-IP-Host", ip_address("192.168.1.3")),
            ],
        ),
        (
            "7.2",
            [
                ("User-Name", "flopsy"),
                ("NAS-IP-Address", ip_address("192.168.1.16")),
                ("NAS-Port", 20),
                ("Service-Type", 2),
                ("Framed-Protocol", 1),
            ],
            [
                ("Service-Type", 2),
                ("Framed-Protocol", 1),
                ("Framed-IP-Address", ip_address("255.255.255.254")),
                ("Framed-Routing", 2),
                ("Framed-Compression", 1),
                ("Framed-MTU", 1500),
            ],
        ),
    ],
)
def test_rfc_2865_s_examples_both_ways(
    name: str, request_: list[tuple[str, Value]], reply: list[tuple[str, Value]]
) -> None:
    """RFC 2865 §7.1 and §7.2, request and reply; the passwords have tests of their own.

    In §7.2 the text says Framed-Routing None, the octets Listen: the octets hold here.
    """
    rows = [line.split() for line in (DATA / "rfc2865.txt").read_text().splitlines()]
    (sent, answered) = next(row[1:] for row in rows if row[0] == name)
    for octets, said in ((sent, request_), (answered, reply)):
        secretless = [one for one in split(bytes.fromhex(octets)) if one[0] not in (2, 3)]
        assert [KNOWN.by_name[a].encode(value) for a, value in said] == secretless
        packet = decode(encode(2, 0, bytes(16), b"".join(secretless)))
        named = [
            (a, KNOWN.by_name[a].value_names.get(v, v) if isinstance(v, int) else v)
            for a, v in said
        ]
        assert sorted(KNOWN.describe(packet), key=str) == sorted(named, key=str)


def test_a_long_eap_packet_is_cut_as_radclient_cuts_it() -> None:
    """RFC 3579 §3.1: fragments of 253 octets, consecutive and in order."""
    case = next(one for one in cases() if one.name == "eap-fragments")
    packet = decode(case.octets)
    whole = b"".join(packet.values(EAP_MESSAGE))
    assert len(whole) == int.from_bytes(whole[2:4], "big") == 300
    cut = b"".join(encode_attribute(EAP_MESSAGE, whole[at : at + 253]) for at in (0, 253))
    assert cut in case.octets
