"""The poller over real agents: what it finds, keeps, and says to health."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from supervision.facts import SnmpFacts
from supervision.snmp.exposition import Name
from supervision.snmp.poller import AT_ONCE, Poller
from territory.keyring import Keyring
from territory.model import SnmpEntry
from territory.vocabulary import SnmpVersion
from tests.servers.snmpd import ADDRESS, UNIFI, Agent, agent, misbehaving

KEY = "ap"
UP_SECONDS = 3.0
"""So long that what begins anew and is asked at once has run for less, however slow the machine."""
NAME = Name("mairie", "access_point", "ap-accueil")
PREFIX = 'socle_supervision_{}{{site="mairie",kind="access_point",equipment="ap-accueil"'


class Ticking:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self._now = datetime(2026, 11, 20, 14, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the instant it was moved to."""
        return self._now

    def pass_(self, time: timedelta) -> None:
        """Move on."""
        self._now += time


@pytest.fixture
def clock() -> Ticking:
    """A clock of the test's own."""
    return Ticking()


@pytest.fixture
def poller(keyring: Keyring, clock: Ticking) -> Poller:
    """A poller that knows one access point."""
    made = Poller(keyring, clock, 1.0)
    made.follow({KEY: NAME})
    return made


@pytest.fixture
async def snmpd(tmp_path: Path) -> AsyncIterator[Agent]:
    """A UniFi access point."""
    async with agent(tmp_path, UNIFI) as running:
        yield running


def sealed(keyring: Keyring, access: SnmpEntry) -> bytes:
    """An access as the database keeps it."""
    return keyring.seal(access.model_dump_json(exclude_none=True))


def shown(poller: Poller) -> dict[str, float]:
    """What /metrics shows, by the name of the sample and its own label."""
    lines = (line for line in poller.page(open_metrics=False).splitlines() if line[0] != "#")
    return {
        head.removeprefix("socle_supervision_").replace(PREFIX.format("").partition("{")[2], ""): (
            float(value)
        )
        for head, _, value in (line.rpartition(" ") for line in lines)
    }


async def test_a_device_is_looked_at_then_asked(
    poller: Poller, keyring: Keyring, snmpd: Agent, clock: Ticking
) -> None:
    """The first poll finds what it has; counters grow from the second on."""
    access = sealed(keyring, snmpd.v3)
    assert await poller.poll(KEY, ADDRESS, access) == SnmpFacts(0, answered_before=True)
    first = shown(poller)
    assert first["clients{}"] == 12
    assert first['radio_channel{,radio="2"}'] == 44
    assert first['radio_utilisation_ratio{,radio="1"}'] == 0.31
    assert first["temperature_celsius{}"] == 48.5
    assert 0 < first["memory_ratio{}"] <= 1
    assert not [name for name in first if name.startswith("interface")]
    clock.pass_(timedelta(minutes=1))
    await poller.poll(KEY, ADDRESS, access)
    assert shown(poller)['interface_octets_total{,direction="received"}'] >= 0


async def test_a_restart_is_told(
    poller: Poller, keyring: Keyring, snmpd: Agent, clock: Ticking
) -> None:
    """Silence while it is away, nothing of it in /metrics, then one restart."""
    access = sealed(keyring, snmpd.v2c)
    for _ in range(600):
        await poller.poll(KEY, ADDRESS, access)
        if shown(poller).get("uptime_seconds{}", 0.0) > UP_SECONDS:
            break
        await asyncio.sleep(0.1)
    snmpd.stop()
    silent = await poller.poll(KEY, ADDRESS, access)
    assert silent is not None
    assert (silent.misses, silent.answered_before) == (1, True)
    assert shown(poller) == {}
    clock.pass_(timedelta(minutes=1))
    await snmpd.start()
    back = await poller.poll(KEY, ADDRESS, access)
    assert back is not None
    assert (back.misses, back.restarts, back.restarted_at) == (0, 1, clock.now())
    clock.pass_(timedelta(hours=2))
    later = await poller.poll(KEY, ADDRESS, access)
    assert later is not None
    assert later.restarts == 0


