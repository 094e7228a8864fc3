"""Ruckus's northbound interface, SmartZone's and Ruckus One's, with a RADIUS server behind it."""

from collections.abc import AsyncIterator

import pytest

from portal.controllers.smartzone import SmartZone, ruckus_one
from portal.gateways.vocabulary import Allowance, Credential
from simulation.configuration import RadiusServer
from simulation.radius_port import Patience
from simulation.talk import Answer, Asked
from territory.controllers.record import ControllerFault, Trouble
from tests.conftest import FixedClock
from tests.servers.controlled import Lab, open_lab
from tests.servers.plain_radius import PASSWORD, PlainRadius

RIGHT = Credential("opaque-1", PASSWORD)
FOUR_HOURS = Allowance(14_400)


@pytest.fixture
async def radius() -> AsyncIterator[PlainRadius]:
    """A RADIUS server of one password."""
    async with PlainRadius() as server:
        yield server


@pytest.fixture(params=["smartzone", "ruckus-one"])
async def lab(
    request: pytest.FixtureRequest, clock: FixedClock, radius: PlainRadius
) -> AsyncIterator[Lab]:
    """A gateway whose controller asks RADIUS."""
    server = RadiusServer("testing123", "127.0.0.1", radius.port, radius.port, Patience(0.1, 2))
    user = "api" if request.param == "ruckus-one" else ""
    async with open_lab(clock, "smartzone", request.param, user=user, radius=server) as found:
        yield found


def controller_of(lab: Lab, **changes: object) -> SmartZone:
    """Return what the portal asks."""
    make = ruckus_one if lab.gateway.configuration.variant == "ruckus-one" else SmartZone
    return make(lab.record(**changes))


async def trouble_of(lab: Lab, credential: Credential = RIGHT, **changes: object) -> Trouble:
    """Return why a guest is not logged in."""
    with pytest.raises(ControllerFault) as found:
        await controller_of(lab, **changes).let_in(lab.guest(**lab.told()), FOUR_HOURS, credential)
    return found.value.trouble


@pytest.mark.parametrize("encrypts", [True, False])
async def test_in_and_out(lab: Lab, encrypts: bool) -> None:
    """The device goes as the redirect wrote it; a second log-in of the same guest is none."""
    lab.brand.encrypts = encrypts
    guest, controller = lab.guest(**lab.told()), controller_of(lab)
    await controller.let_in(guest, FOUR_HOURS, RIGHT)
    assert lab.online.user_name == "opaque-1"
    await controller.let_in(guest, FOUR_HOURS, RIGHT)
    assert list(await controller.online()) == []
    if lab.gateway.configuration.variant == "ruckus-one":
        with pytest.raises(ControllerFault, match="Disconnect"):
            await controller.put_out(guest)
        return
    await controller.put_out(guest)
    assert lab.phone.online is None
    await controller.put_out(guest)


async def test_a_device_is_opened(lab: Lab) -> None:
    """What the redirect names encrypted, the controller opens; what it did not write, it does
    not."""
    controller = controller_of(lab)
    assert str(await controller.open_device(lab.told()["client_mac"])) == (
        lab.phone.mac.lower().replace("-", ":")
    )
    for sealed in (lab.told()["uip"], "ENC00"):
        with pytest.raises(ControllerFault):
            await controller.open_device(sealed)


async def test_what_it_refuses(lab: Lab, radius: PlainRadius) -> None:
    """RADIUS that says no, RADIUS that is silent, a wrong password of the interface."""
    assert await trouble_of(lab, Credential("opaque-1", "wrong")) is Trouble.REFUSED
    assert await trouble_of(lab, password="wrong") is Trouble.ACCOUNT
    radius.silent = True
    assert await trouble_of(lab) is Trouble.REFUSED
    guest = lab.guest(client_mac="8A567EF910E4")
    with pytest.raises(ControllerFault) as found:
        await controller_of(lab).let_in(guest, FOUR_HOURS, RIGHT)
    assert found.value.trouble is Trouble.NO_SUCH_GUEST


async def test_a_lost_answer_is_no_second_log_in(lab: Lab, radius: PlainRadius) -> None:
    """A log-in is answered once only: where its answer broke off, the guest's status is asked."""
    answer = lab.brand.answer

    async def breaking_off(asked: Asked) -> Answer:
        lab.brand.answer = answer
        await answer(asked)
        return Answer(200, "{", "application/json", headers={"Content-Length": "99"})

    lab.brand.answer = breaking_off
    let_in = controller_of(lab).let_in(lab.guest(**lab.told()), FOUR_HOURS, RIGHT)
    if lab.gateway.configuration.variant == "ruckus-one":
        with pytest.raises(ControllerFault):
            await let_in
    else:
        await let_in
    assert lab.online.user_name == "opaque-1"
    assert [packet["code"] for packet in radius.heard].count([1]) == 1
