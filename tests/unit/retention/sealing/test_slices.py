"""From facts to a day's slices: each rule of retention/sealing/slices.py, then properties."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.sealing.columns import (
    SITE_ADDRESSES,
    SOURCE_FACTS,
    SOURCE_SLICES,
    TRAFFIC_FACTS,
    TRAFFIC_SLICES,
)
from retention.sealing.slices import (
    START,
    STOP,
    derive_open,
    derive_source,
    derive_traffic,
    earliest_day,
    midnight,
)

DAY = date(2026, 11, 17)
MIDNIGHT = midnight(DAY)
PRESENT, INTERIM = 0, 3
SITE = [("verdun", "192.0.2.10", MIDNIGHT - timedelta(days=300), None)]


def hour(hours: float) -> datetime:
    """Return an instant of the day; beyond 0 to 24 it is another day's."""
    return MIDNIGHT + timedelta(hours=hours)


def fact(kind: int, at: float, **more: Any) -> dict[str, Any]:
    """Return one fact; `age` is the session's age in hours at that moment."""
    row: dict[str, Any] = dict.fromkeys(SOURCE_FACTS.names)
    age = more.pop("age", 0)
    row |= {"session": "s", "device": "02:00:00:00:00:01", "address": "10.1.0.10"}
    row |= {"site": "verdun", "nas": "n", "kind": kind}
    return row | {"at": hour(at), "began_at": hour(at - age)} | more


def derive(*facts: dict[str, Any], sites: Any = SITE, day: date = DAY) -> list[dict[str, Any]]:
    """Return the day's slices of some facts."""
    rows = [dict(zip(SITE_ADDRESSES.names, site, strict=True)) for site in sites]
    table = pa.Table.from_pylist(list(facts), schema=SOURCE_FACTS)
    found = derive_source(table, pa.Table.from_pylist(rows, schema=SITE_ADDRESSES), day)
    assert found.schema.equals(SOURCE_SLICES)
    result: list[dict[str, Any]] = found.to_pylist()
    return result


def spans(slices: list[dict[str, Any]]) -> list[tuple[float, float, str]]:
    """Return (from, until, how it ended) in hours of the day."""
    hours = timedelta(hours=1)
    return [
        ((s["from"] - MIDNIGHT) / hours, (s["until"] - MIDNIGHT) / hours, s["until_is"])
        for s in slices
    ]


CASES = {
    "from Start to Stop": (
        [fact(START, 10), fact(INTERIM, 10.5), fact(STOP, 11)],
        [(10, 11, "stop")],
    ),
    "a lost Start is dated by the session's age": (
        [fact(INTERIM, 10, age=2), fact(STOP, 11, age=3)],
        [(8, 11, "stop")],
    ),
    "a Stop alone tells the whole session": ([fact(STOP, 11, age=1)], [(10, 11, "stop")]),
    "an echo after the Stop is left out": (
        [fact(START, 10), fact(STOP, 11), fact(INTERIM, 11.1), fact(STOP, 11.2)],
        [(10, 11, "stop")],
    ),
    "a new Start opens it again": (
        [fact(START, 10), fact(STOP, 11), fact(START, 12), fact(STOP, 13)],
        [(10, 11, "stop"), (12, 13, "stop")],
    ),
    "a repeated Start changes nothing": (
        [fact(START, 10), fact(START, 10), fact(STOP, 11)],
        [(10, 11, "stop")],
    ),
    "a session from the day before begins at midnight": (
        [fact(PRESENT, -2), fact(STOP, 1)],
        [(0, 1, "stop")],
    ),
    "an open session without a fact that day has its slice": (
        [fact(PRESENT, -20), fact(PRESENT, 30)],
        [(0, 24, "day_end")],
    ),
    "a session that goes on ends with the day": (
        [fact(START, 22), fact(INTERIM, 25)],
        [(22, 24, "day_end")],
    ),
    "a session that ended at midnight is the day before's": (
        [fact(START, -1), fact(STOP, 0)],
        [],
    ),
    "a session that begins at midnight is the day's": (
        [fact(START, 0), fact(STOP, 1)],
        [(0, 1, "stop")],
    ),
    "a session of the next day is not here": ([fact(START, 24), fact(STOP, 25)], []),
    "a change of address splits": (
        [fact(START, 10), fact(INTERIM, 11, address="10.1.0.99"), fact(STOP, 12, address=None)],
        [(10, 11, "change"), (11, 12, "stop")],
    ),
    "an address told late holds from the Start": (
        [fact(START, 10, address=None), fact(INTERIM, 11), fact(STOP, 12, address=None)],
        [(10, 12, "stop")],
    ),
    "an address that is never told leaves one slice": (
        [fact(START, 10, address=None), fact(STOP, 12, address=None)],
        [(10, 12, "stop")],
    ),
}


