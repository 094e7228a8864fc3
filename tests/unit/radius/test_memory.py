"""Admissions in memory: this device's, this site's, so many."""

from uuid import UUID

from radius.access import AccessRequest, Proof
from radius.memory import Memory
from tests.unit.radius.sample import DEVICE, FACTS, NAS, USER_NAME, nas

SHOWN = AccessRequest(NAS, USER_NAME, Proof.RIGHT_PASSWORD, DEVICE, None)
BY_MAC = AccessRequest(NAS, DEVICE.hex(), Proof.DEVICE, DEVICE, DEVICE)
OTHER_DEVICE = bytes.fromhex("020000000001")


def test_an_admission_is_recalled_as_it_was_shown() -> None:
    """By its credential or by its device, at its site."""
    memory = Memory()
    memory.remember(SHOWN, FACTS)
    assert memory.recall(SHOWN) == FACTS
    assert memory.recall(BY_MAC) == FACTS


def test_nothing_else_is_recalled() -> None:
    """Not another device's, another site's, another credential's."""
    memory = Memory()
    memory.remember(SHOWN, FACTS)
    assert memory.recall(SHOWN._replace(device=OTHER_DEVICE)) is None
    assert memory.recall(SHOWN._replace(device=None)) is None
    assert memory.recall(SHOWN._replace(nas=nas(site_id=UUID(int=9)))) is None
    assert memory.recall(SHOWN._replace(user_name="z" * 26)) is None


def test_memory_is_bounded_by_last_use() -> None:
    """Who was not seen for longest is forgotten first."""
    memory = Memory(capacity=2)
    devices = [bytes((2, 0, 0, 0, 0, n)) for n in range(3)]
    for device in (devices[0], devices[1], devices[0], devices[2]):
        memory.remember(SHOWN._replace(device=device), FACTS)
    known = [memory.recall(SHOWN._replace(device=device)) is not None for device in devices]
    assert known == [True, False, True]
    assert len(memory) == 2
