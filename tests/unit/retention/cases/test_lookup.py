"""Who had an address at a time: one, several, none, and how sure."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.cases.lookup import Certainty, Found, Outcome, concerned, criterion, find
from retention.cases.question import Question, ask
from retention.cases.selection import select
from retention.sealing.columns import SITE_ADDRESSES, SOURCE_FACTS, SOURCE_SLICES
from retention.sealing.segment import write_parquet
from retention.sealing.slices import START, STOP, derive_source, midnight

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)
ADDRESS = "192.0.2.10"


def row(device: str | None, begins: int = 0, ends: int = 60, **more: Any) -> dict[str, Any]:
    """Return a slice, in minutes from noon."""
    values: dict[str, Any] = dict.fromkeys(SOURCE_SLICES.names)
    return values | {
        "public_address": ADDRESS,
        "from": NOON + timedelta(minutes=begins),
        "until": NOON + timedelta(minutes=ends),
        "from_uncertainty_seconds": 0,
        "until_uncertainty_seconds": 0,
        "until_is": "stop",
        "device": device,
        "site": "verdun",
        "session": f"session-{device}",
        "addresses6": [],
        **more,
    }


def look(
    *slices: dict[str, Any] | tuple[int, dict[str, Any]],
    minute: float = 30,
    uncertainty: int = 0,
    port: int | None = None,
    address: str = ADDRESS,
    protocol: str | None = None,
) -> Found:
    """Ask about a minute after noon; a slice may come with its part's number."""
    asked = ask(
        NOON + timedelta(days=9),
        public_address=address,
        port=port,
        protocol=protocol,
        at=(NOON + timedelta(minutes=minute)).isoformat(),
        uncertainty_seconds=uncertainty,
    )
    return answer(asked, *slices)


def answer(asked: Question, *slices: dict[str, Any] | tuple[int, dict[str, Any]]) -> Found:
    """Return what slices say to a question; one may come with its part's number."""
    parts: dict[int, list[dict[str, Any]]] = {}
    for each in slices:
        part, values = each if isinstance(each, tuple) else (0, each)
        parts.setdefault(part, []).append(values)
    return find(
        [
            (part, found)
            for part, rows in parts.items()
            for found in select(parquet(rows), [criterion(asked, NAMES)])[0]
        ],
        asked,
    )


def parquet(rows: list[dict[str, Any]]) -> bytes:
    """Return slices as an opened segment holds them."""
    return write_parquet(pa.Table.from_pylist(rows, schema=SOURCE_SLICES))


NAMES = frozenset({"opaque-a"})
A, B = "02:00:00:00:00:0a", "ac:de:48:00:00:0b"


@pytest.mark.parametrize(
    ("minute", "outcome"),
    [
        (-0.001, Outcome.NOTHING),
        (0, Outcome.ONE),
        (59.999, Outcome.ONE),
        (60, Outcome.NOTHING),
    ],
)
def test_an_interval_holds_its_beginning_and_not_its_end(minute: float, outcome: Outcome) -> None:
    """[from, until): who left and who came at one instant are never both meant."""
    assert look(row(A), minute=minute).outcome is outcome


@pytest.mark.parametrize(
    ("asked_seconds", "outcome"),
    [(-1, Outcome.NOTHING), (0, Outcome.ONE), (2, Outcome.ONE), (3, Outcome.NOTHING)],
)
def test_a_second_holds_what_began_or_ended_within_it(asked_seconds: int, outcome: Outcome) -> None:
    """From 0.4 s to 2.5 s: asked about seconds 0 and 2 it was there, about those beside it not."""
    began, ended = (NOON + timedelta(seconds=seconds) for seconds in (0.4, 2.5))
    slice_ = row(A) | {"from": began, "until": ended}
    assert look(slice_, minute=asked_seconds / 60).outcome is outcome


def test_several_devices_are_all_named() -> None:
    """Ambiguous: n, with every candidate."""
    found = look(row(A), row(B), row("02:00:00:00:00:0c", 40))
    assert (found.outcome, found.devices) == (Outcome.AMBIGUOUS, 2)
    assert [a.device for a in found.attributions] == [A, B]
    assert [a.is_random for a in found.attributions] == [True, False]


