"""How far guests get: each step is counted once, by place, method and language."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from prometheus_client import CollectorRegistry

from portal.funnel import Counted, Funnel, Step
from portal.visit import LIFETIME
from tests.unit.portal.test_admission import NOON, PLACE, VISIT, fresh, gate

GATE = replace(gate("coovachilli"), place=replace(PLACE, code="mairie"))
RIGHT = replace(fresh(), method="click_through")


def count(registry: CollectorRegistry, step: str, method: str) -> float:
    """Return how many came to a step."""
    labels = {"step": step, "site": "mairie", "method": method, "language": "nl"}
    return registry.get_sample_value("socle_portal_visits_total", labels) or 0


def test_a_guest_is_counted_at_each_step() -> None:
    """The place is the site's code; the method is known from the second step on."""
    registry = CollectorRegistry()
    funnel, right = Funnel(registry), RIGHT
    funnel.arrived(GATE, VISIT)
    funnel.begun(GATE, VISIT, "click_through")
    funnel.identified(GATE, VISIT, "click_through")
    funnel.admitted(GATE, VISIT, right, NOON)
    funnel.online(right.id)
    assert count(registry, "arrived", "") == 1
    for step in ("begun", "identified", "admitted", "online"):
        assert count(registry, step, "click_through") == 1


def test_online_is_counted_once_by_whatever_shows_it_first() -> None:
    """The page and the session both tell of it; a right granted anew is awaited anew."""
    registry = CollectorRegistry()
    funnel, right = Funnel(registry), RIGHT
    funnel.online(right.id)
    assert count(registry, "online", "click_through") == 0
    for handed_back in (1, 2):
        funnel.admitted(GATE, VISIT, right, NOON)
        assert funnel.awaited(NOON) == [right.id]
        for _ in range(3):
            funnel.online(right.id)
        assert count(registry, "online", "click_through") == handed_back
        assert funnel.awaited(NOON) == []


def test_nobody_is_awaited_for_long() -> None:
    """Whoever never comes online is forgotten with their visit, and is not counted."""
    registry = CollectorRegistry()
    funnel = Funnel(registry)
    later = replace(RIGHT, id=UUID(int=7))
    funnel.admitted(GATE, VISIT, RIGHT, NOON)
    funnel.admitted(GATE, VISIT, later, NOON + timedelta(minutes=1))
    assert funnel.awaited(NOON + LIFETIME) == [later.id]
    funnel.online(RIGHT.id)
    assert count(registry, "online", "click_through") == 0


def test_memory_is_bounded() -> None:
    """The oldest right is awaited no longer where there are too many."""
    funnel = Funnel(CollectorRegistry(), remembered=10)
    for number in range(11):
        funnel.admitted(GATE, VISIT, replace(RIGHT, id=UUID(int=number)), NOON)
    assert funnel.awaited(NOON) == [UUID(int=number) for number in range(1, 11)]


def test_what_is_taken_is_taken_once() -> None:
    """Counts to be written are those since the last time; a refusal has its reason."""
    funnel = Funnel(CollectorRegistry())
    for _ in range(2):
        funnel.arrived(GATE, VISIT)
    funnel.refused(GATE, replace(VISIT, method="sms_code"), "sms_gone")
    site = GATE.place.id
    assert funnel.take() == {
        Counted(site, Step.ARRIVED, "", "nl"): 2,
        Counted(site, Step.REFUSED, "sms_code", "nl", "sms_gone"): 1,
    }
    assert funnel.take() == {}


def test_a_synthetic_guest_is_nobody() -> None:
    """What supervision sends through a gate of its own is in no count and no metric."""
    registry = CollectorRegistry()
    funnel, probed = Funnel(registry), replace(GATE, is_probe=True)
    funnel.arrived(probed, VISIT)
    funnel.admitted(probed, VISIT, RIGHT, NOON)
    funnel.online(RIGHT.id)
    funnel.refused(probed, VISIT, "away")
    assert funnel.take() == {}
    assert count(registry, "admitted", "click_through") == 0
