"""A plan's rights as attributes: octets written by hand from each vendor's documents, row by row.

Vendor numbers: WISPr 14122 = 372a, CoovaChilli 14559 = 38df, MikroTik 14988 = 3a8c, Aruba 14823 =
39e7, Ruckus 25053 = 61dd, Airespace 14179 = 3763, Ubiquiti 41112 = a098, TP-Link 11863 = 2e57,
Cambium 17713 = 4531, Fortinet 12356 = 3044, pfSense 13644 = 354c, Huawei 2011 = 07db, Aerohive
26928 = 6930. Rates of the sample plan: 2 Mbit/s up (001e8480 bit/s, 07d0 kbit/s), 8 Mbit/s down
(007a1200, 1f40).
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radius.protocol.attributes import Attribute, attributes
from radius.protocol.numbers import VENDOR_SPECIFIC
from radius.protocol.packet import decode, encode
from radius.protocol.values import Value
from radius.rights import (
    MAX_ROLE_OCTETS,
    TABLE,
    Plan,
    Right,
    Rights,
    carries,
    carries_quota,
    encode_rights,
)
from territory.vocabulary import AttributeSet
from tests.unit.radius.sample import PLAN

GIBI = 2**30
BARE = replace(PLAN, upload_bps=None, download_bps=None, session_octets=None)
VLAN = replace(BARE, vlan=42)
ROLE = replace(BARE, role="invites")
UP = replace(BARE, upload_bps=2_000_000)
DOWN = replace(BARE, download_bps=8_000_000)
FULL = replace(PLAN, vlan=42, role="invites", reauthenticate=True)

TIME = "1b06 00000e10"
IDLE = "1c06 00000258"
INTERIM = "5506 0000012c"
STANDARD = (TIME, IDLE, INTERIM)
TUNNEL = ("4006 0000000d", "4106 00000006", "5104 3432")
FILTER = "0b09 696e7669746573"
OTHERS = ("Session-Timeout", "Idle-Timeout", "Acct-Interim-Interval")


def octets_of(rights: Rights, *sets: str) -> list[str]:
    """Return each attribute's octets, in hexadecimal, sorted."""
    octets = encode_rights(rights, sets)
    found = []
    at = 0
    while at < len(octets):
        found.append(octets[at : at + octets[at + 1]].hex())
        at += octets[at + 1]
    return sorted(found)


def expected(*attributes_: str) -> list[str]:
    """Return the same of octets written by hand."""
    return sorted(one.replace(" ", "") for one in attributes_)


