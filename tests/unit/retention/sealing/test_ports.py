"""Which public port a device had: by the block its address has, or as its gateway told."""

from datetime import date, datetime, timedelta
from ipaddress import IPv4Address
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.sealing.columns import (
    PORT_BLOCKS,
    SITE_ADDRESSES,
    SOURCE_FACTS,
    SOURCE_SLICES,
    TRANSLATIONS,
)
from retention.sealing.ports import PortFacts
from retention.sealing.slices import START, STOP, derive_source, midnight
from territory.rules.port_blocks import PortBlocks

DAY = date(2026, 11, 17)
PUBLIC, OTHER = "192.0.2.10", "192.0.2.11"
LONG_AGO = midnight(DAY) - timedelta(days=300)
BLOCKS: dict[str, Any] = {
    "site": "verdun",
    "first_address": "10.1.0.10",
    "last_address": "10.1.0.250",
    "ports": 256,
    "first_port": 1024,
    "last_port": 65_535,
    "pool": "",
    "since": LONG_AGO,
    "to": None,
}


def hour(hours: float) -> datetime:
    """Return an instant of the day."""
    return midnight(DAY) + timedelta(hours=hours)


def stay(device: int, address: str | None, first: float, last: float) -> list[dict[str, Any]]:
    """Return a session's two facts."""
    row: dict[str, Any] = dict.fromkeys(SOURCE_FACTS.names)
    row |= {"session": f"s{device}-{first}", "device": f"02:00:00:00:00:{device:02x}"}
    row |= {"address": address, "site": "verdun", "nas": "n", "began_at": hour(first)}
    return [row | {"kind": START, "at": hour(first)}, row | {"kind": STOP, "at": hour(last)}]


def told(address: str, port: int, at: float, **more: Any) -> dict[str, Any]:
    """Return a translation: one that began then, unless `began` or `ended` (hours) say else."""
    began, ended = more.pop("began", at), more.pop("ended", None)
    row = {"site": "verdun", "address": address, "protocol": 6, "public_address": PUBLIC}
    row |= {"port_first": port, "port_last": port, "at": hour(at)}
    row["held_from"] = None if began is None else hour(began)
    row["held_until"] = None if ended is None else hour(ended)
    return row | more


def ended(address: str, port: int, at: float, **more: Any) -> dict[str, Any]:
    """Return a translation's end; its beginning is not told."""
    return told(address, port, at, began=None, ended=at, **more)


def derive(
    stays: list[dict[str, Any]],
    blocks: Any = (),
    translations: Any = (),
    addresses: tuple[str, ...] = (PUBLIC,),
) -> list[dict[str, Any]]:
    """Return the day's slices."""
    sites = [("verdun", address, LONG_AGO, None) for address in addresses]
    rows = [dict(zip(SITE_ADDRESSES.names, site, strict=True)) for site in sites]
    found = derive_source(
        pa.Table.from_pylist(stays, schema=SOURCE_FACTS),
        pa.Table.from_pylist(rows, schema=SITE_ADDRESSES),
        DAY,
        PortFacts(
            pa.Table.from_pylist(list(blocks), schema=PORT_BLOCKS),
            pa.Table.from_pylist(list(translations), schema=TRANSLATIONS),
        ),
    )
    assert found.schema.equals(SOURCE_SLICES)
    result: list[dict[str, Any]] = found.to_pylist()
    return result


def spans(slices: list[dict[str, Any]]) -> list[tuple[int, float, float, float, float, str]]:
    """Return what was told of ports: device, from and until in hours, each's doubt, its end."""
    hours = timedelta(hours=1)
    return [
        (
            int(row["device"][-2:], 16),
            (row["from"] - midnight(DAY)) / hours,
            (row["until"] - midnight(DAY)) / hours,
            row["from_uncertainty_seconds"] / 3600,
            row["until_uncertainty_seconds"] / 3600,
            row["until_is"],
        )
        for row in slices
        if row["port_first"] is not None
    ]


