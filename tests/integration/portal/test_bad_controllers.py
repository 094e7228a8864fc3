"""Controllers of no use: whatever they do, one sentence for technicians, in time, and no guest in.

One table for every make: silent, half an answer, another version, a page, five million octets, a
redirect, asked too often, nobody there, somebody else's certificate, one that nobody vouches for.
"""

from collections.abc import AsyncIterator, Callable

import pytest

from portal.controllers.makes import CONTROLLERS
from portal.gateways.vocabulary import Allowance, Credential
from simulation.brands.controlled import Mood
from territory.controllers.record import ControllerFault, ControllerRecord, Trouble
from tests.conftest import FixedClock
from tests.servers.controlled import Lab, open_lab

USERS = {"legacy": "socle", "controller": "socle", "ruckus-one": "api"}
BAD_MOODS = {
    Mood.SILENT: Trouble.SILENT,
    Mood.HALF: Trouble.UNREADABLE,
    Mood.ANOTHER_VERSION: Trouble.UNREADABLE,
    Mood.NOT_JSON: Trouble.UNREADABLE,
    Mood.HUGE: Trouble.UNREADABLE,
    Mood.ELSEWHERE: Trouble.UNREADABLE,
    Mood.BUSY: Trouble.REFUSED,
}


@pytest.fixture(params=list(CONTROLLERS), ids="-".join)
async def lab(request: pytest.FixtureRequest, clock: FixedClock) -> AsyncIterator[Lab]:
    """A gateway and its controller, of each make."""
    brand, variant = request.param
    async with open_lab(clock, brand, variant, user=USERS.get(variant, "")) as found:
        yield found


async def fault_of(lab: Lab, record: ControllerRecord) -> ControllerFault:
    """Return why a guest is not let in."""
    options = lab.gateway.configuration
    controller = CONTROLLERS[options.brand, options.variant](record)
    guest = lab.guest(**({} if options.brand == "unifi" else lab.told()))
    with pytest.raises(ControllerFault) as found:
        await controller.let_in(guest, Allowance(14_400), Credential("name", "password"))
    assert lab.phone.online is None
    return found.value


async def test_every_mood(lab: Lab) -> None:
    """Each has its trouble, and a sentence that names neither guest nor secret."""
    for mood, trouble in BAD_MOODS.items():
        lab.brand.mood = mood
        patience = 0.2 if mood is Mood.SILENT else 5.0
        fault = await fault_of(lab, lab.record(patience_seconds=patience))
        assert (mood, fault.trouble) == (mood, trouble)
        words = str(fault).lower()
        assert "controller" in words
        assert lab.phone.mac.lower() not in words
        assert lab.record().password not in words


def _nobody(record: ControllerRecord) -> dict[str, object]:
    return {"url": f"{record.url.rpartition(':')[0]}:9"}


def _another_certificate(_: ControllerRecord) -> dict[str, object]:
    return {"certificate": "ab" * 32}


def _no_certificate(_: ControllerRecord) -> dict[str, object]:
    return {"certificate": None}


@pytest.mark.parametrize(
    ("change", "trouble"),
    [
        (_nobody, Trouble.SILENT),
        (_another_certificate, Trouble.CERTIFICATE),
        (_no_certificate, Trouble.CERTIFICATE),
    ],
    ids=["nobody-there", "another-certificate", "nobody-vouches"],
)
async def test_who_is_not_the_controller(
    lab: Lab, change: Callable[[ControllerRecord], dict[str, object]], trouble: Trouble
) -> None:
    """The certificate is judged before a key, a password or a guest's address is sent."""
    fault = await fault_of(lab, lab.record(**change(lab.record())))
    assert fault.trouble is trouble
    assert lab.brand.asked == []
