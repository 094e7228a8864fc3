"""UniFi's controllers, both interfaces, against simulated ones over real TLS."""

from collections.abc import AsyncIterator, Callable

import pytest

from portal.controllers.port import Controller
from portal.controllers.unifi import UnifiOfficial
from portal.controllers.unifi_legacy import UnifiLegacy
from portal.gateways.vocabulary import Allowance, Credential
from simulation.brands.controlled import Mood
from simulation.talk import Answer, Asked
from territory.controllers.record import ControllerFault, ControllerRecord, Trouble
from tests.conftest import FixedClock
from tests.servers.controlled import Lab, open_lab

NOBODY = Credential("", "")
FOUR_HOURS = Allowance(14_400, 2 * 10**9, 5_000_000, 20_000_000)
MAKES: dict[str, Callable[[ControllerRecord], Controller]] = {
    "official": UnifiOfficial,
    "legacy": UnifiLegacy,
}


@pytest.fixture(params=["official", "legacy"])
async def lab(request: pytest.FixtureRequest, clock: FixedClock) -> AsyncIterator[Lab]:
    """A gateway whose controller speaks one of the two interfaces."""
    user = "socle" if request.param == "legacy" else ""
    async with open_lab(clock, "unifi", request.param, user=user) as found:
        yield found


def controller_of(lab: Lab, **changes: object) -> Controller:
    """Return what the portal asks."""
    return MAKES[lab.gateway.configuration.variant](lab.record(**changes))


async def trouble_of(lab: Lab, controller: Controller, **told: str) -> Trouble:
    """Return why a guest is not let in."""
    with pytest.raises(ControllerFault) as found:
        await controller.let_in(lab.guest(**told), FOUR_HOURS, NOBODY)
    assert lab.phone.online is None
    assert lab.phone.mac.lower() not in str(found.value).lower().replace(":", "-")
    return found.value.trouble


@pytest.mark.parametrize("on_console", [True, False])
async def test_in_counted_and_out(lab: Lab, clock: FixedClock, on_console: bool) -> None:
    """Time, data and rates arrive in the controller's units; octets come back from it."""
    lab.brand.on_console = on_console
    controller = controller_of(lab)
    assert list(await controller.online()) == []
    await controller.let_in(lab.guest(), FOUR_HOURS, NOBODY)
    rights = lab.online.rights
    assert (rights.session_seconds, rights.total_octets) == (14_400, 2 * 10**9)
    assert (rights.upload_bps, rights.download_bps) == (5_000_000, 20_000_000)
    clock.advance(seconds=90)
    lab.gateway.carry(lab.source, 1_000, 50_000)
    (seen,) = await controller.online()
    assert (seen.device, seen.address) == (lab.guest().device, lab.phone.address)
    assert (seen.seconds, seen.upload_octets, seen.download_octets) == (90, 1_000, 50_000)
    await controller.put_out(lab.guest())
    assert lab.phone.online is None
    await controller.put_out(lab.guest())


async def test_without_limits(lab: Lab) -> None:
    """What has no limit is not sent."""
    await controller_of(lab).let_in(lab.guest(), Allowance(61), NOBODY)
    rights = lab.online.rights
    assert (rights.session_seconds, rights.total_octets, rights.upload_bps) == (120, None, None)


async def test_a_made_up_device(lab: Lab) -> None:
    """The redirect is not signed: who is not connected is not let in, nor known when put out."""
    guest = lab.guest()
    lab.gateway.leave(lab.source)
    with pytest.raises(ControllerFault) as found:
        await controller_of(lab).let_in(guest, FOUR_HOURS, NOBODY)
    assert found.value.trouble is Trouble.NO_SUCH_GUEST
    await controller_of(lab).put_out(guest)


async def test_a_device_somewhere_else(lab: Lab) -> None:
    """It must be where the redirect says, or on another of the site's access points."""
    controller = controller_of(lab)
    lab.brand.adopted[0].mac = "02:55:00:00:00:99"
    assert await trouble_of(lab, controller) is Trouble.NO_SUCH_GUEST
    radios = "02:55:00:00:00:31 02:55:00:00:00:99"
    await controller.let_in(lab.guest(radios=radios), FOUR_HOURS, NOBODY)
    assert lab.online.user_name


async def test_another_site_or_account(lab: Lab) -> None:
    """A wrong key or account, and a site it cannot see, are told apart from silence."""
    assert await trouble_of(lab, controller_of(lab, password="wrong")) is Trouble.ACCOUNT
    elsewhere = await trouble_of(lab, controller_of(lab, site="another"))
    assert elsewhere in (Trouble.REFUSED, Trouble.ACCOUNT)


