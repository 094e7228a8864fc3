"""The keeper on a real database: what is over ends, what goes on is counted."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from portal.controllers.port import Online
from portal.records import revoke_admission
from portal.without_radius.keeper import CLOSED, Keeper
from portal.without_radius.sessions import Ending
from territory.controllers.record import Trouble
from territory.database.commands import Target, result_of
from territory.identifiers import MacAddress
from tests.integration.portal.keeper.conftest import PHONE, TABLET, Library, ask, unifi


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
@pytest.mark.parametrize("counts_on", [True, False])
async def test_who_is_put_out_and_returns_is_charged_once(
    library: Library, counts_on: bool
) -> None:
    """Whose counters go on over a told end, of the pass or of the association, are told the new
    session less what the old one was; where they began anew, they are its own."""
    await library.let_in()
    library.clock.advance(minutes=1)
    library.controller.guests[PHONE] = Online(PHONE, 60, 600, 400, counts_on=counts_on)
    await library.keeper.count()
    await ask(library, Target(device=PHONE))
    await library.keeper.look()
    library.clock.advance(minutes=1)
    again = Online(PHONE, 120, 700, 400, counts_on=counts_on)
    library.controller.guests[PHONE] = again
    await library.keeper.count()
    library.clock.advance(minutes=1)
    library.controller.guests[PHONE] = replace(again, seconds=180, upload_octets=800)
    await library.keeper.count()
    told, counted = await library.sessions()
    assert (told["terminate_cause"], told["upload_octets"]) == (6, 600)
    assert (counted["upload_octets"], counted["download_octets"]) == (200, 0)
    library.clock.advance(minutes=1)
    library.controller.guests[PHONE] = replace(again, seconds=60, upload_octets=900)
    await library.keeper.count()
    _, counted = await library.sessions()
    assert counted["upload_octets"] == 900


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
async def test_a_slow_controller_slows_nobody_else(library: Library) -> None:
    """Each has a lane of its own: what it is asked goes on while the keeper looks further, and
    is not asked twice."""
    other = await library.another_gateway()
    slow, free = library.controller, library.other_controller
    slow.gate = asyncio.Event()
    await library.let_in(seconds=60)
    number = await ask(library, Target(device=PHONE))
    await library.keeper.look(0.01)
    await library.let_in(TABLET, seconds=60, gateway=other)
    library.clock.advance(minutes=2)
    for _ in range(2):
        await library.keeper.look(0.5)
    assert (free.put, slow.put, slow.calls) == ([TABLET], [], 2)
    slow.gate.set()
    await library.keeper.look()
    assert await result_of(library.owner, number) == CLOSED
    assert set(slow.put) == {PHONE}
    assert [each["ended_at"] is None for each in await library.sessions()] == [False, False]


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