def test_a_block_is_that_of_the_address_when_it_was_described() -> None:
    """What is described later says nothing of before, and what is no longer nothing of after."""
    blocks = [
        BLOCKS | {"to": hour(12)},
        BLOCKS | {"since": hour(12), "to": hour(18), "ports": 512, "last_address": "10.1.0.100"},
    ]
    found = derive([*stay(1, "10.1.0.11", 8, 20), *stay(2, "10.9.0.1", 8, 20)], blocks)
    ports = [(row["address"], row["from"], row["port_first"], row["port_last"]) for row in found]
    assert [each for each in ports if each[0] == "10.1.0.11"] == [
        ("10.1.0.11", hour(8), 1280, 1535),
        ("10.1.0.11", hour(12), 1536, 2047),
        ("10.1.0.11", hour(18), None, None),
    ]
    assert {each[2] for each in ports if each[0] == "10.9.0.1"} == {None}
    assert {row["protocol"] for row in found} == {None}


def test_a_device_has_the_one_address_of_the_pool_that_its_block_is_on() -> None:
    """Of several public addresses, those its block is not on were never its own."""
    blocks = [BLOCKS | {"pool": f"{PUBLIC} {OTHER}", "last_address": "10.1.1.250"}]
    stays = [*stay(1, "10.1.0.10", 8, 9), *stay(2, "10.1.1.6", 8, 9), *stay(3, None, 8, 9)]
    found = derive(stays, blocks, addresses=(PUBLIC, OTHER))
    assert [(r["device"][-1], r["public_address"], r["port_first"]) for r in found] == [
        ("1", PUBLIC, 1024),
        ("3", PUBLIC, None),
        ("2", OTHER, 1024),
        ("3", OTHER, None),
    ]


@settings(max_examples=10)
@given(
    ranks=st.sets(st.integers(-2, 600), min_size=1, max_size=12),
    ports=st.integers(256, 3000),
    pool=st.integers(0, 2),
    first_port=st.integers(1, 30_000),
)
def test_slices_and_gateway_agree(ranks: set[int], ports: int, pool: int, first_port: int) -> None:
    """A slice has the very block that the gateway's rules are made from."""
    texts = (PUBLIC, OTHER)[:pool]
    first = IPv4Address("10.1.0.10")
    rule = PortBlocks(first, first + 500, tuple(map(IPv4Address, texts)), ports, first_port)
    described = BLOCKS | {"last_address": str(first + 500), "pool": " ".join(texts)}
    described |= {"ports": ports, "first_port": first_port}
    stays = [fact for n, rank in enumerate(ranks) for fact in stay(n, str(first + rank), 8, 9)]
    found = derive(stays, [described], addresses=texts or (PUBLIC,))
    for row in found:
        lease = rule.lease_of(IPv4Address(row["address"]))
        expected = (lease.port_first, lease.port_last) if lease else (None, None)
        assert (row["port_first"], row["port_last"]) == expected
        assert lease is None or lease.public_address in (None, IPv4Address(row["public_address"]))
    assert {row["address"] for row in found} == {str(first + rank) for rank in ranks}


SECOND = 1 / 3600
"""What happened within one second lasted up to one."""
ONE = "10.1.0.10"
TWO = "10.1.0.11"
STAYS = [*stay(1, ONE, 8, 12), *stay(2, TWO, 8, 12), *stay(3, ONE, 12, 20)]