@pytest.mark.parametrize(("facts", "expected"), CASES.values(), ids=CASES.keys())
def test_rules(facts: list[dict[str, Any]], expected: list[tuple[float, float, str]]) -> None:
    """Each rule's case, whatever the order the facts come in."""
    assert spans(derive(*facts)) == expected
    assert spans(derive(*reversed(facts))) == expected


def test_when_an_address_changed_is_known_only_between_two_facts() -> None:
    """The second slice says by how much it may have begun earlier."""
    before, after = derive(
        fact(START, 10), fact(INTERIM, 10.5, address="10.1.0.99"), fact(STOP, 11, address=None)
    )
    assert (before["from_uncertainty_seconds"], before["until_uncertainty_seconds"]) == (0, 0)
    assert (after["from_uncertainty_seconds"], after["address"]) == (1800, "10.1.0.99")


@pytest.mark.parametrize(
    ("facts", "seconds"),
    [
        # It had reported: three intervals would have been heard.
        (
            [fact(START, 10), fact(PRESENT, 11, age=1, interim_seconds=600, limit_seconds=14400)],
            1800,
        ),
        # Its right ended sooner.
        ([fact(START, 10), fact(PRESENT, 11, age=1, interim_seconds=600, limit_seconds=4200)], 600),
        # It never reported: as long as its right.
        ([fact(PRESENT, 10, interim_seconds=600, limit_seconds=14400)], 4 * 3600),
        # As long as its right, but this day ends first.
        ([fact(PRESENT, 22, interim_seconds=600, limit_seconds=14400)], 2 * 3600),
        # Its NAS restarted first: that tells no end, and it did not outlive it.
        (
            [fact(PRESENT, 10, interim_seconds=600, limit_seconds=14400, gone_by=hour(10.25))],
            900,
        ),
        # Its NAS restarted long after it would have been heard.
        (
            [
                fact(START, 10),
                fact(
                    PRESENT, 11, age=1, interim_seconds=600, limit_seconds=14400, gone_by=hour(20)
                ),
            ],
            1800,
        ),
    ],
)
def test_a_lost_stop_ends_when_last_seen_with_a_stated_uncertainty(
    facts: list[dict[str, Any]], seconds: int
) -> None:
    """What is certain ends with the last fact; what is possible is in seconds beside it."""
    (slice_,) = derive(*facts)
    assert slice_["until_is"] == "last_seen"
    assert slice_["until_uncertainty_seconds"] == seconds


def test_a_silent_session_may_reach_into_the_next_day() -> None:
    """The next day's slice is certain for no time, and possible for the rest."""
    silent = fact(PRESENT, 22, interim_seconds=600, limit_seconds=14400)
    (slice_,) = derive(silent, day=DAY + timedelta(days=1))
    assert slice_["from"] == slice_["until"] == hour(24)
    assert slice_["until_uncertainty_seconds"] == 2 * 3600


def test_a_restart_ends_what_may_go_on_the_next_day() -> None:
    """Silent since 22:00, its NAS restarted at 23:00: nothing is carried over midnight."""
    silent = fact(PRESENT, 22, interim_seconds=600, limit_seconds=14400, gone_by=hour(23))
    table = pa.Table.from_pylist([silent], schema=SOURCE_FACTS)
    assert derive_open(table, DAY).num_rows == 0
    assert derive(silent, day=DAY + timedelta(days=1)) == []


def test_a_session_within_one_second_lasted_up_to_one() -> None:
    """RADIUS counts in seconds: an instant is not nothing."""
    (slice_,) = derive(fact(START, 10), fact(STOP, 10))
    assert slice_["until_uncertainty_seconds"] == 1


