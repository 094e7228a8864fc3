"""Alerts as they run: a real database, a real mail relay, services that answer as documented.

One base is looked at again and again on a clock that is moved; a test plays one story to its end.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from supervision.alerts.rounds import Alerts, plan_of, start_alerts
from supervision.metrics import Metrics
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.database.tables import (
    alert_message,
    equipment_state,
    incident,
    incident_telling,
    maintenance,
)
from territory.errors import ConfigurationError
from territory.settings import MetricsSettings, Settings
from territory.settings.messages import AlertsSettings, MailSettings
from territory.web.health import start_health
from tests.conftest import FixedClock
from tests.integration.supervision.ground import DescribedSite, describe_site
from tests.servers.addresses import free_port
from tests.servers.chat import TOKEN, Chat, chat_services
from tests.servers.mail import Inbox, mail_server
from tests.servers.outage import DatabaseOutage

SITE = "mairie-de-trifouillis"
SUBJECT = "Mairie : le Wi-Fi ne répond plus"
REASON = "Ne répond plus. Cause probable : courant coupé. À essayer d’abord : appeler le lieu."


class Base:
    """A site, whoever is told, and what looks."""

    def __init__(
        self, owner: AsyncEngine, engine: AsyncEngine, settings: Settings, clock: FixedClock
    ) -> None:
        self.owner = owner
        self.clock = clock
        self.inbox = Inbox()
        self.chat = Chat()
        self.site: DescribedSite
        self.radius: web.AppRunner
        self.ledger: Gauge
        self._engine = engine
        self._settings = settings
        self.begin_again()

    def begin_again(self) -> None:
        """End the process and start another: it remembers what is in the database."""
        self.metrics = Metrics()
        self.metrics.count_round(self.clock.now(), 1.0)
        alerts = start_alerts(self._engine, self._settings, self.clock, self.metrics)
        assert alerts is not None
        self.alerts: Alerts = alerts

    async def look(self, minutes: float = 0.0, times: int = 1) -> None:
        """Let time pass and look, as often as said; all that is sent is sent then."""
        for _ in range(times):
            self.clock.advance(minutes=minutes)
            self.metrics.count_round(self.clock.now(), 1.0)
            async with asyncio.TaskGroup() as sending:
                await self.alerts.once(sending)

    async def be(self, state: str) -> None:
        """Have the site's NAS be so."""
        row = {
            "kind": "nas",
            "equipment_id": self.site.nas_id,
            "state": state,
            "reason": REASON,
            "since": self.clock.now(),
            "checked_at": self.clock.now(),
        }
        async with self.owner.begin() as db:
            await db.execute(
                insert(equipment_state)
                .values(row)
                .on_conflict_do_update(
                    index_elements=["kind", "equipment_id"], set_={"state": state}
                )
            )

    async def go_down(self) -> None:
        """Break, for long enough to be told, and be looked at until it is."""
        await self.be("down")
        await self.look()
        await self.look(2)
        await self.look(0.5)

    async def rows(self, table: Any) -> list[Any]:
        """All that is written of something."""
        async with self.owner.connect() as db:
            return list(await db.execute(select(table)))

    @property
    def mails(self) -> list[str]:
        """The subjects that came by mail."""
        return [str(letter["Subject"]) for letter in self.inbox.letters]

    @property
    def pushed(self) -> list[str]:
        """The subjects that came by ntfy."""
        return [each["subject"] for each in self.chat.heard]


@pytest.fixture
async def base(
    database_url: str,
    role_url: Callable[[Component], str],
    clock: FixedClock,
    tmp_path: Path,
) -> AsyncIterator[Base]:
    """A site that works, Anne who is told by mail and a telephone that is told by ntfy."""
    async with AsyncExitStack() as stack:
        inbox = await stack.enter_async_context(mail_server())
        chat = await stack.enter_async_context(chat_services())
        registry, port = CollectorRegistry(), free_port()
        radius = await start_health("127.0.0.1", port, registry, {})
        stack.push_async_callback(radius.cleanup)
        (tmp_path / "token").write_text(f"{TOKEN}\n")
        settings = Settings(
            mail=MailSettings(
                server="127.0.0.1", port=inbox.port, security="none", sender="wifi@meuse.example"
            ),
            metrics=MetricsSettings(radius_port=port),
            alerts=AlertsSettings.model_validate(
                {
                    "recipients": [
                        {"name": "anne", "kind": "mail", "address": "anne@meuse.example"},
                        {
                            "name": "astreinte",
                            "kind": "ntfy",
                            "address": f"{chat.url}/wifi-astreinte",
                            "secret_file": tmp_path / "token",
                        },
                    ],
                    "components": ["radius"],
                }
            ),
        )
        owner, engine = open_engine(database_url), open_engine(role_url(Component.SUPERVISION))
        base = Base(owner, engine, settings, clock)
        base.inbox, base.chat, base.radius = inbox, chat, radius
        base.ledger = Gauge("socle_radius_ledger_open", "As RADIUS shows it.", registry=registry)
        base.ledger.set(1)
        base.site = await describe_site(database_url, SITE)
        await base.be("up")
        await base.look()
        yield base
        await engine.dispose()
        await owner.dispose()