def test_one_device_with_two_sessions_is_one_device() -> None:
    """Both intervals are told, and nothing is ambiguous."""
    found = look(row(A, 0, 29), row(A, 31, 60, session="again"), uncertainty=120)
    assert (found.outcome, found.devices, len(found.attributions)) == (Outcome.ONE, 1, 2)


def test_an_uncertainty_widens_the_question() -> None:
    """Two who followed each other are both meant when the clock asked about is unsure."""
    slices = (row(A, 0, 30), row(B, 30, 60))
    assert look(*slices, minute=29, uncertainty=0).outcome is Outcome.ONE
    assert look(*slices, minute=29, uncertainty=60).outcome is Outcome.AMBIGUOUS


def test_what_was_never_announced_is_possible_only() -> None:
    """After the last sign of life and before the latest end; and before a change was told."""
    lost = row(A, until_is="last_seen", until_uncertainty_seconds=600)
    changed = row(B, from_uncertainty_seconds=600)
    assert look(lost, minute=65).outcome is Outcome.POSSIBLE
    assert look(lost, minute=65).attributions[0].certainty is Certainty.POSSIBLE
    assert look(lost, minute=70).outcome is Outcome.NOTHING
    assert look(changed, minute=-5).outcome is Outcome.POSSIBLE
    assert look(changed, minute=-11).outcome is Outcome.NOTHING


def test_a_supplement_ends_what_was_not_known_to_end() -> None:
    """A Stop that arrived late rules; of another session it does not."""
    lost = row(A, until_is="last_seen", until_uncertainty_seconds=1800)
    stop = row(A, 0, 65)
    other = row(B, 0, 65, session="other")
    assert look(lost, (1, stop), minute=70).outcome is Outcome.NOTHING
    assert look(lost, (1, stop), minute=62).outcome is Outcome.ONE
    assert look(lost, (1, other), minute=70).outcome is Outcome.POSSIBLE


def test_a_port_block_tells_devices_apart() -> None:
    """Where the gateway assigns blocks, the port leads to one device; without it, to all."""
    slices = (
        row(A, port_first=1024, port_last=1279),
        row(B, port_first=1280, port_last=1535),
    )
    by_port = look(*slices, port=1300)
    assert (by_port.outcome, by_port.attributions[0].device) == (Outcome.ONE, B)
    assert look(*slices, port=9999).outcome is Outcome.NOTHING
    assert look(*slices).outcome is Outcome.AMBIGUOUS


def test_an_ipv6_address_is_the_devices_own() -> None:
    """No translation stands between: asked in any spelling."""
    slices = (row(A, addresses6=["2001:db8::a", "fe80::1"]), row(B, addresses6=["2001:db8::b"]))
    found = look(*slices, address="2001:DB8:0:0::B")
    assert (found.outcome, found.attributions[0].device) == (Outcome.ONE, B)


@pytest.mark.parametrize(
    ("address", "device"),
    [("2001:db8:0:1::42", A), ("2001:db8:0:1:ffff::", A), ("2001:db8:0:2::1", B)],
)
def test_an_ipv6_prefix_is_all_its_addresses(address: str, device: str) -> None:
    """A device that was given a prefix chooses its addresses in it (RFC 3162 §2.3)."""
    slices = (row(A, addresses6=["2001:db8:0:1::/64"]), row(B, addresses6=["2001:db8:0:2::/63"]))
    found = look(*slices, address=address)
    assert [a.device for a in found.attributions] == [device]
    assert look(*slices, address="2001:db8:0:4::1").outcome is Outcome.NOTHING


def test_another_public_address_is_not_this_one() -> None:
    """The same private range behind two addresses is two sites."""
    found = look(row(A), row(B, public_address="192.0.2.20", site="commercy"))
    assert [a.site for a in found.attributions] == ["verdun"]


def test_a_device_the_nas_did_not_name_is_still_told() -> None:
    """By its session, so that two of them are two."""
    found = look(row(None, session="x"), row(None, session="y"))
    assert (found.outcome, found.devices) == (Outcome.AMBIGUOUS, 2)
    assert not found.attributions[0].is_random


