"""openNDS at level 4: the gateway comes and asks; what it says becomes sessions and evidence."""

import base64
import hashlib
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_network
from typing import Any
from urllib.parse import unquote, urlencode

import asyncpg
import pytest

from portal.app import create_app
from portal.gateways.authmon import gateway_hash
from portal.guest.parts import Portal
from portal.throttle import POLLS
from portal.without_radius.keeper import Keeper, Keeping
from portal.without_radius.waiting import LIFETIME, Waiting
from retention.sealing.facts import load_source
from territory.database.components import Component
from territory.web.server import start_site
from tests.conftest import FixedClock
from tests.integration.portal.conftest import FASKEY, Answer, Guest
from tests.integration.portal.test_bad_input import fas

TOKEN = "a1b2c3d4"
HID = hashlib.sha256(TOKEN.encode()).hexdigest()
RHID = hashlib.sha256((HID + FASKEY).encode()).hexdigest()
CODE = "gw-bibliotheque"
AGENT = '"openNDS(authmon;NDS:10.3.1;)"'
DEVICE = "8a:56:7e:f9:10:e4"
LEFT = (
    f"method=idle_deauth, clientmac={DEVICE}, bytes_incoming=9000, bytes_outgoing=1000,"
    f" session_start=1, session_end=2, token={TOKEN}, custom=bmE%3d"
)


@pytest.fixture
async def level4(portal: Portal, owner: asyncpg.Connection) -> None:
    """The library's gateway at level 4."""
    await owner.execute("UPDATE territory.gateway SET variant = 'fas4' WHERE brand = 'opennds'")
    await portal.directory.refresh()


async def poll(guest: Guest, action: str, payload: str = "none", **headers: str) -> Answer:
    """Ask as the gateway does."""
    told = {
        "auth_get": action,
        "gatewayhash": gateway_hash(CODE),
        "payload": base64.b64encode(payload.encode()).decode(),
    }
    sent = {"User_Agent": AGENT} | headers
    return await guest.get(f"/gateway/opennds?{urlencode(told)}", **sent)


async def accept(guest: Guest) -> str:
    """Go through the first page; return where the guest waits."""
    page = await guest.get(f"/gateway/opennds?{fas(hid=HID)}")
    waiting = await guest.post("/visite", visit=page.visit)
    assert waiting.status == 303, waiting.text
    return "/attente" + waiting.location.partition("/attente")[2]


@pytest.mark.usefixtures("level4")
async def test_from_captured_to_evidence(guest: Guest, owner: Any, clock: FixedClock) -> None:
    """Listed, let in, acknowledged: connected and a session; it leaves: an end and its octets."""
    assert (await poll(guest, "clear")).text == "ack"
    assert (await poll(guest, "view")).text == "*"
    address = await accept(guest)
    waiting = await guest.get(address)
    assert "ouvre votre accès" in waiting.text
    assert 'http-equiv="refresh"' in waiting.text
    assert 'http-equiv="refresh"' not in (await guest.get(f"{address}&fixe=1")).text
    listed = unquote((await poll(guest, "view")).text)
    assert listed == f"* {RHID} 240 0 0 2000000 2000000 bmE="
    assert await owner.fetchval("SELECT count(*) FROM live.session") == 0

    assert (await poll(guest, "view", f"* {RHID} {'0' * 64}")).text == "ack"
    assert (await poll(guest, "view")).text == "*"
    moved = await guest.get(address)
    connected = await guest.get("/ma-connexion" + moved.location.partition("/ma-connexion")[2])
    assert "Vous êtes connecté" in connected.text
    session = await owner.fetchrow("SELECT * FROM live.session")
    gateway = await owner.fetchrow(
        "SELECT id, site_id FROM territory.gateway WHERE code = $1", CODE
    )
    assert (session["nas_id"], session["site_id"]) == tuple(gateway)
    assert (str(session["address"]), session["ended_at"]) == ("192.168.8.77", None)

    clock.advance(minutes=5)
    assert (await poll(guest, "deauthed", LEFT)).text == "ack"
    ended = await owner.fetchrow("SELECT * FROM live.session")
    assert (ended["ended_at"], ended["terminate_cause"]) == (clock.now(), 4)
    assert (ended["upload_octets"], ended["download_octets"]) == (1000, 9000)
    assert ended["session_seconds"] == 300
    told = await owner.fetch("SELECT kind, session_key FROM source.event ORDER BY received_at")
    assert [tuple(row) for row in told] == [(1, session["session_key"]), (2, ended["session_key"])]
    over = await guest.get("/ma-connexion" + moved.location.partition("/ma-connexion")[2])
    assert "Vous n'êtes plus connecté" in over.text.replace("&#39;", "'")
    facts = await load_source(owner, clock.now().date())
    assert set(facts["nas"].to_pylist()) == {CODE}