async def test_once_when_it_breaks_and_once_when_it_recovers(base: Base) -> None:
    """By each way, with the cause; a process that begins again in between says nothing twice."""
    await base.be("down")
    await base.look()
    await base.look(1)
    assert base.mails == base.pushed == [], "it has not lasted long enough"
    await base.look(1)
    await base.look(0.5)
    told = f"{SUBJECT}, depuis 15 h 00"
    assert base.mails == base.pushed == [told]
    body = base.inbox.letters[0].get_body(("plain",))
    assert body is not None
    words = body.get_content()
    assert f"nas-{SITE} : {REASON}" in " ".join(words.split())
    assert words.rstrip().endswith(f"/console/lieux/{SITE}")
    assert "127.0.0.9" not in words
    base.begin_again()
    await base.look(1, times=3)
    assert len(base.mails) == len(base.pushed) == 1
    await base.be("up")
    await base.look(1)
    base.begin_again()
    await base.look(2)
    await base.look(0.5, times=3)
    assert base.mails == base.pushed == [told, f"Rétabli : {SUBJECT}"]
    (row,) = await base.rows(incident)
    assert (row.state, row.returns, row.site_id) == ("over", 0, base.site.site_id)
    assert {each.what for each in await base.rows(incident_telling)} == {"broken", "mended"}
    assert all(each.sent_at for each in await base.rows(alert_message))


async def test_announced_work_and_sleep_are_not_told(base: Base) -> None:
    """Nothing is sent, nor written as an incident; what still lasts when work ends is told then."""
    await base.be("asleep")
    await base.look(10, times=2)
    ends_at = base.clock.now().replace(hour=16, minute=0)
    window = {
        "id": base.site.nas_id,
        "site_id": None,
        "begins_at": base.clock.now(),
        "ends_at": ends_at,
        "why": "Onduleur.",
        "asked_by": "theo",
        "asked_at": base.clock.now(),
    }
    async with base.owner.begin() as db:
        await db.execute(insert(maintenance).values(window))
    await base.be("down")
    await base.look(10, times=3)
    assert base.mails == await base.rows(incident) == []
    base.clock.instant = ends_at
    await base.go_down()
    assert base.mails == [f"{SUBJECT}, depuis 17 h 00"]


async def test_one_that_does_not_answer_keeps_nobody_waiting(base: Base) -> None:
    """Mail goes; the service is left alone as long as it asks, and then told in order."""
    base.chat.answers = ["limit", "error"]
    await base.go_down()
    assert (len(base.mails), base.pushed, base.chat.attempts) == (1, [], 1)
    await base.look(0.5)
    assert base.chat.attempts == 1, "it asked for a minute of rest"
    await base.look(0.5)
    assert (base.pushed, base.chat.attempts) == ([], 2)
    base.begin_again()
    await base.look(1)
    assert (len(base.mails), len(base.pushed)) == (1, 1)
    (row,) = [each for each in await base.rows(alert_message) if each.recipient == "astreinte"]
    assert (row.tries, row.failure, row.given_up_at) == (2, None, None)


async def test_the_database_away_is_told_all_the_same(base: Base, database_url: str) -> None:
    """What is known without it is told once, and written when it is back; nothing ends for it."""
    await base.go_down()
    outage = DatabaseOutage(database_url)
    await outage.begin()
    try:
        base.ledger.set(0)
        await base.look()
        await base.look(1)
        await base.look(0.5)
        await base.look(1, times=3)
        await base.look(90)
    finally:
        await outage.end()
    closed = "RADIUS n’écrit plus dans la base de données"
    assert base.mails[1:] == [f"{closed}, depuis 15 h 02"]
    base.ledger.set(1)
    await base.look()
    base.begin_again()
    await base.look(0.5, times=2)
    assert base.mails[2:] == [f"Rétabli : {closed}"]
    assert len(await base.rows(incident_telling)) == len(await base.rows(alert_message)) == 6
    found = {each.alert: each.state for each in await base.rows(incident)}
    assert found == {"SiteDown": "open", "RadiusLedgerClosed": "over"}


async def test_started_without_the_database_it_tells_all_the_same(
    base: Base, database_url: str
) -> None:
    """After some minutes; what it finds when the database is back is the same incident."""
    base.ledger.set(0)
    await base.look()
    await base.look(1)
    await base.look(0.5)
    closed = "RADIUS n’écrit plus dans la base de données"
    assert base.mails == [f"{closed}, depuis 15 h 00"]
    outage = DatabaseOutage(database_url)
    await outage.begin()
    try:
        base.begin_again()
        await base.look(1, times=4)
        assert len(base.mails) == 1, "it waits to know what was told"
        await base.look(1, times=4)
    finally:
        await outage.end()
    assert len(base.mails) == 2
    await base.look(1)
    (row,) = await base.rows(incident)
    assert (row.state, len(await base.rows(alert_message))) == ("open", 4)
    base.ledger.set(1)
    await base.look(1)
    await base.look(0.5)
    assert base.mails[2:] == [f"Rétabli : {closed}"]