# What each vendor's attributes say of one right; each line is one attribute's octets.
STANDARD_ROWS = [
    # RFC 2865 §5.27, §5.28, RFC 2869 §5.16: seconds.
    ("standard", Rights(BARE, 3600, None), STANDARD),
    # RFC 2865 §5.29: 1 asks again.
    (
        "standard",
        Rights(replace(BARE, reauthenticate=True), 3600, None),
        (*STANDARD, "1d06 00000001"),
    ),
    # RFC 3580 §3.31: VLAN (13), IEEE-802 (6), the number as text without a tag.
    ("standard", Rights(VLAN, 3600, None), (*STANDARD, *TUNNEL)),
    # RFC 2865 §5.11.
    ("standard", Rights(ROLE, 3600, None), (*STANDARD, FILTER)),
    # RFC 2869 §5.16: at least 60 seconds.
    (
        "standard",
        Rights(replace(BARE, interim_seconds=30), 3600, None),
        (TIME, IDLE, "5506 0000003c"),
    ),
    # No quota, no rate: the standard has no attribute for them.
    ("standard", Rights(PLAN, 3600, 7 * GIBI), STANDARD),
]
RATE_ROWS = [
    # WISPr 1.0 appendix A: bit/s, 7 up, 8 down.
    ("wispr", UP, ("1a0c 0000372a 0706 001e8480",)),
    ("wispr", DOWN, ("1a0c 0000372a 0806 007a1200",)),
    # coova-chilli doc/dictionary.coovachilli: kbit/s, 4 up, 5 down.
    ("coovachilli", UP, ("1a0c 000038df 0406 000007d0",)),
    ("coovachilli", DOWN, ("1a0c 000038df 0506 00001f40",)),
    # RouterOS manual: 8, text "rx/tx", rx is the client's upload; 0 is no limit.
    ("mikrotik", PLAN, ("1a17 00003a8c 0811 323030303030302f38303030303030",)),
    ("mikrotik", UP, ("1a11 00003a8c 080b 323030303030302f30",)),
    ("mikrotik", DOWN, ("1a11 00003a8c 080b 302f38303030303030",)),
    # Airespace: kbit/s (to be seen on equipment); upstream 13 and 14, downstream 7 and 8.
    ("cisco", UP, ("1a0c 00003763 0d06 000007d0", "1a0c 00003763 0e06 000007d0")),
    ("cisco", DOWN, ("1a0c 00003763 0706 00001f40", "1a0c 00003763 0806 00001f40")),
    # Ubiquiti: 64-bit numbers, 3 up, 1 down.
    ("ubiquiti", UP, ("1a10 0000a098 030a 00000000001e8480",)),
    ("ubiquiti", DOWN, ("1a10 0000a098 010a 00000000007a1200",)),
    # pfSense documentation: bit/s, 1 up, 2 down.
    ("pfsense", UP, ("1a0c 0000354c 0106 001e8480",)),
    ("pfsense", DOWN, ("1a0c 0000354c 0206 007a1200",)),
    # Huawei: bit/s; input average 2 and peak 3 are the user's upload, output 5 and 6.
    ("huawei", UP, ("1a0c 000007db 0206 001e8480", "1a0c 000007db 0306 001e8480")),
    ("huawei", DOWN, ("1a0c 000007db 0506 007a1200", "1a0c 000007db 0606 007a1200")),
    # Rates by role, group, policy, or by WISPr: no attribute of their own.
    *((name, PLAN, ()) for name in ("standard", "aruba", "ruckus", "meraki")),
    *((name, PLAN, ()) for name in ("tplink", "cambium", "fortinet", "aerohive")),
]
QUOTA_ROWS = [
    # coova-chilli: total 3 (octets), 23 (multiples of 2^32).
    ("coovachilli", 1, ("1a0c 000038df 0306 00000001",)),
    ("coovachilli", 2**32 - 1, ("1a0c 000038df 0306 ffffffff",)),
    ("coovachilli", 2**32, ("1a0c 000038df 0306 00000000", "1a0c 000038df 1706 00000001")),
    (
        "coovachilli",
        7 * GIBI + 5,
        ("1a0c 000038df 0306 c0000005", "1a0c 000038df 1706 00000001"),
    ),
    # RouterOS: recv 1 and 14 (the client's upload), xmit 2 and 15, total 17 and 18.
    (
        "mikrotik",
        GIBI,
        (
            "1a0c 00003a8c 0106 40000000",
            "1a0c 00003a8c 0206 40000000",
            "1a0c 00003a8c 1106 40000000",
        ),
    ),
    (
        "mikrotik",
        7 * GIBI + 5,
        (
            *("1a0c 00003a8c 0106 c0000005", "1a0c 00003a8c 0e06 00000001"),
            *("1a0c 00003a8c 0206 c0000005", "1a0c 00003a8c 0f06 00000001"),
            *("1a0c 00003a8c 1106 c0000005", "1a0c 00003a8c 1206 00000001"),
        ),
    ),
    # Cambium community: total 155 and 156, octets of the session.
    ("cambium", GIBI, ("1a0c 00004531 9b06 40000000",)),
    ("cambium", 7 * GIBI + 5, ("1a0c 00004531 9b06 c0000005", "1a0c 00004531 9c06 00000001")),
    # 32 bits and no more: pfSense 3, Ruckus 144, TP-Link 1 and 2.
    ("pfsense", GIBI, ("1a0c 0000354c 0306 40000000",)),
    ("pfsense", 2**32, ()),
    ("ruckus", GIBI, ("1a0c 000061dd 9006 40000000",)),
    ("ruckus", 2**32, ()),
    ("tplink", GIBI, ("1a0c 00002e57 0106 40000000", "1a0c 00002e57 0206 40000000")),
    ("tplink", 2**32, ()),
    # No attribute at all.
    *((name, GIBI, ()) for name in ("standard", "wispr", "aruba", "cisco", "meraki")),
    *((name, GIBI, ()) for name in ("ubiquiti", "fortinet", "huawei", "aerohive")),
]
PLACE_ROWS = [
    # VLAN: CoovaChilli 24, RouterOS 26 with type 27 = 0 (802.1Q), Aruba 2, Aerohive 1.
    ("coovachilli", VLAN, (*TUNNEL, "1a0c 000038df 1806 0000002a")),
    (
        "mikrotik",
        VLAN,
        (*TUNNEL, "1a0c 00003a8c 1a06 0000002a", "1a0c 00003a8c 1b06 00000000"),
    ),
    ("aruba", VLAN, (*TUNNEL, "1a0c 000039e7 0206 0000002a")),
    ("aerohive", VLAN, (*TUNNEL, "1a0c 00006930 0106 0000002a")),
    *((name, VLAN, TUNNEL) for name in ("wispr", "ruckus", "cisco", "meraki", "ubiquiti")),
    *((name, VLAN, TUNNEL) for name in ("tplink", "cambium", "fortinet", "pfsense", "huawei")),
    # Role: RouterOS 3, Aruba 1, Ruckus 1, Airespace 11, Fortinet 1, Huawei 251.
    ("mikrotik", ROLE, (FILTER, "1a0f 00003a8c 0309 696e7669746573")),
    ("aruba", ROLE, (FILTER, "1a0f 000039e7 0109 696e7669746573")),
    ("ruckus", ROLE, (FILTER, "1a0f 000061dd 0109 696e7669746573")),
    ("cisco", ROLE, (FILTER, "1a0f 00003763 0b09 696e7669746573")),
    ("fortinet", ROLE, (FILTER, "1a0f 00003044 0109 696e7669746573")),
    ("huawei", ROLE, (FILTER, "1a0f 000007db fb09 696e7669746573")),
    # Meraki: its group policy is Filter-Id itself, once.
    ("meraki", ROLE, (FILTER,)),
    # Aerohive 6: a number, so only a role that is one.
    ("aerohive", ROLE, (FILTER,)),
    ("aerohive", replace(BARE, role="7"), ("0b03 37", "1a0c 00006930 0606 00000007")),
    ("aerohive", replace(BARE, role="4294967296"), ("0b0c 34323934393637323936",)),
    *((name, ROLE, (FILTER,)) for name in ("wispr", "coovachilli", "ubiquiti", "tplink")),
    *((name, ROLE, (FILTER,)) for name in ("cambium", "pfsense")),
]