async def test_what_never_answers_holds_nobody_up(clock: Ticking, keyring: Keyring) -> None:
    """A hundred silent devices take the time of one, and each is told."""
    poller = Poller(keyring, clock, 0.3)
    keys = [str(number) for number in range(100)]
    poller.follow(dict.fromkeys(keys, NAME))
    with misbehaving(lambda _: []) as port:
        access = sealed(keyring, SnmpEntry(version=SnmpVersion.V2C, port=port, community="lecture"))
        async with asyncio.timeout(60):
            found = await asyncio.gather(*(poller.poll(key, ADDRESS, access) for key in keys))
    assert {(each.misses, each.answered_before) for each in found if each} == {(1, False)}


async def test_an_access_that_changes_is_used_at_once(
    poller: Poller, clock: Ticking, keyring: Keyring, snmpd: Agent
) -> None:
    """A wrong community is mended in the description, and the next poll is answered."""
    wrong = snmpd.v2c.model_copy(update={"community": "fausse"})
    assert await poller.poll(KEY, ADDRESS, sealed(keyring, wrong)) == SnmpFacts(
        1, answered_before=False, silent_since=clock.now()
    )
    found = await poller.poll(KEY, ADDRESS, sealed(keyring, snmpd.v2c))
    assert found == SnmpFacts(0, answered_before=True)


async def test_another_master_key_is_no_outage(poller: Poller, snmpd: Agent) -> None:
    """An access that cannot be opened says nothing of the device."""
    other = Keyring(bytes(32))
    assert await poller.poll(KEY, ADDRESS, sealed(other, snmpd.v2c)) is None


async def test_what_is_gone_is_forgotten(poller: Poller, keyring: Keyring, snmpd: Agent) -> None:
    """Equipment that is no longer described leaves nothing in /metrics."""
    await poller.poll(KEY, ADDRESS, sealed(keyring, snmpd.v2c))
    assert shown(poller)
    poller.follow({})
    assert shown(poller) == {}


def test_nothing_of_it_is_secret(keyring: Keyring) -> None:
    """An access shows none of its secrets when it is printed."""
    entry = SnmpEntry(version=SnmpVersion.V2C, community="lecture-secrete")
    assert "lecture-secrete" not in repr(entry)
    assert json.loads(keyring.open(sealed(keyring, entry)))["community"] == "lecture-secrete"


async def test_what_is_most_likely_off_is_asked_once(
    poller: Poller, clock: Ticking, keyring: Keyring, snmpd: Agent
) -> None:
    """One question and one timeout where a ping was silent; an answer counts all the same."""
    asked: list[bytes] = []

    def silent(question: bytes) -> list[bytes]:
        asked.append(question)
        return []

    with misbehaving(silent) as port:
        access = SnmpEntry(version=SnmpVersion.V2C, port=port, community="lecture")
        facts = await poller.poll(KEY, ADDRESS, sealed(keyring, access), brief=True)
        assert facts is not None
        assert facts.misses == 1
        assert len(asked) == 1
    facts = await poller.poll(KEY, ADDRESS, sealed(keyring, snmpd.v2c), brief=True)
    assert facts is not None
    assert facts.misses == 0
    assert PREFIX.format("uptime_seconds") in poller.page(open_metrics=False)


async def test_what_is_most_likely_off_keeps_no_other_waiting(
    clock: Ticking, keyring: Keyring, snmpd: Agent
) -> None:
    """Hundreds that are silent take none of the places of those that answer."""
    poller = Poller(keyring, clock, 60.0)
    living = sealed(keyring, snmpd.v2c)
    with misbehaving(lambda _: []) as port:
        off = sealed(keyring, SnmpEntry(version=SnmpVersion.V2C, port=port, community="lecture"))
        waiting = [
            asyncio.create_task(poller.poll(number, ADDRESS, off, brief=True))
            for number in range(2 * AT_ONCE)
        ]
        await asyncio.sleep(0)
        facts = await poller.poll(KEY, ADDRESS, living)
        assert facts is not None
        assert facts.misses == 0
        assert not any(task.done() for task in waiting)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