@pytest.mark.parametrize(
    ("sites", "expected"),
    [
        ([], [(None, 10, 12)]),
        ([("verdun", "192.0.2.10", hour(-9), None)], [("192.0.2.10", 10, 12)]),
        ([("elsewhere", "192.0.2.20", hour(-9), None)], [(None, 10, 12)]),
        (
            [
                ("verdun", "192.0.2.10", hour(-9), hour(11)),
                ("verdun", "192.0.2.11", hour(11), None),
            ],
            [("192.0.2.10", 10, 11), ("192.0.2.11", 11, 12)],
        ),
        (
            [
                ("verdun", "192.0.2.10", hour(-9), hour(10.5)),
                ("verdun", "192.0.2.11", hour(11), None),
            ],
            [("192.0.2.10", 10, 10.5), ("192.0.2.11", 11, 12), (None, 10.5, 11)],
        ),
        (  # two lines at once: the device may have come out by either
            [("verdun", "192.0.2.10", hour(-9), None), ("verdun", "192.0.2.11", hour(-9), None)],
            [("192.0.2.10", 10, 12), ("192.0.2.11", 10, 12)],
        ),
    ],
)
def test_the_public_address_is_joined_by_interval(
    sites: Any, expected: list[tuple[str | None, float, float]]
) -> None:
    """Split where the address changes; a time without a known one is kept, without one."""
    found = derive(fact(START, 10), fact(STOP, 12), sites=sites)
    hours = [(s["public_address"], *span[:2]) for s, span in zip(found, spans(found), strict=True)]
    assert hours == expected


def test_slices_are_sorted_by_public_address_then_time() -> None:
    """What a look-up reads lies together."""
    sites = [*SITE, ("commercy", "192.0.2.2", hour(-9), None)]
    found = derive(
        *(fact(START, h, session=f"v{h}") for h in (12, 10)),
        *(fact(STOP, h + 1, session=f"v{h}") for h in (12, 10)),
        fact(START, 11, session="c", site="commercy"),
        fact(STOP, 12, session="c", site="commercy"),
        sites=sites,
    )
    assert [s["session"] for s in found] == ["v10", "v12", "c"]


def test_every_address_of_a_device_is_kept() -> None:
    """IPv4 and all of IPv6; none is an empty list."""
    (with6,) = derive(fact(START, 10, addresses6="2001:db8::1 2001:db8::2"), fact(STOP, 11))
    (without,) = derive(fact(START, 10), fact(STOP, 11))
    assert with6["addresses6"] == ["2001:db8::1", "2001:db8::2"]
    assert without["addresses6"] == []


def test_each_change_of_each_address_has_its_interval() -> None:
    """IPv4 by DHCP, IPv6 by delegated prefix and by the device's own: each with its time.

    A renewal that brings the address of before back is a change as any other.
    """
    prefix, other = "2001:db8:0:100::/56", "2001:db8:0:200::/56"
    told = [
        (8, "10.1.0.10", prefix),
        (9, "10.1.0.11", prefix),
        (10, "10.1.0.11", f"{other} 2001:db8::5"),
        (11, "10.1.0.10", f"{other} 2001:db8::5"),
        (12, "10.1.0.10", None),
    ]
    facts = [
        fact(START if at == 8 else INTERIM, at, address=address, addresses6=six, age=at - 8)
        for at, address, six in told
    ]
    found = derive(*facts, fact(STOP, 13, address=None, age=5))
    assert [(s["address"], s["addresses6"]) for s in found] == [
        ("10.1.0.10", [prefix]),
        ("10.1.0.11", [prefix]),
        ("10.1.0.11", [other, "2001:db8::5"]),
        ("10.1.0.10", [other, "2001:db8::5"]),
    ]
    assert spans(found) == [
        (8, 9, "change"),
        (9, 10, "change"),
        (10, 11, "change"),
        (11, 13, "stop"),
    ]


def test_the_nas_clock_is_kept_beside_ours() -> None:
    """How far it was off at the slice's first fact; nothing where it told no time."""
    (fast,) = derive(fact(START, 10, nas_time=hour(10) + timedelta(seconds=90)), fact(STOP, 11))
    (silent,) = derive(fact(START, 10), fact(STOP, 11))
    assert fast["nas_clock_offset_seconds"] == 90
    assert silent["nas_clock_offset_seconds"] is None


def test_what_goes_on_is_carried_into_the_next_day() -> None:
    """With the address of the day's end, not of what was heard later; once."""
    facts = pa.Table.from_pylist(
        [
            fact(START, 10),
            fact(INTERIM, 20, address="10.1.0.20"),
            fact(INTERIM, 30, address="10.1.0.30"),
            fact(START, 10, session="ended"),
            fact(STOP, 11, session="ended"),
            fact(START, 25, session="later"),
        ],
        schema=SOURCE_FACTS,
    )
    (carried,) = derive_open(facts, DAY).to_pylist()
    assert (carried["session"], carried["address"]) == ("s", "10.1.0.20")
    assert (carried["at"], carried["kind"]) == (hour(20), PRESENT)


