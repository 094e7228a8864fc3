"""Controllers asked how their access points are, each make over real TLS, on good days and bad."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from uuid import UUID

import pytest

from simulation.brands.adopted import Adopted as Simulated
from simulation.brands.controlled import Mood
from simulation.talk import Answer, Asked
from supervision.controllers.differences import Described, Stranger
from supervision.controllers.poller import READERS, Controllers
from supervision.controllers.records import Door, Heard, Make, Place
from supervision.facts import ControllerFacts
from supervision.snmp.exposition import Name, page
from territory.controllers.record import Trouble
from territory.identifiers import MacAddress
from tests.conftest import FixedClock
from tests.servers.controlled import Lab, open_lab

HERE = Place(UUID(int=1), "mairie", "default")
RADIO = MacAddress.parse("02-55-00-00-00-31")
HALL = MacAddress.parse("02-55-00-00-00-32")
ELSEWHERE = MacAddress.parse("02-55-00-00-00-33")
DESCRIBED = {
    RADIO: Described("ap-accueil", "mairie"),
    HALL: Described("ap-hall", "mairie"),
    ELSEWHERE: Described("ap-ecole", "ecole"),
}
SECRET = "secret-of-the-application"
LINE = 'socle_supervision_{}{{site="mairie",kind="access_point",equipment="ap-accueil"{}}} {}\n'
BAD_MOODS = {
    Mood.SILENT: Trouble.SILENT,
    Mood.HALF: Trouble.UNREADABLE,
    Mood.ANOTHER_VERSION: Trouble.UNREADABLE,
    Mood.NOT_JSON: Trouble.UNREADABLE,
    Mood.HUGE: Trouble.UNREADABLE,
    Mood.ELSEWHERE: Trouble.UNREADABLE,
    Mood.BUSY: Trouble.REFUSED,
}


class Ground:
    """A simulated controller, and what supervision holds of it."""

    def __init__(self, lab: Lab, clock: FixedClock) -> None:
        self.lab = lab
        self.clock = clock
        self.controllers = Controllers(clock)
        self.controllers.follow({RADIO: Name("mairie", "access_point", "ap-accueil")})

    @property
    def make(self) -> Make:
        """Its brand and variant."""
        options = self.lab.gateway.configuration
        return options.brand, options.variant

    @property
    def adopted(self) -> list[Simulated]:
        """Its access points, to be changed."""
        found: list[Simulated] = self.lab.brand.adopted
        return found

    def door(self, *places: Place, **changes: object) -> Door:
        """Return how it is asked."""
        record = self.lab.record(site="")
        if self.make[0] == "omada":
            record = replace(record, user="application", password=SECRET)
        return Door(self.make, replace(record, **changes), places or (HERE,))  # type: ignore[arg-type]

    async def poll(
        self, door: Door | None = None, described: Mapping[MacAddress, Described] = DESCRIBED
    ) -> Heard:
        """Ask it, and return what became of the first place."""
        return (await self.controllers.poll([door or self.door()], described))[0]

    def page(self) -> str:
        """Return what /metrics shows of it."""
        return page(self.controllers.told().values(), open_metrics=False)


@pytest.fixture(params=list(READERS), ids="-".join)
async def ground(request: pytest.FixtureRequest, clock: FixedClock) -> AsyncIterator[Ground]:
    """A controller of each make, whose access point has run for an hour, with two devices on it."""
    brand, variant = request.param
    user = "" if variant == "official" else "socle"
    application = {"client": "application", "client_secret": SECRET}
    async with open_lab(clock, brand, variant, user=user, account=application) as lab:
        clock.advance(seconds=3600)
        await lab.table.appear(f"{lab.source.rpartition('.')[0]}.12")
        lab.brand.adopted[0].clients = 2
        yield Ground(lab, clock)


async def test_what_is_told_of_one(ground: Ground) -> None:
    """Online, uptime, clients, version, load, channels, under the names of every other sample."""
    heard = await ground.poll()
    assert (heard.trouble, heard.place) == (None, HERE)
    facts = ground.controllers.facts(RADIO)
    assert facts == ControllerFacts(True, 0, ground.adopted[0].version)
    shown = ground.page()
    for name, more, value in (
        ("uptime_seconds", "", 3600.0),
        ("clients", "", 2),
        ("radio_channel", ',radio="1"', 6),
        ("radio_channel", ',radio="2"', 44),
        ("cpu_ratio", "", 0.07 if ground.make[0] == "omada" else 0.075),
        ("memory_ratio", "", 0.41),
    ):
        assert LINE.format(name, more, value) in shown
    used = ["radio_utilisation_ratio" in line for line in shown.splitlines()]
    assert any(used) is (ground.make != ("unifi", "official"))
    for phone in ground.lab.table.by_source().values():
        assert phone.mac.lower() not in str(heard).lower()


async def test_lost_and_found(ground: Ground) -> None:
    """Polls are counted that do not find it online; being updated is neither."""
    await ground.poll()
    radio = ground.adopted[0]
    radio.online = False
    for misses in (1, 2):
        await ground.poll()
        assert ground.controllers.facts(RADIO) == ControllerFacts(False, misses, _version(ground))
        assert "uptime" not in ground.page()
    radio.updating = True
    await ground.poll()
    facts = ground.controllers.facts(RADIO)
    assert facts
    assert (facts.online, facts.misses) == (None, 3)
    radio.online, radio.updating = True, False
    await ground.poll()
    assert ground.controllers.facts(RADIO) == ControllerFacts(True, 0, radio.version)


def _version(ground: Ground) -> str:
    """What is still told of a lost one: Omada's list has versions, UniFi's has not."""
    return ground.adopted[0].version if ground.make[0] == "omada" else ""


async def test_what_is_not_described_and_the_reverse(ground: Ground) -> None:
    """Adopted and described nowhere, or elsewhere; described and not adopted."""
    now = ground.clock.now()
    ground.adopted.append(Simulated("02:55:00:00:00:33", "Préau", now))
    ground.adopted.append(Simulated("02:55:00:00:00:34", "Neuve", now))
    differences = (await ground.poll()).differences
    assert differences
    assert differences.strangers == (
        Stranger("Préau", "02:55:00:00:00:33", "ecole"),
        Stranger("Neuve", "02:55:00:00:00:34", None),
    )
    assert differences.missing == ("ap-hall",)
    ground.adopted[:] = ground.adopted[:1]
    assert ground.controllers.facts(ELSEWHERE)
    await ground.poll()
    assert ground.controllers.facts(ELSEWHERE) is None, "no controller has it any more"


async def test_bad_days(ground: Ground) -> None:
    """Nobody is down for it: states are unknown, the trouble is one word, and it ends by itself."""
    await ground.poll()
    for misses, (mood, trouble) in enumerate(BAD_MOODS.items(), start=1):
        ground.lab.brand.mood = mood
        patience = 0.2 if mood is Mood.SILENT else 60.0
        heard = await ground.poll(ground.door(patience_seconds=patience))
        assert (mood, heard.trouble, heard.differences) == (mood, trouble, None)
        facts = ground.controllers.facts(RADIO)
        assert facts
        assert (facts.online, facts.misses) == (None, misses)
        assert ground.page() == ""
    ground.lab.brand.mood = Mood.WELL
    assert (await ground.poll()).trouble is None
    facts = ground.controllers.facts(RADIO)
    assert facts
    assert facts.online


async def test_wrong_key_certificate_or_site(ground: Ground) -> None:
    """Each in a word; a site that it does not know leaves its other sites their turn."""
    heard = await ground.poll(ground.door(password="wrong"))
    assert heard.trouble is Trouble.ACCOUNT
    heard = await ground.poll(ground.door(certificate="ab" * 32))
    assert heard.trouble is Trouble.CERTIFICATE
    elsewhere = Place(UUID(int=2), "ecole", "another")
    first, second = await ground.controllers.poll([ground.door(elsewhere, HERE)], DESCRIBED)
    assert first.trouble is Trouble.REFUSED
    assert (second.trouble, second.differences and second.differences.missing) == (
        None,
        ("ap-hall",),
    )


async def test_details_that_come_late(ground: Ground) -> None:
    """What was told in time stays: the state of all, and of the others no more than that."""
    answer = ground.lab.brand.answer
    slow = ("statistics", "stat/device", "radios")

    async def stumbling(asked: Asked) -> Answer:
        if asked.path.endswith(slow) or (asked.path.endswith("latest")):
            return Answer(429, "{}", "application/json")
        found: Answer = await answer(asked)
        return found

    ground.lab.brand.answer = stumbling
    heard = await ground.poll()
    assert heard.trouble is Trouble.REFUSED
    assert heard.differences, "its list was whole"
    facts = ground.controllers.facts(RADIO)
    assert facts
    assert (facts.online, facts.misses) == (True, 0)
    assert "uptime" not in ground.page()


async def test_a_session_is_kept(ground: Ground) -> None:
    """Logging in once for many polls; one that lapsed is renewed within the same poll."""
    door = ground.door()
    for _ in range(3):
        assert (await ground.poll(door)).trouble is None
    entries = [each for each in ground.lab.brand.asked if each.path.endswith(("login", "token"))]
    expected = 0 if ground.make == ("unifi", "official") else 1
    assert len(entries) == expected
    if ground.make == ("unifi", "legacy"):
        ground.lab.brand.lapse()
    if ground.make[0] == "omada":
        ground.lab.brand.tokens.clear()
    assert (await ground.poll(door)).trouble is None


async def test_a_strange_device_spoils_no_other(ground: Ground) -> None:
    """Absurd numbers are left out, and an entry that cannot be read is nobody's."""
    answer = ground.lab.brand.answer

    async def absurd(asked: Asked) -> Answer:
        found: Answer = await answer(asked)
        text = found.text
        for name in ("uptimeSec", "uptimeLong", "uptime", "num_sta", "clientNum"):
            text = text.replace(f'"{name}": {3600}', f'"{name}": -5')
            text = text.replace(f'"{name}": 2', f'"{name}": 1e99')
        if asked.path.endswith(("/devices", "/device-basic")):
            text = text.replace('"data": [', '"data": [{"mac": 7, "id": null}, ', 1)
        return replace(found, text=text)

    ground.lab.brand.answer = absurd
    assert (await ground.poll()).trouble is None
    shown = ground.page()
    assert "-5" not in shown
    assert "e+99" not in shown
    assert LINE.format("memory_ratio", "", 0.41) in shown