@pytest.mark.parametrize(("name", "rights", "attributes_"), STANDARD_ROWS)
def test_standard_rights(name: str, rights: Rights, attributes_: tuple[str, ...]) -> None:
    """Time, idleness, interim accounting, VLAN and filter, as the RFCs count them."""
    assert octets_of(rights, name) == expected(*attributes_)


@pytest.mark.parametrize(("name", "plan", "attributes_"), RATE_ROWS)
def test_rates(name: str, plan: Plan, attributes_: tuple[str, ...]) -> None:
    """Each vendor's unit and direction; what a plan does not limit is not said."""
    assert octets_of(Rights(plan, 3600, None), name) == expected(*STANDARD, *attributes_)


@pytest.mark.parametrize(("name", "octets", "attributes_"), QUOTA_ROWS)
def test_quotas(name: str, octets: int, attributes_: tuple[str, ...]) -> None:
    """Octets; beyond 32 bits the gigaword pair, else nothing."""
    assert octets_of(Rights(BARE, 3600, octets), name) == expected(*STANDARD, *attributes_)


@pytest.mark.parametrize(("name", "plan", "attributes_"), PLACE_ROWS)
def test_vlan_and_role(name: str, plan: Plan, attributes_: tuple[str, ...]) -> None:
    """The standard attributes go to all, the vendor's own beside them."""
    assert octets_of(Rights(plan, 3600, None), name) == expected(*STANDARD, *attributes_)


def test_meraki_s_least_interval() -> None:
    """Meraki sends no interim below 300 s; its row replaces the standard one."""
    often = Rights(replace(BARE, interim_seconds=120), 3600, None)
    assert octets_of(often, "meraki") == expected(TIME, IDLE, INTERIM)
    assert octets_of(often, "standard") == expected(TIME, IDLE, "5506 00000078")


def test_a_closing_time_is_an_instant_for_wispr() -> None:
    """WISPr 1.0: ISO 8601 with its offset; others have the seconds."""
    closing = datetime(2026, 11, 22, 20, tzinfo=timezone(timedelta(hours=1)))
    text = "2026-11-22T19:00:00+00:00"
    rights = Rights(BARE, 3600, None, closing)
    said = f"1a21 0000372a 091b {text.encode().hex()}"
    assert octets_of(rights, "wispr") == expected(*STANDARD, said)
    assert octets_of(rights, "coovachilli") == expected(*STANDARD)


