"""Admissions in memory: this device's, this site's, so many."""

from datetime import timedelta
from uuid import UUID

from radius.access import AccessRequest, Proof
from radius.memory import Memory
from tests.unit.radius.sample import DEVICE, FACTS, NAS, NOW, USER_NAME, nas

SHOWN = AccessRequest(NAS, USER_NAME, Proof.RIGHT_PASSWORD, DEVICE, None)
BY_MAC = AccessRequest(NAS, DEVICE.hex(), Proof.DEVICE, DEVICE, DEVICE)
OTHER_DEVICE = bytes.fromhex("020000000001")


def test_an_admission_is_recalled_as_it_was_shown() -> None:
    """By its credential or by its device, at its site."""
    memory = Memory()
    memory.remember(SHOWN, FACTS)
    assert memory.recall(SHOWN, NOW) == FACTS
    assert memory.recall(BY_MAC, NOW) == FACTS


def test_nothing_else_is_recalled() -> None:
    """Not another device's, another site's, another credential's."""
    memory = Memory()
    memory.remember(SHOWN, FACTS)
    assert memory.recall(SHOWN._replace(device=OTHER_DEVICE), NOW) is None
    assert memory.recall(SHOWN._replace(device=None), NOW) is None
    assert memory.recall(SHOWN._replace(nas=nas(site_id=UUID(int=9))), NOW) is None
    assert memory.recall(SHOWN._replace(user_name="z" * 26), NOW) is None


def test_memory_is_bounded_by_last_use() -> None:
    """Who was not seen for longest is forgotten first."""
    memory = Memory(capacity=2)
    devices = [bytes((2, 0, 0, 0, 0, n)) for n in range(3)]
    for device in (devices[0], devices[1], devices[0], devices[2]):
        memory.remember(SHOWN._replace(device=device), FACTS)
    known = [memory.recall(SHOWN._replace(device=device), NOW) is not None for device in devices]
    assert known == [True, False, True]
    assert len(memory) == 2


def test_memory_is_bounded_in_time() -> None:
    """So long after the database was first missed, nobody is let in; each outage begins anew."""
    memory = Memory(lasting=timedelta(hours=4))
    memory.remember(SHOWN, FACTS)
    assert memory.recall(SHOWN, NOW) == FACTS
    assert memory.recall(SHOWN, NOW + timedelta(hours=4)) == FACTS
    assert memory.recall(SHOWN, NOW + timedelta(hours=4, seconds=1)) is None
    memory.away_since = None
    assert memory.recall(SHOWN, NOW + timedelta(hours=9)) == FACTS


def test_what_is_over_is_forgotten() -> None:
    """Revoked while the database was there, or refused by it: not let in from memory."""
    memory = Memory()
    memory.remember(SHOWN, FACTS)
    list(memory.forget({UUID(int=99)}))
    assert len(memory) == 1
    list(memory.forget({FACTS.admission_id}))
    assert memory.recall(SHOWN, NOW) is None
    memory.remember(SHOWN, FACTS)
    memory.drop(SHOWN, FACTS.admission_id)
    assert memory.recall(SHOWN, NOW) is None


def test_another_admission_of_the_device_stays() -> None:
    """A device that shows what belongs to another loses nothing of its own."""
    memory = Memory()
    memory.remember(SHOWN, FACTS)
    memory.drop(SHOWN, UUID(int=99))
    memory.drop(SHOWN._replace(device=None), FACTS.admission_id)
    assert memory.recall(SHOWN, NOW) == FACTS


def test_forgetting_is_done_in_steps() -> None:
    """A thousand facts at a time, whatever is remembered or dropped in between."""
    memory = Memory()
    shown = [SHOWN._replace(device=number.to_bytes(6)) for number in range(2_500)]
    for request in shown:
        memory.remember(request, FACTS)
    left = []
    for _ in memory.forget({FACTS.admission_id}):
        left.append(len(memory))
        memory.drop(shown[-1], FACTS.admission_id)
    assert left == [1_500, 499, 0]