@pytest.mark.usefixtures("level4")
async def test_a_notice_that_comes_late(
    guest: Guest, portal: Portal, owner: Any, clock: FixedClock
) -> None:
    """A concluded end gives way to what the gateway tells: cause, time and octets, as evidence
    beside the first; said again it is nothing new."""
    await accept(guest)
    await poll(guest, "view", f"* {RHID}")
    keeper = Keeper(Keeping(portal.pool, portal.directory, portal.days, clock.now))
    clock.advance(hours=4, minutes=1)
    await keeper.look()
    concluded = await owner.fetchrow("SELECT * FROM live.session")
    assert concluded["terminate_cause"] == -5
    for _ in range(2):
        clock.advance(seconds=30)
        assert (await poll(guest, "deauthed", LEFT)).text == "ack"
    ended = await owner.fetchrow("SELECT * FROM live.session")
    assert (ended["terminate_cause"], ended["upload_octets"]) == (4, 1000)
    assert ended["ended_at"] == clock.now() - timedelta(seconds=30) > concluded["ended_at"]
    told = await owner.fetch("SELECT kind FROM source.event ORDER BY received_at")
    assert [row["kind"] for row in told] == [1, -1, 2]


@pytest.mark.usefixtures("level4")
async def test_a_notice_of_a_device_that_began_anew(
    guest: Guest, owner: Any, clock: FixedClock
) -> None:
    """It corrects the session it is about, which was over when the next began; that goes on."""
    await accept(guest)
    await poll(guest, "view", f"* {RHID}")
    clock.advance(minutes=5)
    anew = clock.now()
    other = hashlib.sha256(b"e5f6a7b8").hexdigest()
    page = await guest.get(f"/gateway/opennds?{fas(hid=other)}")
    await guest.post("/visite", visit=page.visit)
    token = hashlib.sha256((other + FASKEY).encode()).hexdigest()
    await poll(guest, "view", f"* {token}")
    clock.advance(minutes=5)
    await poll(guest, "deauthed", LEFT)
    first, second = await owner.fetch("SELECT * FROM live.session ORDER BY started_at")
    assert (first["terminate_cause"], first["ended_at"]) == (4, anew)
    assert (second["terminate_cause"], second["ended_at"]) == (None, None)


@pytest.mark.usefixtures("level4")
async def test_a_device_is_explained(guest: Guest, owner: Any, clock: FixedClock) -> None:
    """Its story names the gateway where others name a NAS."""
    await accept(guest)
    await poll(guest, "view", f"* {RHID}")
    story = await owner.fetchval(
        "SELECT live.device_history($1, NULL, 'test', $2::text::macaddr, NULL) -> 'sessions'"
        " -> 0 ->> 'nas'",
        clock.now(),
        DEVICE,
    )
    assert story == CODE


@pytest.mark.usefixtures("level4")
async def test_a_gateway_that_does_not_come(guest: Guest, clock: FixedClock) -> None:
    """After two minutes the page says so and offers to begin again; nobody is listed any more."""
    address = await accept(guest)
    clock.advance(seconds=LIFETIME.total_seconds())
    page = await guest.get(address)
    assert "La borne Wi-Fi du lieu ne répond pas" in page.text
    assert "http://192.168.8.1:2050/login" in page.text
    assert (await poll(guest, "view")).text == "*"


@pytest.mark.usefixtures("level4")
async def test_another_portal_and_one_that_starts(
    guest: Guest, portal: Portal, owner: Any, clock: FixedClock
) -> None:
    """The rows are the truth: who reads them lists the same, and hears of the acknowledgement; two
    that hear the same acknowledgement begin one session."""
    await accept(guest)
    (gateway_id,) = [g.id for g in portal.directory.current.gates.values() if g.code == CODE]
    other = Waiting()
    await other.refresh(portal.pool, clock.now())
    assert [each.token for each in other.of(gateway_id, clock.now())] == [RHID]
    await poll(guest, "view", f"* {RHID}")
    clock.advance(seconds=1)
    again = other.acknowledge(gateway_id, [RHID], clock.now())
    await other.write(portal.pool, portal.days, again, clock.now())
    assert await owner.fetchval("SELECT count(*) FROM live.session") == 1
    await other.refresh(portal.pool, clock.now())
    assert other.of(gateway_id, clock.now()) == []