def test_no_segment_is_nothing() -> None:
    """A day that is not held yields no one."""
    assert look().outcome is Outcome.NOTHING


def test_where_a_ports_translation_is_known_who_had_none_is_meant_no_more() -> None:
    """Of that place alone. All who held it are, at once too; without a protocol it is two ports."""
    shared = (row(A, port_first=None), row(B, port_first=None))
    held = row(A, 10, 40, port_first=5000, port_last=5000, protocol=6, until_is="change")
    elsewhere = row("02:00:00:00:00:0e", site="commercy")
    found = look(*shared, held, elsewhere, port=5000, protocol="tcp")
    assert [(a.site, a.device, a.ports) for a in found.attributions] == [
        ("commercy", "02:00:00:00:00:0e", None),
        ("verdun", A, (5000, 5000)),
    ]
    assert look(*shared, held, port=5000, protocol="tcp").outcome is Outcome.ONE
    assert look(*shared, held, port=5000, protocol="udp").outcome is Outcome.AMBIGUOUS
    assert look(*shared, held, port=5000).outcome is Outcome.AMBIGUOUS
    by_udp = held | {"protocol": 17}
    assert look(*shared, held, by_udp, port=5000).outcome is Outcome.ONE
    both = row(B, 20, 50, port_first=5000, port_last=5000, protocol=6, until_is="change")
    at_once = look(*shared, held, both, port=5000, protocol="tcp")
    assert {(a.device, a.certainty) for a in at_once.attributions} == {
        (A, Certainty.CERTAIN),
        (B, Certainty.CERTAIN),
    }
    assert look(*shared, held, port=5001).outcome is Outcome.AMBIGUOUS
    without = look(*shared, held)
    assert (without.devices, [a.ports for a in without.attributions]) == (2, [None, None])


def test_a_port_that_was_not_surely_held_all_the_time_leaves_who_shared_it() -> None:
    """A translation whose end nobody told, or one of some minutes of an unsure hour, drives out
    nobody; certain holders who follow each other leave no room, within a second or after it."""
    shared = (row(A, port_first=None), row(B, port_first=None))
    held = {"port_first": 5000, "port_last": 5000}
    untold = row(A, 0, 0, until_is="last_seen", until_uncertainty_seconds=3600, **held)
    found = look(*shared, untold, port=5000)
    assert (found.outcome, found.devices) == (Outcome.AMBIGUOUS, 2)
    brief = row(A, 27, 33, until_is="change", **held)
    assert look(*shared, brief, port=5000).outcome is Outcome.ONE
    assert look(*shared, brief, port=5000, uncertainty=1800).outcome is Outcome.AMBIGUOUS
    halves = (row(A, 0, 29, session="x", **held), row(A, 29, 60, session="y", **held))
    assert look(*shared, *halves, port=5000, uncertainty=600).outcome is Outcome.ONE
    within = row(A, **held) | {
        "from": NOON + timedelta(minutes=30, seconds=0.2),
        "until": NOON + timedelta(minutes=30, seconds=0.7),
    }
    assert look(*shared, within, port=5000).outcome is Outcome.ONE


def test_a_port_says_nothing_of_an_address_that_is_a_devices_own() -> None:
    """Behind no translation all ports are its own, whatever its IPv4 shares out."""
    own = row(A, addresses6=["2001:db8::a"], port_first=1024, port_last=1279)
    assert look(own, address="2001:db8::a", port=40_000).outcome is Outcome.ONE


INTERVAL = {"since": "2026-11-17T12:00:00Z", "until": "2026-11-17T13:00:00Z"}


