"""The library's gateway without RADIUS, its keeper, and its guests.

The controller is a list of who is online: the real ones' own tests hold them to the same port.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from portal.admission import Admission
from portal.controllers.port import ControllerGuest, Online
from portal.gateways.vocabulary import Allowance, Credential
from portal.guest.parts import Portal
from portal.records import record_admission
from portal.without_radius.keeper import Keeper, Keeping
from portal.without_radius.sessions import Beginning, start_session
from radius.coa_statements import CLAIM
from territory.controllers.record import ControllerFault, Trouble
from territory.database.commands import Request, Target, ask_disconnect
from territory.identifiers import MacAddress
from territory.keyring import Keyring
from tests.conftest import FixedClock
from tests.integration.portal.conftest import Seed

PHONE = MacAddress.parse("8a:56:7e:f9:10:e4")
TABLET = MacAddress.parse("8a:56:7e:f9:10:e5")
CODE = "gw-bibliotheque"
unifi = pytest.mark.parametrize("variant", ["official"])


@dataclass
class Listed:
    """A controller as far as its port tells."""

    guests: dict[MacAddress, Online] = field(default_factory=dict)
    put: list[MacAddress] = field(default_factory=list)
    trouble: Trouble | None = None
    odd: Exception | None = None
    """What it raises that nobody foresaw."""
    calls: int = 0
    gate: asyncio.Event | None = None
    """Until it is set, nothing is answered."""
    at_once: int = 0
    """The most calls that were under way together."""
    _under_way: int = 0

    async def let_in(
        self, guest: ControllerGuest, allowance: Allowance, credential: Credential
    ) -> None:
        """Let a guest through."""

    async def put_out(self, guest: ControllerGuest) -> None:
        """Let a guest through no longer."""
        await self._called()
        if self.trouble:
            raise ControllerFault(self.trouble, "it does not")
        self.put.append(guest.device)
        self.guests.pop(guest.device, None)

    async def online(self) -> Sequence[Online]:
        """Return who is let through."""
        await self._called()
        return list(self.guests.values())

    async def _called(self) -> None:
        self.calls += 1
        self._under_way += 1
        self.at_once = max(self.at_once, self._under_way)
        await asyncio.sleep(0)
        if self.gate:
            await self.gate.wait()
        self._under_way -= 1
        if self.odd:
            raise self.odd


@dataclass
class Library:
    """The library's gateway, its keeper, and its guests."""

    portal: Portal
    owner: Any
    clock: FixedClock
    seed: Seed
    controller: Listed
    keeper: Keeper
    other_controller: Listed
    """Of any gateway but the library's first."""

    async def another_gateway(self) -> UUID:
        """Describe a second gateway of the library, with a controller of its own; return its id."""
        number = uuid4()
        await self.owner.execute(
            "INSERT INTO territory.gateway SELECT (jsonb_populate_record(g, jsonb_build_object("
            "'id', $1::text, 'code', 'gw-2', 'controller_url', 'https://10.2.0.2'))).*"
            " FROM territory.gateway g WHERE code = $2",
            str(number),
            CODE,
        )
        await self.portal.directory.refresh()
        return number

    async def let_in(
        self, device: MacAddress = PHONE, seconds: int = 3600, gateway: UUID | None = None
    ) -> UUID:
        """Have a device online with a right of so many seconds; return its admission."""
        now = self.clock.now()
        admission = await record_admission(
            self.portal.pool,
            Admission(
                id=uuid4(),
                user_name=uuid4().hex,
                site_id=self.seed.library,
                plan_id=self.seed.plan,
                method="click_through",
                language="fr",
                terms_version="1",
                created_at=now,
                credential_expires_at=now,
                ends_at=now + timedelta(seconds=seconds),
                device=device,
                bound_at=now,
            ),
        )
        number = gateway or self.seed.opennds
        beginning = Beginning(number, admission.id, device, admission.id.hex)
        assert await start_session(self.portal.pool, self.portal.days, beginning, now)
        return admission.id

    async def sessions(self) -> list[Any]:
        """Return every session, the oldest first."""
        return list(
            await self.owner.fetch("SELECT * FROM live.session ORDER BY started_at, device")
        )

    async def kinds(self) -> list[int]:
        """Return what the evidence says happened, in order."""
        query = "SELECT kind FROM source.event ORDER BY received_at, kind"
        return [row["kind"] for row in await self.owner.fetch(query)]


@pytest.fixture
def variant() -> str:
    """openNDS, unless a test says otherwise."""
    return "fas4"


@pytest.fixture
async def library(
    portal: Portal, owner: Any, clock: FixedClock, seed: Seed, keyring: Keyring, variant: str
) -> Library:
    """The library behind openNDS, or behind a controller."""
    brand = "opennds" if variant.startswith("fas") else "unifi"
    await owner.execute(
        "UPDATE territory.gateway SET brand = $1, variant = $2, controller_url = $3,"
        " controller_site = 'default', controller_password_sealed = $4 WHERE code = $5",
        brand,
        variant,
        None if brand == "opennds" else "https://10.2.0.1",
        keyring.seal("key"),
        CODE,
    )
    await portal.directory.refresh()
    controller, other = Listed(), Listed()
    keeping = Keeping(
        portal.pool,
        portal.directory,
        portal.days,
        clock.now,
        lambda gate: controller if gate.code == CODE else other,
    )
    return Library(portal, owner, clock, seed, controller, Keeper(keeping), other)


async def ask(library: Library, target: Target) -> UUID:
    """Ask for a disconnection, as the console does."""
    return await ask_disconnect(library.owner, target, Request("technician", library.clock.now()))


async def claimed_by_radius(library: Library) -> list[Any]:
    """Return what a RADIUS server would take now."""
    now = library.clock.now()
    arguments: tuple[Any, ...] = (now, now, ["disconnect", "coa"], 10, [])
    return list(await library.owner.fetch(CLAIM, *arguments))
