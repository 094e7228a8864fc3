"""Two polls become increases and units: wraps, restarts, and what no device can have."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from supervision.snmp.objects import Cell, Quantity
from supervision.snmp.plan import plan_of
from supervision.snmp.samples import (
    MOST_OCTETS_A_SECOND,
    Poll,
    error_ratio,
    has_restarted,
    moved,
    sample,
)

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
NARROW = Cell("1.1", Quantity.RX_OCTETS, bits=32)
WIDE = Cell("1.2", Quantity.RX_OCTETS, bits=64)
WRAP_SECONDS = 2**32 / 100


def poll(
    values: dict[Cell, int], uptime_seconds: float = 1000.0, after: timedelta = MINUTE
) -> Poll:
    """A poll so long after NOW."""
    raw = {cell.oid: value for cell, value in values.items()}
    return Poll(NOW + after, plan_of(tuple(values)), raw, uptime_seconds)


def before(values: dict[Cell, int], uptime_seconds: float = 940.0) -> Poll:
    """The poll a minute earlier."""
    return poll(values, uptime_seconds, timedelta())


@pytest.mark.parametrize(
    ("cell", "was", "now", "uptime", "grown"),
    [
        (NARROW, 100, 250, 1000.0, 150),
        (NARROW, 2**32 - 10, 20, 1000.0, 30),
        (WIDE, 2**40, 2**40 + 7, 1000.0, 7),
        (WIDE, 2**40, 9, 1000.0, 9),
        (NARROW, 2**32 - 10, 20, 30.0, 20),
        (WIDE, 2**40, 55, 30.0, 55),
    ],
)
def test_how_much_a_counter_grew(cell: Cell, was: int, now: int, uptime: float, grown: int) -> None:
    """32 bits wrap, 64 bits begin anew, and after a restart both do."""
    assert moved(before({cell: was}), poll({cell: now}, uptime)) == {Quantity.RX_OCTETS: grown}


def test_interfaces_are_summed() -> None:
    """All wires of a device together, each with its own width."""
    grown = moved(before({NARROW: 1, WIDE: 10}), poll({NARROW: 3, WIDE: 15}))
    assert grown == {Quantity.RX_OCTETS: 7}


def test_what_is_new_does_not_count() -> None:
    """A counter that appears has no increase yet; one that is gone has none either."""
    assert moved(before({NARROW: 1}), poll({WIDE: 15})) == {}


def test_an_increase_beyond_any_wire_is_left_out() -> None:
    """One absurd answer adds nothing, and the next increase is right again."""
    absurd = MOST_OCTETS_A_SECOND * 60 + 1
    assert moved(before({WIDE: 0}), poll({WIDE: absurd})) == {}
    later = poll({WIDE: absurd + 5}, 1060.0, 2 * MINUTE)
    assert moved(poll({WIDE: absurd}), later) == {Quantity.RX_OCTETS: 5}


@pytest.mark.parametrize(
    ("was", "now", "restarted"),
    [
        (940.0, 1000.0, False),
        (940.0, 12.0, True),
        (WRAP_SECONDS - 20, 40.0, False),
        (WRAP_SECONDS - 20, 3000.0, True),
        (WRAP_SECONDS / 2, 40.0, True),
    ],
)
def test_a_restart_is_an_uptime_that_went_back(was: float, now: float, restarted: bool) -> None:
    """Unless it came to its own end, after 497 days."""
    assert has_restarted(before({}, was), poll({}, now)) is restarted


@given(
    values=st.dictionaries(
        st.sampled_from([Cell(str(n), q, 0.01, 32) for n, q in enumerate(Quantity)]),
        st.integers(-(2**64), 2**64),
    ),
    uptime=st.floats(0, WRAP_SECONDS),
)
def test_no_answer_breaks_it(values: dict[Cell, int], uptime: float) -> None:
    """Whatever integers a device gives: no exception, and never a total that falls."""
    found = poll(values, uptime)
    assert all(
        increase >= 0 for increase in moved(before(dict.fromkeys(values, 7)), found).values()
    )
    made = sample(found)
    assert made.clients is None or 0 <= made.clients <= 10_000 * len(values)
    assert made.cpu_ratio is None or 0 <= made.cpu_ratio <= 1


def test_units() -> None:
    """Radios' clients add up, channels are told once, a processor's load is the mean."""
    values = {
        Cell("c1", Quantity.CLIENTS): 7,
        Cell("c2", Quantity.CLIENTS): 5,
        Cell("h1", Quantity.CHANNEL): 44,
        Cell("h2", Quantity.CHANNEL): 6,
        Cell("h3", Quantity.CHANNEL): 44,
        Cell("u1", Quantity.UTILISATION_RATIO, 0.01): 31,
        Cell("n1", Quantity.NOISE_DBM, -1.0): 94,
        Cell("p1", Quantity.CPU_RATIO, 0.01): 10,
        Cell("p2", Quantity.CPU_RATIO, 0.01): 30,
        Cell("m1", Quantity.MEMORY_SIZE): 1000,
        Cell("m2", Quantity.MEMORY_USED): 250,
        Cell("t1", Quantity.TEMPERATURE_CELSIUS, 0.001): 48_500,
    }
    made = sample(poll(values))
    assert (made.clients, made.channels, made.utilisation_ratios) == (12, (6, 44), (0.31,))
    assert (made.noise_dbm, made.memory_ratio, made.temperature_celsius) == ((-94.0,), 0.25, 48.5)
    assert made.cpu_ratio == pytest.approx(0.2)


def test_what_cannot_be_is_left_out() -> None:
    """A channel 7000 and four milliards of clients are a fault of the agent's."""
    absurd = {Cell("a", Quantity.CHANNEL): 7000, Cell("b", Quantity.CLIENTS): 2**32 - 1}
    made = sample(poll(absurd))
    assert (made.clients, made.channels) == (None, ())


def test_the_share_of_errors() -> None:
    """Of all packets that came or were thrown away; too few tell nothing."""
    many = {Quantity.RX_PACKETS: 900, Quantity.TX_PACKETS: 80, Quantity.RX_ERRORS: 20}
    assert error_ratio(many) == 0.02
    assert error_ratio({Quantity.RX_ERRORS: 3, Quantity.RX_PACKETS: 5}) is None


def test_a_clock_that_stood_still() -> None:
    """Two polls at the same instant are no division by nought."""
    same = replace(poll({NARROW: 9}), at=NOW)
    assert moved(before({NARROW: 1}), same) == {Quantity.RX_OCTETS: 8}