def test_a_nas_of_several_sets() -> None:
    """A Cambium access point takes its rates from WISPr; nothing is said twice."""
    rights = Rights(replace(PLAN, role="invites"), 3600, GIBI)
    assert octets_of(rights, "standard", "wispr", "cambium", "meraki") == expected(
        *STANDARD,
        FILTER,
        "1a0c 0000372a 0706 001e8480",
        "1a0c 0000372a 0806 007a1200",
        "1a0c 00004531 9b06 40000000",
    )


def test_every_set_has_rows_and_every_row_is_tried() -> None:
    """A new row of the table needs its line above."""
    tried = {
        attribute.name
        for sets, rights in [
            *((name, rights) for name, rights, _ in STANDARD_ROWS),
            *((name, Rights(plan, 3600, None)) for name, plan, _ in [*RATE_ROWS, *PLACE_ROWS]),
            *((name, Rights(BARE, 3600, octets)) for name, octets, _ in QUOTA_ROWS),
        ]
        for attribute in defined(encode_rights(rights, (sets,)))
    }
    assert {row.attribute_set for row in TABLE} == set(AttributeSet)
    assert {row.attribute for row in TABLE} - tried == {"WISPr-Session-Terminate-Time"}


def defined(octets: bytes) -> list[Attribute]:
    """Return the definition of each attribute."""
    known = attributes()
    packet = decode(encode(2, 0, bytes(16), octets))
    names = [name for name, _ in known.describe(packet)]
    return [known.by_name[name] for name in names]


def test_no_limit_is_no_attribute() -> None:
    """Zero would mean something else to some gateways."""
    assert octets_of(Rights(BARE, 3600, None), *AttributeSet) == expected(*STANDARD)


def test_a_slow_rate_is_not_rounded_to_no_limit() -> None:
    """0 kbit/s means no limit to CoovaChilli and to Cisco."""
    slow = Rights(replace(BARE, upload_bps=999, download_bps=1500), 3600, None)
    assert octets_of(slow, "coovachilli") == expected(
        *STANDARD, "1a0c 000038df 0406 00000001", "1a0c 000038df 0506 00000001"
    )


def test_a_rate_beyond_its_type_is_the_greatest() -> None:
    """A 10 Gbit/s plan must not wrap around to a slow one; 64 bits hold it."""
    fast = Rights(replace(BARE, download_bps=10_000_000_000), 3600, None)
    assert octets_of(fast, "wispr") == expected(*STANDARD, "1a0c 0000372a 0806 ffffffff")
    assert octets_of(fast, "ubiquiti") == expected(*STANDARD, "1a10 0000a098 010a 00000002540be400")


def test_a_plan_changed_is_encoded_anew() -> None:
    """What is kept of a plan goes with that very plan, not with its id."""
    before = octets_of(Rights(PLAN, 3600, None), "wispr")
    changed = replace(PLAN, upload_bps=4_000_000)
    assert octets_of(Rights(changed, 3600, None), "wispr") != before
    for rate in range(1_000, 1_300):
        octets_of(Rights(replace(PLAN, upload_bps=rate), 3600, None), "wispr")
    assert octets_of(Rights(PLAN, 3600, None), "wispr") == before


@pytest.mark.parametrize(
    ("sets", "octets", "carried"),
    [
        (("standard", "wispr", "coovachilli"), 7 * GIBI, True),
        (("mikrotik",), 7 * GIBI, True),
        (("cambium", "wispr"), 7 * GIBI, True),
        (("pfsense",), 2**32 - 1, True),
        (("pfsense",), 2**32, False),
        (("ruckus", "wispr"), GIBI, False),
        (("tplink",), GIBI, False),
        *(((name,), GIBI, False) for name in ("standard", "wispr", "aruba", "cisco", "meraki")),
        *(((name,), GIBI, False) for name in ("ubiquiti", "fortinet", "huawei", "aerohive")),
        ((), GIBI, False),
    ],
)
def test_whose_quota_must_be_watched(sets: tuple[str, ...], octets: int, carried: bool) -> None:
    """Where a gateway has no quota attribute with a documented unit, accounting is watched."""
    assert carries_quota(sets, octets) is carried


@pytest.mark.parametrize(
    ("right", "sets"),
    [
        (Right.UPLOAD_RATE, {"wispr", "coovachilli", "mikrotik", "pfsense", "huawei"}),
        (Right.DOWNLOAD_RATE, {"wispr", "coovachilli", "mikrotik", "pfsense", "huawei"}),
        (Right.QUOTA, {"coovachilli", "mikrotik", "cambium", "pfsense"}),
        *((right, set(AttributeSet)) for right in (Right.TIME, Right.IDLE, Right.INTERIM)),
        *((right, set(AttributeSet)) for right in (Right.VLAN, Right.ROLE)),
    ],
)
def test_what_each_set_carries(right: Right, sets: set[str]) -> None:
    """The standard attributes always go along, whatever else a NAS understands."""
    assert {name for name in AttributeSet if carries(right, [name])} == sets