def test_no_facts_make_no_slices() -> None:
    """An empty day is a table of the same schema."""
    assert derive() == []
    assert derive_open(SOURCE_FACTS.empty_table(), DAY).num_rows == 0
    assert derive_traffic(TRAFFIC_FACTS.empty_table()).schema.equals(TRAFFIC_SLICES)


def test_the_earliest_day_counts_the_sessions_age() -> None:
    """A fact of today about a session of three days touches all three."""
    facts = pa.Table.from_pylist([fact(INTERIM, 1, age=72)], schema=SOURCE_FACTS)
    assert earliest_day(facts) == DAY - timedelta(days=3)


def test_traffic_holds_the_last_told_counters_of_each_session() -> None:
    """Cumulative as RADIUS tells them: one row a session, sorted, with nothing of its source."""
    rows = [
        ("b", hour(10), 0, 0, 0, None),
        ("a", hour(11), 60, 10, 20, None),
        ("a", hour(12), 120, 30, 40, 1),
    ]
    facts = pa.Table.from_pylist(
        [dict(zip(TRAFFIC_FACTS.names, row, strict=True)) for row in rows], schema=TRAFFIC_FACTS
    )
    first, second = derive_traffic(facts).to_pylist()
    assert (first["session"], first["reports"], first["upload_octets"]) == ("a", 2, 30)
    assert (first["first_reported_at"], first["terminate_cause"]) == (hour(11), 1)
    assert (second["session"], second["terminate_cause"]) == ("b", None)


# --- Properties -----------------------------------------------------------------------------------

SECONDS = st.integers(0, 3 * 86_400)


@st.composite
def sessions(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Draw the facts of a few sessions over three days, the second of which is DAY."""
    facts = []
    for number in range(draw(st.integers(1, 4))):
        moments = sorted(draw(st.lists(SECONDS, min_size=2, max_size=6, unique=True)))
        for place, second in enumerate(moments):
            kind = START if place == 0 else STOP if place == len(moments) - 1 else INTERIM
            at = -24 + second / 3600
            address = draw(st.sampled_from([None, "10.1.0.1", "10.1.0.2"]))
            told = {"address": address, "began_at": hour(-24 + moments[0] / 3600)}
            facts.append(fact(kind, at, session=str(number), **told))
    return facts


@settings(max_examples=40)
@given(sessions(), st.randoms())
def test_each_instant_of_a_session_is_in_exactly_one_slice(
    facts: list[dict[str, Any]], shuffle: Any
) -> None:
    """Over three days, slices of a session neither overlap nor leave a gap from Start to Stop."""
    shuffled = list(facts)
    shuffle.shuffle(shuffled)
    for session in {f["session"] for f in facts}:
        moments = sorted(f["at"] for f in facts if f["session"] == session)
        reached = moments[0]
        for offset in (-1, 0, 1):
            found = derive(*shuffled, day=DAY + timedelta(days=offset))
            own = sorted((s for s in found if s["session"] == session), key=lambda s: s["from"])
            for slice_ in own:
                assert slice_["from"] == reached
                assert slice_["until"] >= slice_["from"]
                reached = slice_["until"]
        assert reached == moments[-1]


@settings(max_examples=40)
@given(sessions())
def test_a_day_is_the_same_with_or_without_what_its_eve_carried(
    facts: list[dict[str, Any]],
) -> None:
    """Dropping a sealed day's facts and keeping what was carried changes nothing of the next."""
    table = pa.Table.from_pylist(facts, schema=SOURCE_FACTS)
    known = [f for f in facts if f["at"] >= MIDNIGHT]
    carried = derive_open(table, DAY - timedelta(days=1)).to_pylist()
    whole, cut = derive(*facts), derive(*known, *carried)
    strip = ("from_uncertainty_seconds", "nas_clock_offset_seconds")
    assert [{k: v for k, v in s.items() if k not in strip} for s in whole] == [
        {k: v for k, v in s.items() if k not in strip} for s in cut
    ]


def test_midnight_is_utc() -> None:
    """A day is the server's UTC day, whatever the zone of the machine."""
    assert midnight(DAY) == datetime(2026, 11, 17, tzinfo=UTC)
