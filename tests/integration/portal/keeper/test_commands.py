"""What the keeper answers to commands, and what it leaves to RADIUS; on a real database."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from portal.controllers.port import ControllerGuest
from portal.without_radius.keeper import CLOSED, NO_CHANGE, NO_WAY, TOO_LATE
from territory.controllers.record import Trouble
from territory.database.commands import Request, Target, ask_change, result_of
from tests.integration.portal.keeper.conftest import (
    PHONE,
    TABLET,
    Library,
    ask,
    claimed_by_radius,
    unifi,
)


@unifi
async def test_a_deadline_that_passes_while_another_is_dealt_with(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody awaits any more is not asked: one controller is asked one thing after another."""
    monkeypatch.setattr("portal.without_radius.keeper.AT_ONCE", 1)
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
    count = (
        "SELECT live.count_gateway_sessions(ARRAY[$1::uuid], ARRAY[9], ARRAY[9],"
        " ARRAY[$2::timestamptz], $2)"
    )
    await library.portal.pool.execute(count, key, now)
    start = "SELECT live.start_gateway_session($1, $2, $3, 'x', $4::text::macaddr, NULL, $5)"
    arguments = (uuid4(), library.seed.nas, uuid4(), str(PHONE), now)
    assert await library.portal.pool.fetchval(start, *arguments) is False
    row = await library.owner.fetchrow("SELECT ended_at, upload_octets FROM live.session")
    assert tuple(row) == (None, 0)