_NUMBERS = st.one_of(st.integers(0, 2**70), st.sampled_from([2**32 - 1, 2**32, 2**64]))
_LIMITS = st.none() | _NUMBERS
_PLANS = st.builds(
    Plan,
    id=st.uuids(),
    idle_seconds=st.integers(0, 2**40),
    interim_seconds=st.integers(0, 2**40),
    upload_bps=_LIMITS,
    download_bps=_LIMITS,
    session_octets=_LIMITS,
    mac_authentication=st.booleans(),
    vlan=st.none() | st.integers(1, 4094),
    role=st.none() | st.text(max_size=300) | st.from_regex(r"[0-9]{1,12}", fullmatch=True),
    reauthenticate=st.booleans(),
)
_ENDS = st.none() | st.datetimes(timezones=st.just(UTC))


@given(
    _PLANS,
    _NUMBERS,
    _LIMITS,
    _ENDS,
    st.frozensets(st.sampled_from(list(AttributeSet))),
)
def test_no_value_exceeds_its_type(
    plan: Plan,
    seconds: int,
    octets: int | None,
    ends_at: datetime | None,
    sets: frozenset[AttributeSet],
) -> None:
    """Whatever a plan says, every attribute decodes as its own type, and is one we meant."""
    known = attributes()
    encoded = encode_rights(Rights(plan, seconds, octets, ends_at), sets)
    described = list(known.describe(decode(encode(2, 0, bytes(16), encoded))))
    meant = {row.attribute for row in TABLE if row.attribute_set in {*sets, "standard"}}
    assert {name for name, _ in described} <= meant
    assert set(OTHERS) <= {name for name, _ in described}
    names = [name for name, _ in described]
    assert len(names) == len(set(names))
    for name, value in described:
        assert known.by_name[name].kind == "octets" or not isinstance(value, bytes)


@given(_PLANS, _LIMITS)
def test_what_is_read_back_is_what_was_meant(plan: Plan, octets: int | None) -> None:
    """A CoovaChilli gateway reads the volume and the rates the plan has, cut only by their type."""
    encoded = encode_rights(Rights(plan, 3600, octets), ("coovachilli",))
    read: dict[str, Value] = dict(attributes().describe(decode(encode(2, 0, bytes(16), encoded))))
    low = read.get("CoovaChilli-Max-Total-Octets")
    high = read.get("CoovaChilli-Max-Total-Gigawords", 0)
    if octets is None:
        assert low is None
    elif octets < 2**64:
        assert (high, low) == divmod(octets, 2**32)
    if plan.upload_bps is not None and plan.upload_bps < 2**32:
        assert read["CoovaChilli-Bandwidth-Max-Up"] == max(1, plan.upload_bps // 1000)


def test_a_role_no_gateway_can_hold_is_left_out() -> None:
    """Cut, it would be another role's name."""
    longest = replace(BARE, role="r" * MAX_ROLE_OCTETS)
    assert len(octets_of(Rights(longest, 3600, None), "aruba")) == len(STANDARD) + 2
    too_long = replace(BARE, role="é" * MAX_ROLE_OCTETS)
    assert octets_of(Rights(too_long, 3600, None), "aruba") == expected(*STANDARD)


def test_everything_at_once_fits_a_packet() -> None:
    """All vendors' attributes together leave room in 4096 octets for the rest of an Accept."""
    ends_at = datetime(2026, 11, 22, 19, tzinfo=UTC)
    encoded = encode_rights(Rights(FULL, 3600, 7 * GIBI, ends_at), AttributeSet)
    assert len(encoded) < 1200
    values = decode(encode(2, 0, bytes(16), encoded)).values(VENDOR_SPECIFIC)
    assert len(values) == len(set(values))


def test_technicians_are_told_of_every_attribute() -> None:
    """The page names each set and each attribute of the table."""
    page = (Path(__file__).parents[3] / "docs/gateways/attributs-radius.md").read_text()
    assert [name for name in AttributeSet if f"| `{name}`" not in page] == []
    assert [row.attribute for row in TABLE if f"`{row.attribute}`" not in page] == []
