"""The desk's tests share three sealed days, and a desk that runs with its own role and no more."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from yarl import URL

from retention.desk.app import Desk, create_desk
from retention.sealing.archive import Places
from territory.access.passwords import Passwords
from territory.database.components import Component
from territory.database.connect import open_engine
from territory.keyring import Keyring
from territory.settings.evidence import AuthoritiesSettings
from territory.web.addresses import Network
from territory.web.server import start_site
from tests.conftest import FixedClock
from tests.desk import CHEAP, HERE, NOW, RunDesk
from tests.evidence import (
    COMMERCY,
    VERDUN,
    Evidence,
    Session,
    at,
    run_archive,
    visit,
)


@pytest.fixture
async def sealed(evidence: Evidence, places: Places) -> None:
    """Three sealed days, with a guest at each town hall on the 17th."""
    await evidence.days("2026-11-15", 8)
    phone = Session(VERDUN, "02:00:00:00:00:01", "10.1.0.10")
    laptop = Session(COMMERCY, "ac:de:48:00:00:02", "10.1.0.10")
    await evidence.record(phone, *visit(at("2026-11-17 10:00"), 30))
    await evidence.record(laptop, *visit(at("2026-11-17 10:00"), 30))
    await run_archive(evidence.retention_url, places, NOW)


@pytest.fixture
def run_desk(
    places: Places, role_url: Callable[[Component], str], keyring: Keyring, clock: FixedClock
) -> RunDesk:
    """Run the desk, with its own database role and nothing more."""

    @asynccontextmanager
    async def run(*, demo: bool = True, allowed: tuple[Network, ...] = HERE) -> AsyncIterator[URL]:
        engine = open_engine(role_url(Component.DESK))
        app = create_desk(
            Desk(
                engine=engine,
                places=places,
                clock=clock,
                signing_key=keyring.derive("desk forms"),
                passwords=Passwords(CHEAP),
                keyring=keyring,
                authorities=AuthoritiesSettings(
                    service="Département de la Meuse", mail="requisitions@meuse.example"
                ),
                allowed_networks=allowed,
                agreements_wait=timedelta(days=7),
                demo=demo,
            )
        )
        runner = await start_site(app, "127.0.0.1", 0)
        try:
            yield URL(f"http://127.0.0.1:{runner.addresses[0][1]}")
        finally:
            await runner.cleanup()
            await engine.dispose()

    return run