@pytest.mark.parametrize(
    ("translations", "expected"),
    [
        ([told(ONE, 5000, 9), ended(ONE, 5000, 10)], [(1, 9, 10, 0, 0, "change")]),
        ([ended(ONE, 5000, 10, held_from=hour(9))], [(1, 9, 10, 0, 0, "change")]),
        # No end: the device's own at the latest, whoever else uses the port meanwhile.
        ([told(ONE, 5000, 9)], [(1, 9, 9, 0, 3, "last_seen")]),
        (
            [told(ONE, 5000, 9), told(TWO, 5000, 11)],
            [(1, 9, 9, 0, 3, "last_seen"), (2, 11, 11, 0, 1, "last_seen")],
        ),
        # No beginning: the device's own at the earliest.
        ([ended(ONE, 5000, 10)], [(1, 10, 10, 2, SECOND, "change")]),
        (
            [ended(TWO, 5000, 9), ended(ONE, 5000, 10)],
            [(2, 9, 9, 1, SECOND, "change"), (1, 10, 10, 2, SECOND, "change")],
        ),
        # Two at once, each towards another server: both had it.
        (
            [told(ONE, 5000, 9), told(TWO, 5000, 9.5), ended(TWO, 5000, 10), ended(ONE, 5000, 11)],
            [(1, 9, 11, 0, 0, "change"), (2, 9.5, 10, 0, 0, "change")],
        ),
        # One device towards two servers: as long as either; an end that got lost leaves a doubt.
        (
            [told(ONE, 5000, 9), told(ONE, 5000, 9.5), ended(ONE, 5000, 10), ended(ONE, 5000, 11)],
            [(1, 9, 11, 0, 0, "change")],
        ),
        (
            [told(ONE, 5000, 9), told(ONE, 5000, 9.5), ended(ONE, 5000, 10)],
            [(1, 9, 9, 0, 3, "last_seen"), (1, 9.5, 10, 0, 0, "change")],
        ),
        # An end that tells its own beginning answers the beginning that was told then.
        (
            [told(ONE, 5000, 9), ended(ONE, 5000, 10, held_from=hour(9))],
            [(1, 9, 10, 0, 0, "change")],
        ),
        # Seen again and again, it lasted.
        (
            [told(ONE, 5000, at, began=None) for at in (9, 9.5, 10)],
            [(1, 9, 10, 1, 2, "last_seen")],
        ),
        # Seen far apart, it may have been two: of the time between, nothing is certain.
        (
            [told(ONE, 5000, at, began=None) for at in (9, 11)],
            [(1, 9, 9, 1, 3, "last_seen"), (1, 11, 11, 3, 1, "last_seen")],
        ),
        # Whoever had the address meanwhile is nobody's port.
        ([told(ONE, 5000, at, began=None) for at in (7, 22)], []),
        ([told(ONE, 5000, 7, began=None), ended(ONE, 5000, 22, held_from=hour(21.5))], []),
        # From a beginning told to an end told, it lasted, however seldom it was seen.
        (
            [told(ONE, 5000, 9), told(ONE, 5000, 11, began=None), ended(ONE, 5000, 11.5)],
            [(1, 9, 11.5, 0, 0, "change")],
        ),
        # Two protocols are two ports.
        (
            [told(ONE, 5000, 9), told(TWO, 5000, 9, protocol=17)],
            [(1, 9, 9, 0, 3, "last_seen"), (2, 9, 9, 0, 3, "last_seen")],
        ),
        # The address had another holder by then; what nobody held is nobody's.
        ([told(ONE, 5000, 13), ended(ONE, 5000, 14)], [(3, 13, 14, 0, 0, "change")]),
        ([told(TWO, 5000, 13), ended(TWO, 5000, 14)], []),
        # An end told after midnight ends it all the same.
        ([told(ONE, 5000, 19), ended(ONE, 5000, 24.5)], [(3, 19, 20, 0, 0, "last_seen")]),
    ],
)
def test_translations_lead_to_the_device_that_had_the_address(
    translations: list[dict[str, Any]], expected: list[Any]
) -> None:
    """By private address and interval; each doubt is stated."""
    found = derive(STAYS, translations=translations)
    assert sorted(spans(found), key=lambda s: (s[1], s[0])) == expected
    whole = [row for row in found if row["port_first"] is None]
    assert len(whole) == 3, "the devices' own slices stay as they were"


