"""The portal as a process: what it needs to start, what it says when it cannot, how it ends."""

import asyncio
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_network
from pathlib import Path

import aiohttp
import asyncpg
import pytest

from portal.app import create_app, run
from portal.guest.parts import Portal
from territory.clock import Clock
from territory.database.components import Component
from territory.errors import ConfigurationError, Unavailable
from territory.keyring import Keyring
from territory.settings import DatabaseSettings, MetricsSettings, Settings
from territory.settings.portal import PortalSettings
from territory.web.server import start_site
from tests.integration.portal.conftest import PUBLIC_URL, Guest, Seed, redirect
from tests.servers.addresses import free_port


def demo_settings(database_url: str, port: int, metrics_port: int) -> Settings:
    """Return the settings of a portal in plain http."""
    return Settings(
        demo=True,
        database=DatabaseSettings(url=database_url),
        portal=PortalSettings(host="127.0.0.1", port=port, public_url=f"http://127.0.0.1:{port}"),
        metrics=MetricsSettings(portal_port=metrics_port),
    )


@asynccontextmanager
async def running(settings: Settings, keyring: Keyring, clock: Clock) -> AsyncIterator[None]:
    """Run the portal until the block ends."""
    task = asyncio.create_task(run(settings, keyring, clock))
    try:
        await _answers(settings.metrics.portal_port, task)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _answers(port: int, task: "asyncio.Task[None]") -> None:
    while not task.done():
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    await task


async def test_it_serves_until_it_is_stopped(
    seed: Seed,
    role_url: Callable[[Component], str],
    keyring: Keyring,
    clock: Clock,
    owner: asyncpg.Connection,
) -> None:
    """Guests, console, metrics and health; a changed territory is read; nothing is left behind."""
    settings = demo_settings(role_url(Component.PORTAL), free_port(), free_port())
    base, inside = settings.portal.public_url, f"http://127.0.0.1:{settings.metrics.portal_port}"
    async with running(settings, keyring, clock), aiohttp.ClientSession() as session:
        for address, words in (
            (f"{base}/", "Mairie de Commercy"),
            (f"{base}/console/", "Console"),
            (f"{inside}/healthz", '"status": "ok"'),
            (f"{inside}/metrics", "socle_portal_arrived_total"),
        ):
            async with session.get(address) as response:
                assert response.status == 200
                assert words in await response.text()
        await owner.execute("UPDATE territory.site SET name = 'Hôtel de Ville'")
        await owner.execute("NOTIFY territory")
        async with asyncio.timeout(60):
            while "Hôtel de Ville" not in await _text(session, f"{base}/"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    query = """SELECT count(*) FROM pg_stat_activity
        WHERE usename = 'socle_portal' AND datname = current_database()"""
    async with asyncio.timeout(60):
        while await owner.fetchval(query):  # noqa: ASYNC110 - PostgreSQL's processes end by and by
            await asyncio.sleep(0.05)


async def _text(session: aiohttp.ClientSession, url: str) -> str:
    async with session.get(url) as response:
        return await response.text()


async def test_a_database_that_is_away_at_start(keyring: Keyring, clock: Clock) -> None:
    """One line with the setting's name."""
    address = f"postgresql://nobody@127.0.0.1:{free_port()}/nothing"
    with pytest.raises(Unavailable, match=r"^database\.url: "):
        await run(demo_settings(address, 0, 0), keyring, clock)


@pytest.mark.parametrize("setting", ["portal.port", "metrics.portal_port"])
async def test_a_port_that_is_taken(
    seed: Seed,
    role_url: Callable[[Component], str],
    keyring: Keyring,
    clock: Clock,
    setting: str,
) -> None:
    """The setting is named, and what was already open is closed again."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        taken = listener.getsockname()[1]
        ports = (taken, 0) if setting == "portal.port" else (free_port(), taken)
        with pytest.raises(ConfigurationError, match=setting.replace(".", r"\.")):
            await run(demo_settings(role_url(Component.PORTAL), *ports), keyring, clock)


async def test_plain_http_is_sent_to_https_with_its_query_untouched(portal: Portal) -> None:
    """The gateway's signature covers every octet: none may change on the way."""
    runner = await start_site(create_app(portal), "127.0.0.1", 0)
    target = f"/gateway/coovachilli?{redirect()}"
    async with aiohttp.ClientSession() as session:
        guest = Guest(f"http://127.0.0.1:{runner.addresses[0][1]}", session)
        answer = await guest.get(target)
    await runner.cleanup()
    assert (answer.status, answer.location) == (308, PUBLIC_URL + target)


async def test_a_trusted_front_that_ends_tls(portal: Portal) -> None:
    """Its word that the guest speaks https is enough, and browsers are told to keep to it."""
    app = create_app(portal, trusted_proxies=(ip_network("127.0.0.1"),))
    runner = await start_site(app, "127.0.0.1", 0)
    async with aiohttp.ClientSession() as session:
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.35.26.96"}
        guest = Guest(f"http://127.0.0.1:{runner.addresses[0][1]}", session, headers)
        answer = await guest.arrive()
    await runner.cleanup()
    assert answer.status == 200
    assert "max-age=" in answer.headers["Strict-Transport-Security"]


async def test_tls_by_files(
    seed: Seed,
    role_url: Callable[[Component], str],
    keyring: Keyring,
    clock: Clock,
    tmp_path: Path,
) -> None:
    """The portal ends TLS itself; openssl agrees on the version."""
    certificate, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    making = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1"
    subprocess.run(  # noqa: ASYNC221 - nothing else runs yet
        [*making.split(), "-subj", "/CN=localhost", "-out", certificate, "-keyout", key],
        check=True,
        capture_output=True,
    )
    port = free_port()
    settings = Settings(
        database=DatabaseSettings(url=role_url(Component.PORTAL)),
        portal=PortalSettings(
            host="127.0.0.1",
            port=port,
            public_url=f"https://localhost:{port}",
            tls_certificate=certificate,
            tls_key=key,
        ),
        metrics=MetricsSettings(portal_port=free_port()),
    )
    async with running(settings, keyring, clock):
        client = await asyncio.create_subprocess_exec(
            *f"openssl s_client -connect 127.0.0.1:{port} -CAfile {certificate} -brief".split(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await client.communicate()
    assert b"Protocol version: TLSv1.3" in said
    assert b"Verification: OK" in said
