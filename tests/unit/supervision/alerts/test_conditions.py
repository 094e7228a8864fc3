"""What is wrong, in words, and what cannot be known."""

from dataclasses import replace
from datetime import timedelta

from supervision.alerts.conditions import find
from supervision.alerts.facts import Fleet, Piece
from supervision.alerts.measures import Sample, labels_of
from supervision.alerts.rulebook import load_rules
from tests.unit.supervision.alerts.ground import NOW, facts, place

RULES = load_rules()
DOWN = ("SiteDown", (("site", "commercy"),))


def test_a_site_down_says_why() -> None:
    """Under its name, with the reason of the piece that is down and of no other."""
    pieces = (
        Piece("nas", "routeur", "commercy", "down", "Muet. Cause probable : courant.", NOW),
        Piece("access_point", "borne", "commercy", "down", "Muette.", NOW, consequence=True),
    )
    seen = replace(facts(), fleet=Fleet({"commercy": place("commercy")}, pieces))
    found = find(RULES, seen).holding
    assert found[DOWN].summary == "Mairie de Commercy : le Wi-Fi ne répond plus"
    assert found[DOWN].words == "routeur : Muet. Cause probable : courant."
    assert found[DOWN].site == place("commercy")
    assert "borne" not in found["EquipmentDown", DOWN[1]].words


def test_many_reasons_are_cut_short() -> None:
    """Three pieces, and how many more."""
    pieces = tuple(
        Piece("access_point", f"borne-{n}", "commercy", "down", "Muette.", NOW) for n in range(5)
    )
    pieces += (Piece("nas", "routeur", "commercy", "up", "Répond.", NOW),)
    seen = replace(facts(), fleet=Fleet({"commercy": place("commercy")}, pieces))
    (condition,) = find(RULES, seen).holding.values()
    assert condition.summary == "Mairie de Commercy : 5 équipement(s) hors service"
    assert condition.words.splitlines()[-1] == "Et 2 de plus."


def test_a_nas_is_told_with_its_site() -> None:
    """Its label is a code; the link leads to where it stands."""
    seen = facts(commercy="up")
    sample = Sample(
        "socle_radius_nas_clock_offset_seconds", labels_of({"nas": "nas-commercy"}), -400.0
    )
    seen.measures.take("radius", [sample], NOW)
    (condition,) = find(RULES, seen).holding.values()
    assert condition.site == place("commercy")
    assert condition.summary == "Passerelle nas-commercy : horloge décalée de 7 min"


def test_before_its_window_is_full_no_is_no_answer() -> None:
    """After a restart of supervision, what was open may still be."""
    seen = facts(commercy="up")
    seen.measures.take("portal", [], NOW - timedelta(minutes=59))
    assert not find(RULES, seen).is_answered(("NobodyGetsOnline", ()))
    assert find(RULES, seen).is_answered(("MessagesFail", ()))
    later = replace(seen, now=NOW + timedelta(minutes=1))
    assert find(RULES, later).is_answered(("NobodyGetsOnline", ()))


def test_what_nobody_answers_is_not_answered_no() -> None:
    """A component away, the database away, a site asleep: what was open there may still be."""
    silent = replace(facts(commercy="up"), silent=frozenset({(("component", "radius"),)}))
    findings = find(RULES, silent)
    assert not findings.is_answered(("NasClockWrong", ()))
    assert findings.is_answered(("SmsBudgetNearlySpent", ()))
    assert [key[0] for key in findings.holding] == ["ComponentDown"]
    away = find(RULES, replace(facts(), fleet=None))
    assert not away.is_answered(DOWN)
    for state, answered in (("asleep", False), ("unknown", False), ("up", True)):
        assert find(RULES, facts(commercy=state)).is_answered(DOWN) is answered
