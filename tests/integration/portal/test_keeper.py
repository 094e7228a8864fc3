"""The keeper on a real database: what is over ends, what goes on is counted, commands are answered.

The controller is a list of who is online: the real ones' own tests hold them to the same port.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from portal.admission import Admission
from portal.controllers.port import ControllerFault, ControllerGuest, Online, Trouble
from portal.gateways.vocabulary import Allowance, Credential
from portal.guest.parts import Portal
from portal.keeper import CLOSED, NO_CHANGE, NO_WAY, TOO_LATE, Keeper, Keeping
from portal.records import record_admission, revoke_admission
from portal.sessions import Beginning, Ending, start_session
from radius.coa_statements import CLAIM
from territory.database.commands import Request, Target, ask_change, ask_disconnect, result_of
from territory.identifiers import MacAddress
from territory.keyring import Keyring
from tests.conftest import FixedClock
from tests.integration.portal.conftest import Seed

PHONE = MacAddress.parse("8a:56:7e:f9:10:e4")
TABLET = MacAddress.parse("8a:56:7e:f9:10:e5")
CODE = "gw-bibliotheque"


@dataclass
class Listed:
    """A controller as far as its port tells."""

    guests: dict[MacAddress, Online] = field(default_factory=dict)
    put: list[MacAddress] = field(default_factory=list)
    trouble: Trouble | None = None
    odd: Exception | None = None
    """What it raises that nobody foresaw."""
    calls: int = 0
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

    async def let_in(self, device: MacAddress = PHONE, seconds: int = 3600) -> UUID:
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
        beginning = Beginning(self.seed.opennds, admission.id, device, admission.id.hex)
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
    controller = Listed()
    keeping = Keeping(
        portal.pool, portal.directory, portal.days, clock.now, lambda _gate: controller
    )
    return Library(portal, owner, clock, seed, controller, Keeper(keeping))


unifi = pytest.mark.parametrize("variant", ["official"])


@unifi
async def test_a_controllers_guests_are_counted_and_their_end_is_told(library: Library) -> None:
    """Octets and age as it lists them; a right that ends is put out and told, once."""
    await library.let_in()
    library.controller.guests[PHONE] = Online(PHONE, 60, 700, 3000)
    library.clock.advance(minutes=2)
    await library.keeper.count()
    (session,) = await library.sessions()
    assert (session["upload_octets"], session["download_octets"]) == (700, 3000)
    assert (session["session_seconds"], session["ended_at"]) == (120, None)
    library.clock.advance(hours=1)
    await library.keeper.look()
    await library.keeper.look()
    assert library.controller.put == [PHONE]
    (session,) = await library.sessions()
    assert (session["terminate_cause"], session["ended_at"]) == (5, library.clock.now())
    assert await library.kinds() == [1, 3, 2]


@unifi
async def test_who_is_listed_no_longer_is_gone_and_may_come_back(library: Library) -> None:
    """Concluded, since nobody told when; coming back with the same right it goes on;
    whom the base never let in is left alone."""
    await library.let_in()
    library.clock.advance(minutes=2)
    await library.keeper.count()
    (session,) = await library.sessions()
    assert session["terminate_cause"] == -2
    library.controller.guests = {
        PHONE: Online(PHONE, 5, address="10.2.0.9"),
        TABLET: Online(TABLET, 5),
    }
    library.clock.advance(minutes=1)
    await library.keeper.count()
    (again,) = await library.sessions()
    assert (again["ended_at"], str(again["address"])) == (None, "10.2.0.9")
    assert library.controller.put == []
    assert await library.kinds() == [1, -1, 3]


@unifi
async def test_who_comes_back_is_charged_once(library: Library) -> None:
    """Its controller counts on from where it was: so does its session, without the time away."""
    await library.let_in()
    library.controller.guests[PHONE] = Online(PHONE, 60, 600, 400)
    library.clock.advance(minutes=1)
    await library.keeper.count()
    guest = library.controller.guests.pop(PHONE)
    library.clock.advance(minutes=1)
    await library.keeper.count()
    library.controller.guests[PHONE] = replace(guest, address="10.2.0.9")
    library.clock.advance(minutes=20)
    await library.keeper.count()
    library.controller.guests[PHONE] = Online(PHONE, 60, 700, 500)
    library.clock.advance(minutes=1)
    await library.keeper.count()
    (session,) = await library.sessions()
    assert (session["ended_at"], session["terminate_cause"]) == (None, None)
    assert (session["upload_octets"], session["download_octets"]) == (700, 500)
    assert (session["session_seconds"], str(session["address"])) == (180, "10.2.0.9")
    assert await library.kinds() == [1, 3, -1, 3, 3]
    library.clock.advance(minutes=1)
    number = await ask(library, Target(device=PHONE))
    await library.keeper.look()
    assert await result_of(library.owner, number) == CLOSED
    (session,) = await library.sessions()
    assert session["session_seconds"] == 240
    library.controller.guests[PHONE] = Online(PHONE, 60, 700, 500)
    await library.keeper.count()
    assert len(await library.sessions()) == 2


@unifi
async def test_a_controller_that_begins_anew(library: Library) -> None:
    """Whose counters are an association's: what it tells of the next is another session's."""
    await library.let_in()
    library.clock.advance(minutes=2)
    await library.keeper.count()
    library.controller.guests[PHONE] = Online(PHONE, 5, counts_on=False)
    library.clock.advance(minutes=1)
    await library.keeper.count()
    assert [each["terminate_cause"] for each in await library.sessions()] == [-2, None]


@unifi
@pytest.mark.parametrize("address", ["--", "fe80::1%eth0"])
async def test_an_address_that_is_none(library: Library, address: str) -> None:
    """The session goes on without it."""
    await library.let_in()
    library.clock.advance(minutes=2)
    await library.keeper.count()
    library.controller.guests[PHONE] = Online(PHONE, 5, address=address)
    await library.keeper.count()
    (session,) = await library.sessions()
    assert (session["ended_at"], session["address"]) == (None, None)


@unifi
async def test_an_answer_nobody_foresaw(library: Library) -> None:
    """It ends neither the keeper nor what else is under way, and the session is tried again."""
    await library.let_in(seconds=60)
    library.clock.advance(minutes=2)
    library.controller.odd = RecursionError()
    await library.keeper.count()
    await library.keeper.look()
    library.controller.odd = None
    library.clock.advance(seconds=61)
    await library.keeper.look()
    assert library.controller.put == [PHONE]


@unifi
async def test_a_row_nobody_foresaw(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one session's end raises keeps no other's from ending."""
    await library.let_in(seconds=60)
    await library.let_in(TABLET, seconds=60)
    library.clock.advance(minutes=2)
    stop = Keeper._stop

    async def odd(keeper: Keeper, ending: Ending, now: datetime) -> None:
        if len(library.controller.put) == 1:
            raise ValueError
        await stop(keeper, ending, now)

    monkeypatch.setattr(Keeper, "_stop", odd)
    library.controller.guests[TABLET] = Online(TABLET, 60)
    await library.keeper.look()
    assert set(library.controller.put) == {PHONE, TABLET}