async def test_a_component_that_does_not_answer(base: Base) -> None:
    """Is a condition itself; what it alone knows is not over for that."""
    base.ledger.set(0)
    await base.look()
    await base.look(1)
    await base.look(0.5)
    await base.radius.cleanup()
    await base.look()
    await base.look(2)
    await base.look(0.5)
    assert base.mails == [
        "RADIUS n’écrit plus dans la base de données, depuis 15 h 00",
        "Le composant « radius » ne répond plus, depuis 15 h 01",
    ]
    assert {each.state for each in await base.rows(incident)} == {"open"}


async def test_a_component_that_is_still_starting(base: Base) -> None:
    """A base starts all at once: nobody is told that what has never answered answers no more."""
    await base.radius.cleanup()
    base.begin_again()
    await base.look()
    await base.look(1)
    assert await base.rows(incident) == []
    await base.look(1)
    await base.look(2)
    await base.look(0.5)
    assert base.mails == ["Le composant « radius » ne répond plus, depuis 15 h 02"]


@pytest.mark.parametrize("key", ["hours", "address"])
def test_what_cannot_be_told_stops_the_start(key: str) -> None:
    """In words, and without what is secret."""
    anne = {"name": "anne", "kind": "json", "address": "https://x.example/secret"} | {key: "so-so"}
    settings = Settings(alerts=AlertsSettings.model_validate({"recipients": [anne]}))
    with pytest.raises(ConfigurationError) as refused:
        plan_of(settings)
    assert [fault.key for fault in refused.value.faults] == [f"alerts.recipients[0].{key}"]
    assert "secret" not in str(refused.value)


async def test_killed_between_sending_and_noting_it_repeats_under_the_same_name(base: Base) -> None:
    """So that a mail box, or Matrix, may see that it is the same."""
    await base.be("down")
    await base.look()
    await base.look(2)
    base.clock.advance(seconds=30)
    async with asyncio.TaskGroup() as sending:
        await base.alerts.once(sending)
    async with base.owner.begin() as db:  # as a kill -9 leaves it: sent, and not noted
        await db.execute(update(alert_message).values(sent_at=None))
    base.begin_again()
    await base.look(0.5, times=2)
    assert len(base.mails) == 2
    first, second = base.inbox.letters
    assert first["Message-ID"] == second["Message-ID"]


async def test_acknowledged_in_the_console_is_not_told_again(
    base: Base, role_url: Callable[[Component], str]
) -> None:
    """The portal may say who works on it, and nothing else; without it a reminder comes, once."""
    await base.go_down()
    portal = open_engine(role_url(Component.PORTAL))
    async with portal.begin() as db:
        await db.execute(update(incident).values(acknowledged_at=base.clock.now()))
    await base.look(60, times=5)
    assert len(base.mails) == 1
    async with portal.begin() as db:
        await db.execute(update(incident).values(acknowledged_at=None))
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with portal.begin() as db:
            await db.execute(update(incident).values(state="over"))
    await portal.dispose()
    base.begin_again()
    await base.look(0.5, times=3)
    assert base.mails[1:] == [f"Rappel : {SUBJECT}, depuis 15 h 00"]


async def test_what_is_old_is_forgotten(base: Base) -> None:
    """An incident after thirteen months, a message after three; what lasts is never old."""
    await base.go_down()
    async with base.owner.begin() as db:
        await db.execute(update(incident).values(began_at=base.clock.now()))
        await db.execute(update(alert_message).values(made_at=base.clock.now()))
    base.clock.advance(days=91)
    base.begin_again()
    await base.look()
    kept = await base.rows(alert_message)
    assert {each.recipient for each in kept} == {"anne", "astreinte"}, "the reminder alone"
    assert len(kept) == 2
    await base.be("up")
    await base.look()
    await base.look(2)
    base.clock.advance(days=397)
    base.begin_again()
    await base.look()
    assert await base.rows(incident) == await base.rows(alert_message) == []


async def test_a_site_that_is_gone_is_over(base: Base) -> None:
    """Its incident goes with it, and nobody is told that it recovered."""
    await base.go_down()
    async with base.owner.begin() as db:
        await db.exec_driver_sql("DELETE FROM live.equipment_state")
        for table in ("access_point", "nas", "gateway", "site"):
            await db.exec_driver_sql(f"DELETE FROM territory.{table}")
    await base.look(5, times=3)
    assert len(base.mails) == 1
    assert await base.rows(incident) == []


async def test_what_was_given_up_is_told_anew(base: Base) -> None:
    """Nobody was told by a message that never left: once the way works, they are."""
    base.chat.answers = ["error"] * 200
    await base.go_down()
    await base.look(31, times=60)
    assert any(each.given_up_at for each in await base.rows(alert_message))
    base.begin_again()
    base.chat.answers = []
    await base.look(31, times=3)
    assert base.pushed[0] == f"{SUBJECT}, depuis le 20 nov. à 15 h 00"