@pytest.mark.parametrize(
    ("about", "devices"),
    [
        ({"kind": "device", "device": A}, [A, A]),
        ({"kind": "site", "site": "verdun"}, [A, B]),
        ({"kind": "person", "identifier_kind": "user_name", "identifier": "opaque-a"}, [A]),
    ],
)
def test_what_met_the_interval_is_told_whole(about: dict[str, str], devices: list[str]) -> None:
    """A device at any place, everybody at a site, whatever one right was used with."""
    slices = (
        row(A, 10, 90, user_name="opaque-a"),
        row(A, -30, 10, site="commercy", session="before"),
        row(A, 60, 90, session="after"),
        row(B, 59, 70, user_name="opaque-b"),
        row(B, -10, 0, session="gone"),
    )
    found = answer(ask(NOON + timedelta(days=9), **about, **INTERVAL), *slices)
    assert [a.device for a in found.attributions] == devices
    assert found.outcome is Outcome.FOUND
    assert answer(ask(NOON + timedelta(days=9), **about, **INTERVAL)).outcome is Outcome.NOTHING


def test_the_slices_a_question_may_be_about_are_told_apart_column_wise() -> None:
    """As `find` judges them, uncertain ones included: what a hold reseals."""
    table = pa.Table.from_pylist(
        [row(A, 0, 5, until_uncertainty_seconds=60 * 60), row(A, 0, 5), row(B)],
        schema=SOURCE_SLICES,
    )
    interval = {"since": "2026-11-17T12:30:00Z", "until": "2026-11-17T12:40:00Z"}
    question = ask(NOON + timedelta(days=9), kind="device", device=A, **interval)
    assert concerned(table, question).equals(table.slice(0, 1))


DAY_SECONDS = 86_400
EVES = [
    *(date(2027, 12, 31), date(2028, 2, 28), date(2028, 2, 29)),
    *(date(2028, 3, 25), date(2028, 3, 26), date(2028, 10, 28), date(2028, 10, 29)),
]
"""Days before or on which a year, a leap day or summer time begins or ends."""
ZONES = ["UTC", "Europe/Paris", "America/Cayenne", "Pacific/Noumea", "Asia/Kathmandu"]


def told(eve: date, number: int, began: int, lasted: int) -> list[dict[str, Any]]:
    """Return the Start and the Stop of a session, in seconds from the eve's midnight."""
    empty = dict.fromkeys(SOURCE_FACTS.names)
    own = {"session": str(number), "device": f"02:00:00:00:00:0{number}", "site": "verdun"}
    began_at = midnight(eve) + timedelta(seconds=began)
    ended_at = began_at + timedelta(seconds=lasted)
    return [
        {**empty, **own, "nas": "n", "kind": kind, "at": at, "began_at": began_at}
        for kind, at in ((START, began_at), (STOP, ended_at))
    ]


@settings(max_examples=60)
@given(
    st.sampled_from(EVES) | st.dates(date(2026, 1, 1), date(2040, 12, 31)),
    st.lists(
        st.tuples(st.integers(0, 2 * DAY_SECONDS), st.integers(1, DAY_SECONDS)),
        min_size=1,
        max_size=4,
    ),
    st.integers(0, 3 * DAY_SECONDS),
    st.sampled_from(ZONES),
)
def test_whoever_was_there_is_found_whatever_the_day_and_the_zone(
    eve: date, sessions: list[tuple[int, int]], second: int, zone: str
) -> None:
    """Cut at midnights, asked about in any zone: exactly those whose session held that second."""
    facts = [row for number, each in enumerate(sessions) for row in told(eve, number, *each)]
    known = pa.Table.from_pylist(facts, schema=SOURCE_FACTS)
    site = dict(zip(SITE_ADDRESSES.names, ("verdun", ADDRESS, midnight(eve), None), strict=True))
    addresses = pa.Table.from_pylist([site], schema=SITE_ADDRESSES)
    moment = (midnight(eve) + timedelta(seconds=second)).astimezone(ZoneInfo(zone))
    asked = ask(
        moment + timedelta(days=1), public_address=ADDRESS, at=moment.isoformat(), port=None
    )

    slices = (derive_source(known, addresses, day).to_pylist() for day in asked.days)
    found = find([(0, row) for rows in slices for row in rows], asked)

    expected = {
        f"02:00:00:00:00:0{number}"
        for number, (began, lasted) in enumerate(sessions)
        if began <= second < began + lasted
    }
    assert {attribution.device for attribution in found.attributions} == expected
    assert found.devices == len(expected)