async def test_a_version_that_filters_nothing(clock: FixedClock) -> None:
    """9.1.105 gives every client whatever is asked: ours is found among them."""
    async with open_lab(clock, "unifi", "official") as lab:
        lab.brand.filters = False
        base = lab.source.rsplit(".", 1)[0]
        for number in range(20, 230):
            await lab.table.appear(f"{base}.{number}")
        controller = controller_of(lab)
        last = f"{base}.229"
        lab.source = last
        await controller.let_in(lab.guest(), FOUR_HOURS, NOBODY)
        assert lab.online.rights.session_seconds == 14_400
        assert len(await controller.online()) == 1


async def test_a_session_is_kept_and_renewed(clock: FixedClock) -> None:
    """Consoles refuse an account that logs in often: one log-in serves until it lapses."""
    async with open_lab(clock, "unifi", "legacy", user="socle") as lab:
        controller = controller_of(lab)
        for _ in range(3):
            await controller.online()
        assert lab.brand.log_ins == 1
        lab.brand.lapse()
        await controller.let_in(lab.guest(), FOUR_HOURS, NOBODY)
        assert (lab.brand.log_ins, lab.online.rights.session_seconds) == (2, 14_400)


async def test_the_key_goes_nowhere_else(clock: FixedClock) -> None:
    """A redirect of the controller is not followed: the other address hears nothing."""
    async with (
        open_lab(clock, "unifi", "official") as lab,
        open_lab(clock, "unifi", "official") as other,
    ):
        lab.brand.elsewhere = f"{other.brand.server.address}/"
        lab.brand.mood = Mood.ELSEWHERE
        assert await trouble_of(lab, controller_of(lab)) is Trouble.UNREADABLE
        heard: list[Asked] = other.brand.asked
        assert heard == []


async def test_one_deadline_for_all_calls(lab: Lab) -> None:
    """Each answer comes soon enough, together they do not: a guest is waiting."""
    lab.brand.mood = Mood.SLOW
    assert await trouble_of(lab, controller_of(lab, patience_seconds=0.6)) is Trouble.SILENT
    assert len(lab.brand.asked) > 1


async def test_a_console_that_was_replaced(clock: FixedClock) -> None:
    """Where the API stands is kept; after a fault it is looked for again."""
    async with open_lab(clock, "unifi", "official") as lab:
        controller = controller_of(lab)
        await controller.online()
        lab.brand.on_console = False
        assert await trouble_of(lab, controller) is Trouble.UNREADABLE
        await controller.let_in(lab.guest(), FOUR_HOURS, NOBODY)
        assert lab.online.rights.session_seconds == 14_400


@pytest.mark.parametrize("token", ["a\\012b", "a\\015\\012X-Other: b"])
async def test_a_session_that_cannot_be_shown(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    """A cookie that would break a header's line is the controller's fault, and is not kept."""
    async with open_lab(clock, "unifi", "legacy", user="socle") as lab:
        controller = UnifiLegacy(lab.record())
        odd = Answer(200, "{}", "application/json", headers={"Set-Cookie": f'TOKEN="{token}"'})
        monkeypatch.setattr(lab.brand, "_log_in", lambda _told: odd)
        with pytest.raises(ControllerFault) as found:
            await controller.online()
        assert found.value.trouble is Trouble.UNREADABLE
        monkeypatch.undo()
        assert list(await controller.online()) == []


@pytest.mark.parametrize(
    "refusal",
    [
        Answer(403, '{"meta": {"rc": "error", "msg": "api.err.NoPermission"}}'),
        Answer(200, '{"meta": {"rc": "error", "msg": "api.err.LoginRequired"}}'),
    ],
)
async def test_a_session_that_is_refused(
    clock: FixedClock, monkeypatch: pytest.MonkeyPatch, refusal: Answer
) -> None:
    """Whatever the status, it is not shown again: the next call logs in."""
    async with open_lab(clock, "unifi", "legacy", user="socle") as lab:
        controller = UnifiLegacy(lab.record())
        await controller.online()
        monkeypatch.setattr(lab.brand, "_of_site", lambda _asked, _path: refusal)
        with pytest.raises(ControllerFault) as found:
            await controller.online()
        assert found.value.trouble is Trouble.ACCOUNT
        monkeypatch.undo()
        await controller.online()
        assert lab.brand.log_ins == 2