@unifi
async def test_a_silent_controller_is_asked_little(library: Library) -> None:
    """Two calls at once; after one without answer, none of its sessions asks for a minute."""
    for last in range(6):
        await library.let_in(MacAddress.parse(f"8a:56:7e:f9:11:{last:02x}"), seconds=60)
    library.clock.advance(minutes=2)
    library.controller.trouble = Trouble.SILENT
    await library.keeper.look()
    await library.keeper.look()
    assert (library.controller.calls, library.controller.at_once) == (2, 2)
    library.controller.trouble = None
    library.clock.advance(seconds=61)
    await library.keeper.look()
    assert (len(library.controller.put), library.controller.at_once) == (6, 2)


@unifi
async def test_a_deadline_that_passes_while_another_is_dealt_with(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody awaits any more is not asked."""
    await library.let_in()
    await library.let_in(TABLET)
    await ask(library, Target(device=PHONE))
    library.clock.advance(seconds=1)
    await ask(library, Target(device=TABLET))
    put_out = library.controller.put_out

    async def slow(guest: ControllerGuest) -> None:
        await put_out(guest)
        library.clock.advance(minutes=1)

    monkeypatch.setattr(library.controller, "put_out", slow)
    await library.keeper.look()
    assert len(library.controller.put) == 1
    results = [
        json.loads(row["result"])["words"]
        for row in await library.owner.fetch("SELECT result::text FROM live.command")
    ]
    assert sorted(results) == sorted([CLOSED.words, TOO_LATE.words])


@unifi
async def test_a_session_that_begins_while_a_controller_answers(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not met as a device that came back: one session."""
    online = library.controller.online

    async def meanwhile() -> Sequence[Online]:
        await library.let_in()
        library.controller.guests[PHONE] = Online(PHONE, 0)
        return await online()

    monkeypatch.setattr(library.controller, "online", meanwhile)
    await library.keeper.count()
    (session,) = await library.sessions()
    assert session["ended_at"] is None
    assert await library.kinds() == [1, 3]


@unifi
async def test_a_quota_ends_a_session(library: Library) -> None:
    """The plan allows 2 GB; what the controller counted is over that."""
    await library.let_in()
    library.controller.guests[PHONE] = Online(PHONE, 60, 10**9, 10**9)
    await library.keeper.count()
    await library.keeper.look()
    (session,) = await library.sessions()
    assert (library.controller.put, session["terminate_cause"]) == ([PHONE], 6)


@unifi
async def test_a_controller_that_fails_is_asked_again_later(library: Library) -> None:
    """The session stays open, and nobody hammers it."""
    await library.let_in(seconds=60)
    library.clock.advance(minutes=2)
    library.controller.trouble = Trouble.SILENT
    await library.keeper.look()
    library.controller.trouble = None
    await library.keeper.look()
    (session,) = await library.sessions()
    assert (library.controller.put, session["ended_at"]) == ([], None)
    library.clock.advance(seconds=61)
    await library.keeper.look()
    assert library.controller.put == [PHONE]


@unifi
async def test_a_technician_disconnects(library: Library) -> None:
    """The command is the keeper's, not RADIUS's; its answer says what was done."""
    await library.let_in()
    number = await ask(library, Target(device=PHONE))
    assert await claimed_by_radius(library) == []
    await library.keeper.look()
    assert await result_of(library.owner, number) == CLOSED
    (session,) = await library.sessions()
    assert session["terminate_cause"] == 6


@unifi
@pytest.mark.parametrize(
    ("trouble", "outcome", "words"),
    [
        (Trouble.SILENT, "no-answer", "le contrôleur ne répond pas"),
        (Trouble.ACCOUNT, "refused", "le contrôleur refuse notre compte"),
    ],
)
async def test_a_controller_that_does_not_disconnect(
    library: Library, trouble: Trouble, outcome: str, words: str
) -> None:
    """The technician reads why, and the session goes on."""
    await library.let_in()
    library.controller.trouble = trouble
    number = await ask(library, Target(device=PHONE))
    await library.keeper.look()
    result = await result_of(library.owner, number)
    assert result is not None
    assert (result.outcome, result.words) == (outcome, words)
    (session,) = await library.sessions()
    assert session["ended_at"] is None


async def test_opennds_cannot_be_told(library: Library) -> None:
    """A disconnection is answered in words, and the session goes on: so does the guest."""
    await library.let_in()
    number = await ask(library, Target(site_id=library.seed.library))
    request = Request("technician", library.clock.now())
    change = await ask_change(library.owner, Target(device=PHONE), request)
    await library.keeper.look()
    assert await result_of(library.owner, number) == NO_WAY
    assert await result_of(library.owner, change) == NO_CHANGE
    (session,) = await library.sessions()
    assert session["ended_at"] is None


async def test_radius_answers_for_its_own_sessions(library: Library) -> None:
    """A site with both: the keeper's part is left in the command, which is then RADIUS's."""
    await library.let_in()
    await library.owner.execute(
        "INSERT INTO live.session (session_key, nas_id, site_id, nas_handle, acct_session_id,"
        " started_at, last_seen_at, session_seconds, upload_octets, download_octets)"
        " VALUES ($1, $2, $3, 'n', 's', $4, $4, 0, 0, 0)",
        uuid4(),
        library.seed.nas,
        library.seed.library,
        library.clock.now(),
    )
    number = await ask(library, Target(site_id=library.seed.library))
    await library.keeper.look()
    assert await result_of(library.owner, number) is None
    (row,) = await claimed_by_radius(library)
    assert json.loads(row["payload"])["gateways"]["outcome"] == "impossible"


@pytest.mark.parametrize("variant", ["fas1", "fas4"])
async def test_a_right_that_ended_is_concluded(library: Library) -> None:
    """A minute after its end, dated by it: in between the gateway may say so itself."""
    await library.let_in(seconds=600)
    library.clock.advance(seconds=630)
    await library.keeper.look()
    (session,) = await library.sessions()
    assert session["ended_at"] is None
    library.clock.advance(seconds=31)
    await library.keeper.look()
    (session,) = await library.sessions()
    assert session["terminate_cause"] == -5
    assert session["ended_at"] - session["started_at"] == timedelta(seconds=600)
    assert await library.kinds() == [1, -1]


async def test_a_log_out_is_concluded(library: Library) -> None:
    """The guest's browser told openNDS; a revocation by anybody else did not reach it."""
    admission = await library.let_in()
    other = await library.let_in(TABLET)
    now = library.clock.now()
    await revoke_admission(library.portal.pool, admission, "guest", now)
    await revoke_admission(library.portal.pool, other, "technician", now)
    library.clock.advance(seconds=16)
    await library.keeper.look()
    first, second = await library.sessions()
    assert (first["terminate_cause"], first["ended_at"]) == (-1, now)
    assert second["ended_at"] is None


async def test_the_portal_touches_no_session_of_a_nas(library: Library) -> None:
    """Its functions write none, whatever key they are given."""
    key = uuid4()
    now = datetime.now(UTC)
    await library.owner.execute(
        "INSERT INTO live.session (session_key, nas_id, site_id, nas_handle, acct_session_id,"
        " started_at, last_seen_at, session_seconds, upload_octets, download_octets)"
        " VALUES ($1, $2, $3, 'n', 's', $4, $4, 0, 0, 0)",
        key,
        library.seed.nas,
        library.seed.town_hall,
        now,
    )
    stop = "SELECT live.stop_gateway_session($1, 6, 0, 0, $2, NULL, $2)"
    assert await library.portal.pool.fetchval(stop, key, now) is False
    count = "SELECT live.count_gateway_sessions(ARRAY[$1::uuid], ARRAY[9], ARRAY[9], $2)"
    await library.portal.pool.execute(count, key, now)
    start = "SELECT live.start_gateway_session($1, $2, $3, 'x', $4::text::macaddr, NULL, $5)"
    arguments = (uuid4(), library.seed.nas, uuid4(), str(PHONE), now)
    assert await library.portal.pool.fetchval(start, *arguments) is False
    row = await library.owner.fetchrow("SELECT ended_at, upload_octets FROM live.session")
    assert tuple(row) == (None, 0)


async def ask(library: Library, target: Target) -> UUID:
    """Ask for a disconnection, as the console does."""
    return await ask_disconnect(library.owner, target, Request("technician", library.clock.now()))


async def claimed_by_radius(library: Library) -> list[Any]:
    """Return what a RADIUS server would take now."""
    now = library.clock.now()
    arguments: tuple[Any, ...] = (now, now, ["disconnect", "coa"], 10, [])
    return list(await library.owner.fetch(CLAIM, *arguments))
