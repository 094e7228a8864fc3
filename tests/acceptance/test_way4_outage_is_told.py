"""Way 4, to its end: a site is unplugged, and whoever is on call is told once, and once it is back.

The real supervision, Prometheus and Alertmanager with our own rules and messages, all of it each
second; a gateway in a network namespace whose link is cut, and an access point that hangs on it.
The message is read where it is received: in a mail box, and by a webhook. The same outage is told
by supervision itself too, as in a small town without Prometheus, under another subject. There is no
portal here, which is another incident.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from email.message import EmailMessage
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from deploy.stack.alerting import OnCall, alertmanager_configuration
from deploy.stack.scraping import scrape_configuration
from socle.demo.monitoring import running_alertmanager, write_at_once
from supervision.app import run as run_supervision
from territory.clock import SystemClock
from territory.database.components import Component
from territory.keyring import Keyring
from territory.settings import DatabaseSettings, MetricsSettings, Settings, SupervisionSettings
from territory.settings.messages import AlertRecipient, AlertsSettings, MailSettings
from territory.settings.portal import PortalSettings
from tests.integration.supervision.ground import VanishingHost, describe_site, run, vanishing_host
from tests.servers.addresses import free_port
from tests.servers.mail import Inbox, mail_server
from tests.servers.prometheus import (
    Prometheus,
    hasten,
    running_prometheus,
)

pytestmark = [pytest.mark.namespace, pytest.mark.slow, pytest.mark.timeout(600)]

SITE = "mairie-de-trifouillis"
SMALL_TOWN, ON_CALL = "mairie@meuse.example", "astreinte@meuse.example"
TOLD_SECONDS = 100
OTHER_HALF = 1 << 16
"""What differs between the halves of the test network, 198.18.0.0/15."""
STATES = f'socle_supervision_equipment{{site="{SITE}",state="%s"}} == 1'


@asynccontextmanager
async def webhook() -> AsyncIterator[tuple[str, list[Any]]]:
    """A receiver of messages; its address, and what it was told of sites.

    No portal runs here, and that is told too.
    """
    told: list[Any] = []

    async def hear(request: web.Request) -> web.Response:
        message = await request.json()
        if message["groupLabels"]:
            told.append(message)
        return web.Response()

    app = web.Application()
    app.router.add_post("/", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/", told
    finally:
        await runner.cleanup()


def settings_of(url: str, inbox: Inbox) -> Settings:
    """Return the settings of a supervision that looks each second, and of a relay; there is no
    portal, nor may one that another test runs be taken for it."""
    relay = {"server": "127.0.0.1", "port": inbox.port, "security": "none"}
    return Settings(
        database=DatabaseSettings(url=url),
        portal=PortalSettings(public_url=f"http://127.0.0.1:{free_port()}"),
        supervision=SupervisionSettings(interval_seconds=1.0),
        metrics=MetricsSettings(supervision_port=free_port()),
        mail=MailSettings.model_validate({**relay, "sender": "wifi@meuse.example"}),
        alerts=AlertsSettings(
            recipients=[
                AlertRecipient(
                    name="mairie", kind="mail", address=SecretStr(SMALL_TOWN), hours="24/7"
                )
            ],
            pace=1 / 60,
            gather_seconds=1,
            components=[],
        ),
    )


@asynccontextmanager
async def supervision(settings: Settings, keyring: Keyring) -> AsyncIterator[None]:
    """Supervision, running."""
    task = asyncio.create_task(run_supervision(settings, keyring, SystemClock()))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def route_behind(host: VanishingHost) -> str:
    """Give the gateway an access point behind it, which vanishes with its link; its address."""
    behind = IPv4Address(int(host.address) ^ OTHER_HALF)
    host.run("ip", "addr", "add", f"{behind}/32", "dev", "lo")
    run("ip", "route", "add", f"{behind}/32", "via", str(host.address))
    return str(behind)


async def until(holds: Callable[[], Awaitable[object]]) -> None:
    """Wait until something holds, looked at four times a second."""
    async with asyncio.timeout(TOLD_SECONDS):
        while not await holds():  # noqa: ASYNC110 - other processes' doing
            await asyncio.sleep(0.25)


async def test_a_site_unplugged_is_told_once_with_its_cause_and_once_when_it_is_back(
    database_url: str, role_url: Callable[[Component], str], keyring: Keyring, tmp_path: Path
) -> None:
    """One message by mail and webhook for the site, none for what hangs on it; then one more."""
    async with AsyncExitStack() as stack:
        host = stack.enter_context(vanishing_host())
        behind = route_behind(host)
        await describe_site(
            database_url, SITE, nas_address=str(host.address), access_point_address=behind
        )
        inbox = await stack.enter_async_context(mail_server())
        address, heard = await stack.enter_async_context(webhook())
        settings = settings_of(role_url(Component.SUPERVISION), inbox)
        told = OnCall(ON_CALL, address, hours=("00:00", "24:00"))
        file = write_at_once(tmp_path, alertmanager_configuration(settings.mail, told))
        port = free_port()
        await stack.enter_async_context(running_alertmanager(file, port))
        await stack.enter_async_context(supervision(settings, keyring))
        scraping = scrape_configuration(settings, "127.0.0.1", alertmanager=f"127.0.0.1:{port}")
        file = hasten(tmp_path, scraping, "supervision")
        prometheus = await stack.enter_async_context(running_prometheus(file))

        await until(lambda: both_are(prometheus, "up"))
        assert not heard
        host.cut()
        await until(lambda: is_told(heard, "firing"))
        await until(lambda: both_are(prometheus, "down"))
        await until(lambda: is_written(inbox, SMALL_TOWN, "Mairie"))
        host.mend()
        await until(lambda: is_told(heard, "resolved"))
        await until(lambda: are_told(inbox, "Rétabli"))

    firing, resolved = heard
    assert [each["labels"]["alertname"] for each in firing["alerts"]] == ["SiteDown"]
    assert [each["labels"]["alertname"] for each in resolved["alerts"]] == ["SiteDown"]
    assert firing["groupLabels"] == {"site": SITE}
    broken, mended = letters_to(inbox, ON_CALL, SITE)
    assert broken["Subject"] == f"Panne : {SITE} : le Wi-Fi ne répond plus"
    assert mended["Subject"] == f"Rétabli : {SITE} : le Wi-Fi ne répond plus"
    words = " ".join(broken.get_body(("plain",)).get_content().split())  # type: ignore[union-attr]
    assert "Cause probable : courant coupé, ou lien Internet du lieu en panne." in words
    assert "À essayer d’abord : appeler le lieu" in words
    own, own_mended = letters_to(inbox, SMALL_TOWN, "Mairie")
    assert str(own["Subject"]).startswith("Mairie : le Wi-Fi ne répond plus, depuis ")
    assert own_mended["Subject"] == "Rétabli : Mairie : le Wi-Fi ne répond plus"
    own_words = " ".join(own.get_body(("plain",)).get_content().split())  # type: ignore[union-attr]
    assert "Cause probable : coupure de courant, panne de la box" in own_words
    assert str(host.address) not in str(heard) + words + own_words


def letters_to(inbox: Inbox, address: str, about: str) -> list[EmailMessage]:
    """What one of them was written about something."""
    return [
        letter
        for letter, to in zip(inbox.letters, inbox.recipients, strict=True)
        if to == address and about in str(letter["Subject"])
    ]


async def is_written(inbox: Inbox, address: str, about: str) -> bool:
    """Whether one of them has had a letter about something."""
    return bool(letters_to(inbox, address, about))


async def both_are(prometheus: Prometheus, state: str) -> bool:
    """Whether the gateway and the access point are so, as Prometheus knows."""
    return len(await prometheus.query(STATES % state)) == 2


async def is_told(heard: list[Any], status: str) -> bool:
    """Whether the last message heard says so."""
    return bool(heard) and heard[-1]["status"] == status


async def are_told(inbox: Inbox, beginning: str) -> bool:
    """Whether both, who is on call and the small town, have a letter of the site that begins so."""
    return all(
        any(str(each["Subject"]).startswith(beginning) for each in letters_to(inbox, *whom))
        for whom in ((ON_CALL, SITE), (SMALL_TOWN, "Mairie"))
    )
