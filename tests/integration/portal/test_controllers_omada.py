"""Omada's controller as an external portal server, versions 4 to 6, against simulated ones."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from portal.controllers.omada import MICROSECONDS, OmadaController
from portal.gateways.vocabulary import Allowance, Credential
from simulation.brands.controlled import Mood
from territory.controllers.record import ControllerFault, Trouble
from tests.conftest import FixedClock
from tests.servers.controlled import Lab, open_lab

NOBODY = Credential("", "")
FOUR_HOURS = Allowance(14_400, 2 * 10**9, 5_000_000, 20_000_000)


@pytest.fixture
async def lab(clock: FixedClock) -> AsyncIterator[Lab]:
    """A gateway and its controller."""
    async with open_lab(clock, "omada", "controller", user="socle") as found:
        yield found


@pytest.mark.parametrize("version", ["4.4.6", "5.0.15", "5.15.24.19", "6.2.10"])
async def test_in_counted_and_out(lab: Lab, clock: FixedClock, version: str) -> None:
    """Version 4 has no name of its own and no token, 6.2.10 wants the guest's address."""
    lab.brand.version = version
    controller = OmadaController(lab.record())
    await controller.let_in(lab.guest(), FOUR_HOURS, NOBODY)
    assert lab.online.rights.session_seconds == 14_400
    clock.advance(seconds=30)
    lab.gateway.carry(lab.source, 10, 20)
    (seen,) = await controller.online()
    assert (seen.device, seen.seconds) == (lab.guest().device, 30)
    assert (seen.upload_octets, seen.download_octets) == (10, 20)
    await controller.put_out(lab.guest())
    assert lab.phone.online is None
    assert list(await controller.online()) == []
    await controller.put_out(lab.guest())


async def test_a_controller_that_counts_microseconds(lab: Lab, clock: FixedClock) -> None:
    """What it understood is asked once; the guest gets the time that was meant, then and after."""
    lab.brand.unit = 1_000_000
    controller = OmadaController(lab.record())
    await controller.let_in(lab.guest(), FOUR_HOURS, NOBODY)
    assert _granted_seconds(lab) == 14_400
    asked = len(lab.brand.asked)
    await controller.let_in(lab.guest(), Allowance(7_200), NOBODY)
    assert _granted_seconds(lab) == 7_200
    assert len(lab.brand.asked) == asked + 1


async def test_two_guests_before_the_unit_is_known(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What each was sent is what is measured, though the other has found the unit meanwhile."""
    lab.brand.unit = 1_000_000
    controller = OmadaController(lab.record())
    ask = controller._granted_seconds

    async def beaten(*arguments: Any) -> int | None:
        granted = await ask(*arguments)
        controller._unit = MICROSECONDS
        return granted

    monkeypatch.setattr(controller, "_granted_seconds", beaten)
    await controller.let_in(lab.guest(), FOUR_HOURS, NOBODY)
    assert _granted_seconds(lab) == 14_400


async def test_a_controller_that_counts_otherwise(lab: Lab) -> None:
    """Minutes, for instance: nobody knows what it granted, so it is told."""
    lab.brand.unit = 1 / 60
    with pytest.raises(ControllerFault) as found:
        await OmadaController(lab.record()).let_in(lab.guest(), FOUR_HOURS, NOBODY)
    assert found.value.trouble is Trouble.UNREADABLE


async def test_a_controller_that_does_not_say(lab: Lab) -> None:
    """An operator who may not see the list still lets guests in, in the documents' unit."""
    lab.brand.lists = False
    controller = OmadaController(lab.record())
    await controller.let_in(lab.guest(), FOUR_HOURS, NOBODY)
    assert lab.online.rights.session_seconds == 14_400
    with pytest.raises(ControllerFault) as found:
        await controller.online()
    assert found.value.trouble is Trouble.REFUSED


@pytest.mark.parametrize(
    "told", [{"apMac": "02-55-00-00-00-99"}, {"ssidName": "Another"}, {"clientIp": ""}]
)
async def test_a_guest_that_does_not_wait_there(lab: Lab, told: dict[str, str]) -> None:
    """The controller looks for a guest at that access point, on that network."""
    lab.brand.version = "6.2.10"
    with pytest.raises(ControllerFault) as found:
        await OmadaController(lab.record()).let_in(lab.guest(**told), FOUR_HOURS, NOBODY)
    assert (found.value.trouble, lab.phone.online) == (Trouble.REFUSED, None)


async def test_the_account(lab: Lab) -> None:
    """A wrong operator is told apart; a session that lapsed is renewed once."""
    with pytest.raises(ControllerFault) as found:
        await OmadaController(lab.record(password="wrong")).let_in(lab.guest(), FOUR_HOURS, NOBODY)
    assert found.value.trouble is Trouble.ACCOUNT
    controller = OmadaController(lab.record())
    await controller.online()
    lab.brand.lapse()
    await controller.let_in(lab.guest(), FOUR_HOURS, NOBODY)
    assert lab.online.rights.session_seconds == 14_400


async def test_a_controller_that_was_renewed(lab: Lab) -> None:
    """Its paths are a newer version's: the operator's session is not shown again, but opened."""
    lab.brand.version = "4.4.6"
    controller = OmadaController(lab.record())
    await controller.online()
    lab.brand.mood = Mood.ANOTHER_VERSION
    with pytest.raises(ControllerFault) as found:
        await controller.online()
    assert found.value.trouble is Trouble.UNREADABLE
    lab.brand.mood, lab.brand.version = Mood.WELL, "5.15.24.19"
    asked = len(lab.brand.asked)
    assert list(await controller.online()) == []
    assert lab.brand.asked[asked].path == "/api/info"


def _granted_seconds(lab: Lab) -> int:
    (held,) = lab.brand._passes.values()
    return int(held["end"] - held["start"]) // 1000
