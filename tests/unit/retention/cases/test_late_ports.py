"""A translation told once its day was closed leads to the device, as one told in time does."""

from typing import Any
from unittest.mock import Mock

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.cases import late_ports
from retention.cases.late_ports import is_alone, lead_to, whose
from retention.cases.lookup import Outcome, find
from retention.cases.question import Question, ask
from retention.cases.selection import Criterion
from retention.sealing.columns import SOURCE_SLICES, TRANSLATIONS
from retention.sealing.late_ports import with_late
from retention.sealing.ports import joined
from tests.unit.retention.sealing.test_ports import DAY, PUBLIC, derive, ended, hour, stay, told

STAYS = [*stay(1, "10.1.0.11", 8, 12), *stay(2, "10.1.0.12", 9, 20), *stay(3, "10.1.0.11", 12, 20)]
Rows = list[tuple[int, dict[str, Any]]]


def late(translations: list[dict[str, Any]]) -> Rows:
    """Return the day's own slices, and a supplement's."""
    table = joined(pa.Table.from_pylist(translations, schema=TRANSLATIONS))
    supplement = with_late(SOURCE_SLICES.empty_table(), table, DAY)
    assert supplement.schema.equals(SOURCE_SLICES)
    return [(0, row) for row in derive(STAYS)] + [(1, row) for row in supplement.to_pylist()]


def asked(at: float, port: int | None = None) -> Question:
    """Return a question about an hour of the day."""
    moment = hour(at).isoformat()
    return ask(hour(300), public_address=PUBLIC, port=port, protocol="tcp", at=moment)


def as_text(rows: list[dict[str, Any]]) -> set[str]:
    """Return rows in no order, each once."""
    return {str(sorted(row.items())) for row in rows}


@settings(max_examples=10)
@given(
    st.lists(
        st.builds(
            lambda how, device, port, at: how(f"10.1.0.1{device}", port, at / 4),
            st.sampled_from([told, ended]),
            st.integers(1, 3),
            st.integers(40_000, 40_001),
            st.integers(0, 95),
        ),
        max_size=8,
    )
)
def test_late_or_in_time_is_the_same(translations: list[dict[str, Any]]) -> None:
    """Whatever is told of whom: each port of each device, its interval, and how sure."""
    rows = late(translations)
    found = [row for _, row in lead_to(rows, rows)]
    assert as_text(found) == as_text(derive(STAYS, translations=translations))


def test_a_port_told_late_leads_to_one_device() -> None:
    """Two shared the address; with the supplement, the port asked has one holder."""
    rows = late([told("10.1.0.12", 40_001, 10, ended=11)])
    own = [each for each in rows if not is_alone(each[1])]
    question = asked(10.5, 40_001)
    before, after = find(own, question), find(lead_to(rows, own), question)
    assert (before.outcome, before.devices) == (Outcome.AMBIGUOUS, 2)
    assert (after.outcome, after.devices) == (Outcome.ONE, 1)
    assert after.attributions[0].device == "02:00:00:00:00:02"
    assert find(lead_to(rows, []), question).devices == 2, "nobody had it: it tells nobody"


def test_a_translation_is_held_against_the_devices_of_its_address_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A site tells tens of thousands late, and other sites have the same private addresses."""
    held = Mock(wraps=late_ports.meets)
    monkeypatch.setattr(late_ports, "meets", held)
    rows = late([told("10.1.0.12", 40_000 + n, 10, ended=11) for n in range(30)])
    own = [(part, row) for part, row in rows if not is_alone(row)]
    elsewhere = [(part, {**row, "site": f"s{n}"}) for part, row in own for n in range(30)]
    assert len([each for each in lead_to(rows, own + elsewhere) if each[1]["port_first"]]) == 30
    assert held.call_count == 30


def test_two_sightings_far_apart_name_nobody_for_certain_between() -> None:
    """Another person may have had the private address then, and another address the port."""
    rows = late([told("10.1.0.11", 40_001, at, began=None) for at in (-72, 48)])
    assert not [row for _, row in rows if is_alone(row)], "of the day itself, nobody told anything"
    assert find(lead_to(rows, rows), asked(10.5, 40_001)).outcome is Outcome.AMBIGUOUS


def test_devices_are_looked_for_where_a_port_matters() -> None:
    """Not for another port than the one asked, nor for a question that names the device."""
    rows = late([told("10.1.0.12", 40_001, 10), told("10.1.0.11", 40_009, 10)])
    led = whose(rows, asked(10.5, 40_001))
    assert led == Criterion("address", frozenset({"10.1.0.12"}))
    anyone = whose(rows, asked(10.5))
    assert anyone == Criterion("address", frozenset({"10.1.0.11", "10.1.0.12"}))
    assert whose(rows, asked(10.5, 40_002)) is None
    site = ask(
        hour(300), kind="site", site="verdun", since=hour(8).isoformat(), until=hour(9).isoformat()
    )
    assert whose(rows, site) is None
