"""Who had an address at a time: one, several, none, and how sure."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from retention.columns import SOURCE_SLICES
from retention.lookup import Certainty, Found, Outcome, find
from retention.question import ask

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
) -> Found:
    """Ask about a minute after noon; a slice may come with its part's number."""
    asked = ask(
        NOON + timedelta(days=9),
        public_address=address,
        port=port,
        at=(NOON + timedelta(minutes=minute)).isoformat(),
        uncertainty_seconds=uncertainty,
        reference="r",
        legal_ground="g",
    )
    parts: dict[int, list[dict[str, Any]]] = {}
    for each in slices:
        part, values = each if isinstance(each, tuple) else (0, each)
        parts.setdefault(part, []).append(values)
    tables = [(p, pa.Table.from_pylist(rows, schema=SOURCE_SLICES)) for p, rows in parts.items()]
    return find(tables, asked)


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
    assert by_port.by_port
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