async def test_a_refused_account_is_not_tried_again_at_once(ground: Ground) -> None:
    """A console would lock it, and the portal's guests out with it; a changed one is tried."""
    wrong = ground.door(password="wrong")
    for _ in range(10):
        assert (await ground.poll(wrong)).trouble is Trouble.ACCOUNT
        ground.clock.advance(seconds=60)
    tried = len(ground.lab.brand.asked)
    assert tried <= 3, "what one refused log-in takes"
    ground.clock.advance(seconds=600)
    assert (await ground.poll(wrong)).trouble is Trouble.ACCOUNT
    assert len(ground.lab.brand.asked) > tried
    assert (await ground.poll()).trouble is None


async def test_an_answer_nobody_foresaw_ends_no_other_watch(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a reader raises over it, it is that controller's trouble alone."""
    reader = READERS[ground.make]

    async def stumble(*_: object) -> None:
        raise LookupError("nobody thought of this")

    monkeypatch.setattr(reader, "listed", stumble)
    assert (await ground.poll()).trouble is Trouble.UNREADABLE


async def test_free_text_is_fit_to_be_kept(ground: Ground) -> None:
    """No NUL, which no database takes, and no more of it than helps."""
    radio = ground.adopted[0]
    radio.name, radio.version = "Ac\u0000cueil\u202e", "6.7\u0000" + "9" * 500
    heard = await ground.poll(described={})
    assert heard.differences
    assert heard.differences.strangers[0].name == "Accueil"
    await ground.poll()
    facts = ground.controllers.facts(RADIO)
    assert facts
    assert facts.version == "6.7" + "9" * 61