@pytest.mark.usefixtures("level4")
async def test_an_acknowledgement_survives_an_outage(
    guest: Guest,
    portal: Portal,
    owner: Any,
    clock: FixedClock,
    role_url: Callable[[Component], str],
) -> None:
    """The gateway says it once: it is kept, and written when the database is back."""
    await accept(guest)
    (gateway_id,) = [g.id for g in portal.directory.current.gates.values() if g.code == CODE]
    let_in = portal.waiting.acknowledge(gateway_id, [RHID], clock.now())
    gone = await asyncpg.create_pool(role_url(Component.PORTAL), min_size=1)
    gone.terminate()
    await portal.waiting.write(gone, portal.days, let_in, clock.now())
    assert await owner.fetchval("SELECT count(*) FROM live.session") == 0
    await portal.waiting.write(portal.pool, portal.days, (), clock.now())
    assert await owner.fetchval("SELECT count(*) FROM live.session") == 1


@pytest.mark.usefixtures("level4")
async def test_forged_polls_win_nothing(guest: Guest, owner: Any) -> None:
    """Not openNDS, no gateway of ours, an unknown hash, another's token: no session begins or
    ends."""
    assert (await poll(guest, "view", User_Agent="curl/8")).status == 400
    unknown = base64.b64encode(b"none").decode()
    query = urlencode({"auth_get": "view", "gatewayhash": "0" * 64, "payload": unknown})
    assert (await guest.get(f"/gateway/opennds?{query}", User_Agent=AGENT)).status == 400
    assert (await guest.get(f"/gateway/opennds/{CODE}?{query}", User_Agent=AGENT)).text == "*"
    assert (await guest.get(f"/gateway/opennds/gw-mairie?{query}", User_Agent=AGENT)).status == 400
    await accept(guest)
    await poll(guest, "view", f"* {'0' * 64}")
    assert await owner.fetchval("SELECT count(*) FROM live.session") == 0
    await poll(guest, "view", f"* {RHID}")
    await poll(guest, "deauthed", LEFT.replace(TOKEN, "b1b2c3d4"))
    assert await owner.fetchval("SELECT ended_at FROM live.session") is None


@pytest.mark.usefixtures("level4")
async def test_bad_forms(guest: Guest) -> None:
    """A form that is no poll, too long, or of another kind is refused, and repeats nothing."""
    mark = "zqjxk"
    good = {"auth_get": "view", "gatewayhash": gateway_hash(CODE), "payload": "bm9uZQ=="}
    guest.headers["User-Agent"] = AGENT
    assert (await guest.post("/gateway/opennds", **good)).text == "*"
    assert (await guest.post("/gateway/coovachilli", **good)).status == 400
    for bad in ({}, good | {"auth_get": mark}, good | {"payload": f"<script>{mark}"}):
        refused = await guest.post("/gateway/opennds", **bad)
        assert (refused.status, mark in refused.text) == (400, False)
    assert (await guest.post("/gateway/opennds", **good | {"payload": "A" * 100_000})).status == 413
    long = await guest.get(f"/gateway/opennds?auth_get=view&payload={'A' * 9000}")
    assert long.status in (400, 414)


async def test_a_gateway_of_another_level_asks_in_vain(guest: Guest) -> None:
    """At level 1 it has nothing to ask."""
    assert (await poll(guest, "view")).status == 400


@pytest.mark.usefixtures("level4")
async def test_from_elsewhere_and_too_often(
    guest: Guest, portal: Portal, owner: Any, clock: FixedClock
) -> None:
    """Where the site's public address is known, no other asks in its name; and none too often."""
    await owner.execute(
        "INSERT INTO source.site_public_address (id, site_id, address, valid_from)"
        " SELECT gen_random_uuid(), site_id, '9.8.7.6', $2 FROM territory.gateway"
        " WHERE code = $1",
        CODE,
        clock.now(),
    )
    await portal.directory.refresh()
    app = create_app(portal, trusted_proxies=(ip_network("127.0.0.1/32"),), https_only=False)
    runner = await start_site(app, "127.0.0.1", 0)
    front = Guest(f"http://127.0.0.1:{runner.addresses[0][1]}", guest.session)
    try:
        answers = [
            (await poll(front, "view", X_Forwarded_For=address)).status
            for address in ("9.9.9.9", "9.8.7.6", "10.0.0.7")
        ]
        assert answers == [400, 200, 200]
        for _ in range(POLLS.amount):
            portal.throttle.allows(POLLS, "polls", CODE, "9.8.7.6")
        late = [
            (await poll(front, "view", X_Forwarded_For=address)).status
            for address in ("9.8.7.6", "10.0.0.7")
        ]
        assert late == [429, 200]
    finally:
        await runner.cleanup()