def test_a_block_that_a_gateway_leased_is_read_as_told() -> None:
    """RFC 8158's port blocks: a range, of every protocol, from allocation to release."""
    block = {"protocol": None, "port_last": 5255}
    found = derive(STAYS, translations=[told(ONE, 5000, 9, **block), ended(ONE, 5000, 11, **block)])
    told_of = [r for r in found if r["port_first"] is not None]
    assert [(r["port_first"], r["port_last"], r["protocol"]) for r in told_of] == [
        (5000, 5255, None)
    ]
    assert spans(found) == [(1, 9, 11, 0, 0, "change")]


def test_a_block_is_one_devices_until_it_is_anothers() -> None:
    """Its release got lost: the next allocation bounds it, as a single port's next use does not."""
    block = {"protocol": None, "port_last": 5255}
    found = derive(STAYS, translations=[told(ONE, 5000, 9, **block), told(TWO, 5000, 11, **block)])
    assert spans(found) == [(1, 9, 9, 0, 2, "last_seen"), (2, 11, 11, 0, 1, "last_seen")]


FLOWS = st.lists(
    st.tuples(st.sampled_from([ONE, TWO]), st.integers(490, 700), st.integers(1, 19)), max_size=8
)
"""Private address, minute of the day it began, minutes it lasted; within both devices' stays."""


@settings(max_examples=60)
@given(FLOWS, st.sets(st.integers(0, 15)))
def test_whoever_had_a_port_is_named(flows: list[tuple[str, int, int]], lost: set[int]) -> None:
    """However several devices' use of one port interleaves: at every minute all who had it are,
    and nobody else for certain; where lines got lost, whom one is left of may still have had it."""
    lines = [
        line
        for address, began, lasted in flows
        for line in (
            told(address, 5000, began / 60),
            ended(address, 5000, (began + lasted) / 60),
        )
    ]
    left = [line for number, line in enumerate(lines) if number not in lost]
    whole, torn = derive(STAYS, translations=lines), derive(STAYS, translations=left)
    for minute in range(480, 720):
        at = hour(minute / 60) + timedelta(seconds=30)
        had = {a for a, began, lasted in flows if began <= minute < began + lasted}
        seen = {
            address
            for number, (address, began, lasted) in enumerate(flows)
            if began <= minute < began + lasted and not {2 * number, 2 * number + 1} <= lost
        }
        assert who(whole, at, unsure=False) == who(whole, at, unsure=True) == had
        assert seen <= who(torn, at, unsure=True)


def who(found: list[dict[str, Any]], at: datetime, *, unsure: bool) -> set[str]:
    """Whose the port was then, for certain or, `unsure`, perhaps."""
    named = set()
    for row in found:
        earlier = timedelta(seconds=row["from_uncertainty_seconds"] * unsure)
        later = timedelta(seconds=row["until_uncertainty_seconds"] * unsure)
        if row["port_first"] is not None and row["from"] - earlier <= at < row["until"] + later:
            named.add(row["address"])
    return named


@settings(max_examples=15)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([ONE, TWO, "10.1.0.99"]),
            st.integers(5000, 5002),
            st.integers(-60, 1500),
            st.sampled_from(["start", "end", "seen"]),
        ),
        max_size=25,
    )
)
def test_whatever_is_told_no_slice_leaves_its_device(
    events: list[tuple[str, int, int, str]],
) -> None:
    """A translation's slice lies within one of its device's own, by its address."""
    makers = {"start": told, "end": ended}
    rows = [
        makers[kind](address, port, minute / 60)
        if kind in makers
        else told(address, port, minute / 60, began=None)
        for address, port, minute, kind in events
    ]
    found = derive(STAYS, translations=rows)
    whole = {row["session"]: row for row in found if row["port_first"] is None}
    assert len(whole) == 3
    for row in found:
        of = whole[row["session"]]
        latest = row["until"] + timedelta(seconds=row["until_uncertainty_seconds"])
        assert row["address"] == of["address"]
        assert of["from"] <= row["from"] <= row["until"] <= of["until"]
        assert latest <= of["until"] + timedelta(seconds=1)
        assert row["from"] - timedelta(seconds=row["from_uncertainty_seconds"]) >= of["from"]
