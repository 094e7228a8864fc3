"""tshark decodes our packets without a warning, and shows the values we meant."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from radius.protocol.authenticators import SharedSecret
from radius.rights import Rights, encode_rights
from territory.vocabulary import AttributeSet
from tests.integration.radius.conftest import Lab
from tests.servers.radius import attribute, sign_request
from tests.servers.territory import SHARED_SECRET
from tests.servers.tshark import Datagram, Dissected, Shown, dissect
from tests.unit.radius.sample import PLAN

GIBI = 2**30
ENDS_AT = datetime(2026, 11, 22, 19, tzinfo=UTC)
FULL = replace(PLAN, vlan=42, role="invites", reauthenticate=True)
SECRET = SharedSecret(SHARED_SECRET.encode())
DEVICE, OTHER = "8A-56-7E-F9-10-E4", "02-00-00-00-00-02"
UP_BPS, DOWN_BPS, UP_KBPS, DOWN_KBPS = "2000000", "8000000", "2000", "8000"
SMALL, LOW, HIGH = "1073741824", "3221225477", "1"
"""1 GiB, and 7 GiB and 5 octets in two halves."""

STANDARD = {
    (0, 27, "Session-Timeout"): "3600",
    (0, 28, "Idle-Timeout"): "600",
    (0, 29, "Termination-Action"): "RADIUS-Request(1)",
    (0, 85, "Acct-Interim-Interval"): "300",
    (0, 64, "Tunnel-Type"): "VLAN(13)",
    (0, 65, "Tunnel-Medium-Type"): "IEEE-802(6)",
    (0, 81, "Tunnel-Private-Group-Id"): "42",
    (0, 11, "Filter-Id"): "invites",
}
VENDORS: dict[str, dict[tuple[int, int, str], str]] = {
    "standard": {},
    "meraki": {},
    "wispr": {
        (14122, 7, "WISPr-Bandwidth-Max-Up"): UP_BPS,
        (14122, 8, "WISPr-Bandwidth-Max-Down"): DOWN_BPS,
        (14122, 9, "WISPr-Session-Terminate-Time"): "2026-11-22T19:00:00+00:00",
    },
    "coovachilli": {
        (14559, 4, "ChilliSpot-Bandwidth-Max-Up"): UP_KBPS,
        (14559, 5, "ChilliSpot-Bandwidth-Max-Down"): DOWN_KBPS,
        (14559, 24, "ChilliSpot-VLAN-Id"): "42",
    },
    "mikrotik": {
        (14988, 8, "Mikrotik-Rate-Limit"): "2000000/8000000",
        (14988, 3, "Mikrotik-Group"): "invites",
        (14988, 26, "Mikrotik-Wireless-VLANID"): "42",
        (14988, 27, "Mikrotik-Wireless-VLANID-Type"): "0",
    },
    "aruba": {(14823, 1, "Aruba-User-Role"): "invites", (14823, 2, "Aruba-User-Vlan"): "42"},
    "ruckus": {(25053, 1, "Ruckus-User-Groups"): "invites"},
    "cisco": {
        (14179, 7, "Airespace-Data-Bandwidth-Average-Contract"): DOWN_KBPS,
        (14179, 8, "Airespace-Real-Time-Bandwidth-Average-Contract"): DOWN_KBPS,
        (14179, 13, "Airespace-Data-Bandwidth-Average-Contract-Upstream"): UP_KBPS,
        (14179, 14, "Airespace-Real-Time-Bandwidth-Average-Contract-Upstream"): UP_KBPS,
        (14179, 11, "Airespace-Guest-Role-Name"): "invites",
    },
    "ubiquiti": {(41112, 3, ""): UP_BPS, (41112, 1, ""): DOWN_BPS},
    "tplink": {},
    "cambium": {},
    "fortinet": {(12356, 1, "Fortinet-Group-Name"): "invites"},
    "pfsense": {(13644, 1, ""): UP_BPS, (13644, 2, ""): DOWN_BPS},
    "huawei": {
        (2011, 2, "Huawei-Input-Average-Rate"): UP_BPS,
        (2011, 3, "Huawei-Input-Peak-Rate"): UP_BPS,
        (2011, 5, "Huawei-Output-Average-Rate"): DOWN_BPS,
        (2011, 6, "Huawei-Output-Peak-Rate"): DOWN_BPS,
        (2011, 251, ""): "invites",
    },
    "aerohive": {(26928, 1, ""): "42"},
}
"""By (vendor, number, the name tshark has for it; none where Debian 12's has none)."""
SMALL_QUOTAS: dict[str, dict[tuple[int, int, str], str]] = {
    "coovachilli": {(14559, 3, "ChilliSpot-Max-Total-Octets"): SMALL},
    "mikrotik": {
        (14988, 1, "Mikrotik-Recv-Limit"): SMALL,
        (14988, 2, "Mikrotik-Xmit-Limit"): SMALL,
        (14988, 17, "Mikrotik-Total-Limit"): SMALL,
    },
    "ruckus": {(25053, 144, "Ruckus-Max-DL-UL-Quota"): SMALL},
    "tplink": {(11863, 1, ""): SMALL, (11863, 2, ""): SMALL},
    "cambium": {(17713, 155, ""): SMALL},
    "pfsense": {(13644, 3, ""): SMALL},
}
LARGE_QUOTAS: dict[str, dict[tuple[int, int, str], str]] = {
    "coovachilli": {
        (14559, 3, "ChilliSpot-Max-Total-Octets"): LOW,
        (14559, 23, "ChilliSpot-Max-Total-Gigawords"): HIGH,
    },
    "mikrotik": {
        (14988, 1, "Mikrotik-Recv-Limit"): LOW,
        (14988, 14, "Mikrotik-Recv-Limit-Gigawords"): HIGH,
        (14988, 2, "Mikrotik-Xmit-Limit"): LOW,
        (14988, 15, "Mikrotik-Xmit-Limit-Gigawords"): HIGH,
        (14988, 17, "Mikrotik-Total-Limit"): LOW,
        (14988, 18, "Mikrotik-Total-Limit-Gigawords"): HIGH,
    },
    "cambium": {(17713, 155, ""): LOW, (17713, 156, ""): HIGH},
}
UNNAMED = {14559: {23, 24}, 2011: {251}}
"""Besides whole vendors, what Debian 12's dictionaries lack."""


def exchange(at: int, rights: bytes) -> list[Datagram]:
    """Return a request and the Accept that carries these rights."""
    authenticator = os.urandom(16)
    request = sign_request(1, at, authenticator, attribute(1, "nemo"), SHARED_SECRET.encode())
    accept = SECRET.signed_reply(2, at, authenticator, rights)
    return [Datagram(request, 1812, False, at), Datagram(accept, 1812, True, at)]


def said(dissected: Dissected) -> dict[tuple[int, int], Shown]:
    """Return its attributes, but the signature, by vendor and number; none comes twice."""
    shown = [one for one in dissected.attributes if (one.vendor, one.number) != (0, 80)]
    by_number = {(one.vendor, one.number): one for one in shown}
    assert len(by_number) == len(shown)
    return by_number


def agrees(shown: Shown, name: str, value: str) -> bool:
    """Whether tshark shows this value, by name or, where it knows none, in octets."""
    if shown.name != "Unknown-Attribute":
        return name in ("", shown.name) and shown.value == value
    octets = bytes.fromhex(shown.value)
    known_lack = not name or shown.number in UNNAMED.get(shown.vendor, set())
    number = value.isdigit() and int.from_bytes(octets, "big") == int(value)
    return known_lack and (number or octets == value.encode())


@pytest.mark.parametrize(
    ("octets", "quotas"), [(GIBI, SMALL_QUOTAS), (7 * GIBI + 5, LARGE_QUOTAS)], ids=["1G", "7G"]
)
def test_each_vendor_s_accept(
    octets: int, quotas: dict[str, dict[tuple[int, int, str], str]], tmp_path: Path
) -> None:
    """Names, numbers and values of every set; no expert info, the authenticator right."""
    rights = Rights(FULL, 3600, octets, ENDS_AT)
    sets = list(AttributeSet)
    sent = [exchange(at, encode_rights(rights, [name])) for at, name in enumerate(sets)]
    frames = dissect([one for pair in sent for one in pair], tmp_path, SHARED_SECRET)
    assert [frame.warnings for frame in frames] == [[]] * 2 * len(sets)
    for name, frame in zip(sets, frames[1::2], strict=True):
        meant = STANDARD | VENDORS[name] | quotas.get(name, {})
        shown = said(frame)
        assert set(shown) == {(vendor, number) for vendor, number, _ in meant}, name
        assert "[correct]" in frame.text
        wrong = [
            (known, shown[known[:2]])
            for known, value in meant.items()
            if not agrees(shown[known[:2]], known[2], value)
        ]
        assert wrong == []


async def test_a_whole_session_with_the_real_server(lab: Lab, tmp_path: Path) -> None:
    """Accept, Reject, Accounting-Response and the answers to Status-Server, as they were sent."""
    credential = await lab.grant()
    requests = [
        (1812, lab.access.log_in(credential, DEVICE, attribute(33, b"state"))),
        (1812, lab.access.log_in(credential, OTHER)),
        (1812, sign_request(12, 200, os.urandom(16), b"", SHARED_SECRET.encode())),
        (1813, lab.accounting.accounting_request(start(credential.user_name))),
    ]
    datagrams = []
    for at, (port, request) in enumerate(requests):
        asked = lab.access if port == 1812 else lab.accounting
        reply = await asked.ask(request)
        datagrams += [Datagram(request, port, False, at), Datagram(reply.octets, port, True, at)]
    frames = dissect(datagrams, tmp_path, SHARED_SECRET)
    assert [frame.warnings for frame in frames] == [[]] * len(datagrams)
    judged = ["[correct]" in frame.text for frame in frames[1::2]]
    assert judged == [True, True, False, True], "tshark pairs no Accept with a Status-Server"
    assert not [one for frame in frames for one in frame.attributes if "Unknown" in one.name]
    accepted, rejected = said(frames[1]), said(frames[3])
    assert accepted[0, 27].value == str(4 * 3600)
    assert {(14122, 7), (14122, 8), (14559, 4), (14559, 5)} <= set(accepted)
    assert rejected[0, 18].value.endswith("[other_device]")


async def test_the_real_server_in_another_vendor_s_words(lab: Lab, tmp_path: Path) -> None:
    """A NAS's sets and a plan's VLAN, role and end come from the territory into the Accept."""
    await lab.told("update territory.nas set attribute_sets = array['standard', 'mikrotik']")
    await lab.told("update territory.plan set vlan = 42, role = 'invites', at_end = 'slow'")
    credential = await lab.grant()
    request = lab.access.log_in(credential, DEVICE)
    reply = await lab.access.ask(request)
    pair = [Datagram(request, 1812), Datagram(reply.octets, 1812, from_server=True)]
    _, frame = dissect(pair, tmp_path, SHARED_SECRET)
    assert frame.warnings == []
    shown = said(frame)
    meant = STANDARD | VENDORS["mikrotik"]
    named = {(vendor, number) for vendor, number, _ in meant}
    assert named <= set(shown)
    assert {vendor for vendor, _ in shown} == {0, 14988}
    assert shown[0, 29].value == "RADIUS-Request(1)"
    assert shown[14988, 26].value == "42"


def start(user_name: str) -> bytes:
    """Return an Accounting-Start's attributes."""
    return b"".join(
        [
            attribute(40, 1),
            attribute(44, "6912f00000000001"),
            attribute(1, user_name),
            attribute(31, DEVICE),
            attribute(8, bytes((10, 1, 0, 23))),
        ]
    )
