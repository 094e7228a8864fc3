"""A copy holds all that is held, and no spreadsheet runs any of it."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from portal.guest.own_facts import Copy, as_csv, as_json, facts_of
from portal.people.own_data import Held
from territory.database.tables.columns import Category
from territory.law.durations import load_law

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=40)


def held(network: str = "WiFi-Meuse") -> Held:
    """Return one right with one session."""
    right = {
        "site": "Mairie",
        "organisation": "Ville",
        "network": network,
        "plan": "Libre",
        "method": "click_through",
        "terms_version": "2026-11-21",
        "user_name": "u",
        "granted_at": NOW,
        "ends_at": NOW,
        "revoked_at": None,
        "device": "8a:56:7e:f9:10:e4",
        "bound_at": NOW,
    }
    session = {"started_at": NOW, "last_seen_at": NOW, "ended_at": None, "device": right["device"]}
    session |= {"address": "10.1.0.2", "address6": ["2001:db8::2"]}
    known = {"address": "198.51.100.17", "valid_from": NOW, "valid_until": None}
    return Held(right, (session,), (known,), 60, 400)


def copy(network: str = "WiFi-Meuse") -> Copy:
    """Return what its guest takes away."""
    return Copy(NOW, "Ville", "wifi@ville.example", facts_of(held(network), load_law()))


def test_each_fact_has_its_category_and_its_end() -> None:
    """Source data a year; the amounts while the decree is awaited; nothing empty is told."""
    facts = facts_of(held(), load_law())
    ends = {fact.category: fact.end.on for fact in facts}
    assert str(ends[Category.SOURCE]) == "2027-11-21"
    assert ends[Category.TRAFFIC] is None
    assert {"10.1.0.2", "2001:db8::2", "198.51.100.17", "400"} <= {fact.value for fact in facts}
    assert all(fact.value for fact in facts)


def test_what_was_used_is_told_when_its_sessions_have_left() -> None:
    """Their days are sealed; the amounts of a right that lives on are held."""
    facts = facts_of(replace(held(), sessions=()), load_law())
    used = [fact.value for fact in facts if fact.category is Category.TRAFFIC]
    assert used == ["60", "400"]


@given(TEXT)
def test_both_forms_say_the_same(network: str) -> None:
    """Whatever a network is called; the CSV's mark of a harmless cell aside."""
    facts = json.loads(as_json(copy(network), str))["data"]
    rows = list(csv.DictReader(io.StringIO(as_csv(copy(network), str).removeprefix("\ufeff"))))
    told = [{name: cell.removeprefix("'") for name, cell in row.items()} for row in rows]
    said = [{name: cell.removeprefix("'") for name, cell in fact.items()} for fact in facts]
    assert told == said


@given(st.sampled_from("=+-@\t\r"), TEXT)
def test_no_cell_begins_as_a_formula(first: str, rest: str) -> None:
    """A network's name is typed by somebody."""
    cells = [c for row in csv.reader(io.StringIO(as_csv(copy(first + rest), str))) for c in row]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
