"""Rounds over controllers in a real database, under supervision's own role."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import generate_latest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from simulation.brands.adopted import Adopted as Simulated
from simulation.brands.controlled import Mood
from supervision.controllers.poller import Controllers
from supervision.controllers.records import load_doors
from supervision.controllers.rounds import ControllerRounds
from supervision.metrics import Metrics
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.database.tables import access_point, controller_seen, gateway
from territory.identifiers import MacAddress
from territory.keyring import Keyring
from tests.conftest import FixedClock
from tests.integration.supervision.ground import DescribedSite, describe_site
from tests.servers.controlled import RADIO, Lab, open_lab

MAKE = ("unifi", "legacy")
PATIENCE_SECONDS = 60.0


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[AsyncEngine]:
    """The database as its owner."""
    engine = open_engine(database_url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def engine(role_url: Callable[[Component], str]) -> AsyncIterator[AsyncEngine]:
    """The database as supervision may use it."""
    opened = open_engine(role_url(Component.SUPERVISION))
    yield opened
    await opened.dispose()


@pytest.fixture
async def lab(clock: FixedClock) -> AsyncIterator[Lab]:
    """A controller with an account."""
    async with open_lab(clock, *MAKE, user="socle") as opened:
        yield opened


async def describe(
    owner: AsyncEngine, keyring: Keyring, lab: Lab, database_url: str
) -> DescribedSite:
    """Describe the site of that controller: its own access point, and one that it does not have."""
    described = await describe_site(database_url, "mairie")
    record = lab.record()
    async with owner.begin() as db:
        await db.execute(
            update(gateway).values(
                brand=MAKE[0],
                variant=MAKE[1],
                controller_url=record.url,
                controller_site="default",
                controller_user=record.user,
                controller_password_sealed=keyring.seal(record.password),
                controller_certificate=record.certificate,
            )
        )
        radio = MacAddress.parse(RADIO)
        await db.execute(update(access_point).values(mac=str(radio), code="ap-accueil"))
        await db.execute(
            insert(access_point).values(
                id=uuid4(),
                site_id=described.site_id,
                code="ap-hall",
                name="Hall",
                mac="02:55:00:00:00:32",
            )
        )
    return described


async def seen(owner: AsyncEngine) -> list[Any]:
    """What is kept of controllers."""
    async with owner.connect() as db:
        return list((await db.execute(select(controller_seen))).all())


async def test_what_is_kept_of_each_round(
    owner: AsyncEngine,
    engine: AsyncEngine,
    keyring: Keyring,
    clock: FixedClock,
    lab: Lab,
    database_url: str,
) -> None:
    """Differences as last known, why it does not answer now, and nothing of whom nobody asks."""
    await describe(owner, keyring, lab, database_url)
    lab.brand.adopted.append(Simulated("02:55:00:00:00:33", "Neuve", clock.now()))
    controllers, metrics = Controllers(clock), Metrics()
    rounds = ControllerRounds(engine, keyring, controllers, metrics, PATIENCE_SECONDS)
    await rounds.once()
    (row,) = await seen(owner)
    told = [{"name": "Neuve", "mac": "02:55:00:00:00:33", "site": None}]
    assert (row.trouble, row.strangers, row.missing) == (None, told, ["ap-hall"])
    assert row.answered_at == row.checked_at == clock.now()
    facts = controllers.facts(MacAddress.parse(RADIO))
    assert facts
    assert facts.online
    lab.brand.mood = Mood.NOT_JSON
    clock.advance(seconds=60)
    await rounds.once()
    (later,) = await seen(owner)
    assert (later.trouble, later.strangers, later.missing) == ("unreadable", told, ["ap-hall"])
    assert (later.checked_at, later.answered_at) == (clock.now(), row.checked_at)
    shown = generate_latest(metrics.registry).decode()
    for line in (
        'socle_supervision_controller_polls_total{outcome="answered"} 1.0',
        'socle_supervision_controller_polls_total{outcome="unreadable"} 1.0',
    ):
        assert line in shown
    assert "controller_differences{" not in shown, "not known any more"
    async with owner.begin() as db:
        await db.execute(update(gateway).values(controller_url=None))
    await rounds.once()
    assert await seen(owner) == []


async def test_one_controller_of_two_gateways_is_one_door(
    owner: AsyncEngine, engine: AsyncEngine, keyring: Keyring, lab: Lab, database_url: str
) -> None:
    """Asked once for both; a password that another key sealed leaves its gateway out."""
    described = await describe(owner, keyring, lab, database_url)
    async with owner.begin() as db:
        row = (await db.execute(select(gateway))).mappings().one()
        second = {**row, "id": uuid4(), "code": "second", "controller_site": "annexe"}
        second["controller_password_sealed"] = keyring.seal(lab.record().password)
        third = {**second, "id": uuid4(), "code": "third", "controller_site": "autre"}
        third["controller_password_sealed"] = Keyring(bytes([7]) * 32).seal("x")
        await db.execute(insert(gateway), [second, third])
    (door,) = await load_doors(engine, keyring, [MAKE], PATIENCE_SECONDS)
    assert [place.name for place in door.places] == ["default", "annexe"]
    assert {place.site for place in door.places} == {described.code}
    assert await load_doors(engine, keyring, [("omada", "controller")], PATIENCE_SECONDS) == ()
    async with owner.begin() as db:
        await db.execute(delete(gateway).where(gateway.c.code.in_(["second", "third"])))
        await db.execute(
            update(gateway).values(
                brand="omada",
                variant="controller",
                controller_client="application",
                controller_client_secret_sealed=keyring.seal("its-secret"),
            )
        )
    (door,) = await load_doors(engine, keyring, [("omada", "controller")], PATIENCE_SECONDS)
    assert (door.record.user, door.record.password) == ("application", "its-secret")
