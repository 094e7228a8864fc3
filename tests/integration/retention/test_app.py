"""Retention's process: on schedule, each task for itself, seen at /metrics and /healthz."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
from prometheus_client import generate_latest

from retention import app
from retention.app import Keeper, Post
from retention.manifests import manifest
from retention.manifests.chain import Chain
from retention.manifests.verify import verify_folder
from retention.sealing.archive import Places
from retention.sealing.clock_guard import ClockGuard
from territory.keyring import Keyring
from territory.messages.mail import Mailer
from territory.settings import DatabaseSettings, MetricsSettings, Settings
from territory.settings.evidence import RetentionSettings
from territory.settings.messages import MailSettings
from tests.conftest import FixedClock
from tests.evidence import CUSTODIANS, VERDUN, Evidence, Session, at, visit
from tests.servers.addresses import free_port
from tests.servers.mail import mail_server


async def test_a_round_seals_purges_and_looks(
    evidence: Evidence, places: Places, clock: FixedClock
) -> None:
    """A quarter in rounds: sealed, then security gone; the head mailed each time, and once a week
    at most; a relay that is away hinders nothing."""
    await evidence.days("2025-11-17", 4)
    phone = Session(VERDUN, "02:00:00:00:00:01", "10.1.0.10")
    await evidence.record(phone, *visit(at("2025-11-17 10:00"), 30))
    keeper = Keeper(evidence.retention_url, places, clock, ClockGuard.NONE)
    async with mail_server() as inbox:
        relay = MailSettings(server="127.0.0.1", port=inbox.port, security="none", sender="w@m.fr")
        hasty = relay.model_copy(update={"patience_seconds": 30.0, "attempts": 1})
        keeper.post = Post(Mailer(hasty), 7)
        clock.instant = at("2025-11-20 00:05")
        await keeper.once()
        text = generate_latest(keeper.metrics.registry).decode()
        assert 'socle_retention_segments{category="source"} 1.0' in text
        clock.instant = at("2025-11-26 00:05")
        await keeper.once()
        assert sorted(inbox.recipients) == sorted(CUSTODIANS)
        assert all(letter.get_content().count("--key") for letter in inbox.letters)
        first = manifest.digest(manifest.encode(Chain.read(places.archive).links[0]))
        assert first in inbox.letters[0].get_content()
        assert inbox.letters[0]["Subject"] == "Archive du Wi-Fi public : empreinte n° 1"
    for moment in ("2025-11-30 00:05", "2026-02-18 00:05"):
        clock.instant = at(moment)
        await keeper.once()
        assert verify_folder(places.archive).is_whole
        text = generate_latest(keeper.metrics.registry).decode()
        assert 'socle_overdue_purge_records{category="source"} 0.0' in text
        assert 'socle_missing_retention_days{category="source"} 0.0' in text
        assert all([await keeper.check(task)() for task in ("seal", "purge", "look")])


async def test_what_fails_is_said_and_tried_again(
    evidence: Evidence, places: Places, clock: FixedClock
) -> None:
    """The database away, then back: health and metric follow."""
    clock.instant = at("2026-11-20 00:05")
    await evidence.days("2026-11-17", 4)
    away = Keeper("postgresql://socle_retention@127.0.0.1:1/none", places, clock, ClockGuard.NONE)
    await away.once()
    assert not await away.check("seal")()
    assert not await away.check("look")()  # it says what it holds, and what was decided
    text = generate_latest(away.metrics.registry).decode()
    assert 'socle_retention_failing{task="seal"} 1.0' in text
    back = Keeper(evidence.retention_url, places, clock, ClockGuard.NONE)
    await back.once()
    assert await back.check("seal")()
    assert await back.check("look")()
    await evidence.fetch("REVOKE SELECT ON staff.operator FROM socle_retention")
    async with mail_server() as inbox:
        relay = MailSettings(server="127.0.0.1", port=inbox.port, security="none", sender="w@m.fr")
        back.post = Post(Mailer(relay), 7)
        await back.once()  # what the database refuses ends no process
        assert not inbox.letters


async def test_days_that_were_never_sealed_grow_due(
    database_url: str, places: Places, clock: FixedClock
) -> None:
    """No custodian yet: sealing fails, and the metrics say how many days wait."""
    evidence = Evidence(database_url)
    await evidence.days("2026-11-10", 12)
    clock.instant = at("2026-11-20 00:05")
    keeper = Keeper(evidence.retention_url, places, clock, ClockGuard.NONE)
    await keeper.once()
    assert not await keeper.check("seal")()
    text = generate_latest(keeper.metrics.registry).decode()
    assert "socle_retention_due_manifests 8.0" in text


async def test_the_process_answers_on_its_port(
    evidence: Evidence, clock: FixedClock, keyring: Keyring, tmp_path: Path
) -> None:
    """`/healthz` and `/metrics` while it runs; cancelled, it leaves the port."""
    port = free_port()
    settings = Settings(
        state_folder=tmp_path,
        demo=True,
        database=DatabaseSettings(url=evidence.retention_url),
        retention=RetentionSettings(interval_seconds=0.05),
        metrics=MetricsSettings(retention_port=port),
    )
    running = asyncio.create_task(app.run(settings, keyring, clock))
    try:
        async with aiohttp.ClientSession() as http, asyncio.timeout(100):
            while True:
                try:
                    async with http.get(f"http://127.0.0.1:{port}/metrics") as answer:
                        text = await answer.text()
                except aiohttp.ClientConnectorError:
                    await asyncio.sleep(0.05)
                    continue
                if "socle_retention_last_run_timestamp_seconds 0.0" not in text:
                    break
            async with http.get(f"http://127.0.0.1:{port}/healthz") as answer:
                assert answer.status == 200
    finally:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
