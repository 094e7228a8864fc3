"""Way 2: an Access-Request is answered, and accounting follows the same way.

octets -> authenticator and Message-Authenticator verified -> duplicate? -> facts -> decision ->
this vendor's attributes -> octets. The NAS is Debian's radclient; the server is `socle`'s own on a
real PostgreSQL, in its own role.
"""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import asyncpg
import pytest

from radius.exchange import ACCESS, ACCOUNTING
from territory.clock import Clock
from territory.database.components import Component
from territory.keyring import Keyring
from tests.servers.radclient import Said, radclient
from tests.servers.radius import Credential, Nas, grant, running_radius
from tests.servers.territory import SHARED_SECRET, SitePlan, lay

DEVICE = "8A-56-7E-F9-10-E4"
SOON = ("-r", "1", "-t", "1")
"""How radclient asks where silence is the answer."""
SITE = SitePlan("mairie", "coovachilli", "10.1.0.1:3990", "http://portal.example/", "127.0.0.1")


@dataclass(frozen=True, slots=True)
class TownHall:
    """A town hall's gateway, and a guest who has just accepted the terms."""

    access_port: int
    accounting_port: int
    guest: Credential
    owner_url: str

    async def ask(self, *lines: str, options: tuple[str, ...] = (), signed: bool = True) -> Said:
        """Send an Access-Request as the gateway does; `options` are radclient's own."""
        common = [
            f'User-Name = "{self.guest.user_name}"',
            "NAS-IP-Address = 10.1.0.1",
            'NAS-Identifier = "mairie"',
            "NAS-Port-Type = Wireless-802.11",
        ]
        signature = ["Message-Authenticator = 0x00"] if signed else []
        text = "\n".join((*signature, *common, *lines)) + "\n"
        return await radclient(self.access_port, "auth", SHARED_SECRET, text, *options)

    async def tell(self, *lines: str) -> Said:
        """Send an Accounting-Request as the gateway does."""
        common = (
            f'User-Name = "{self.guest.user_name}"',
            f'Calling-Station-Id = "{DEVICE}"',
            'NAS-Identifier = "mairie"',
            "NAS-IP-Address = 10.1.0.1",
            "Framed-IP-Address = 10.1.0.2",
        )
        text = "\n".join((*common, *lines)) + "\n"
        return await radclient(self.accounting_port, "acct", SHARED_SECRET, text)

    async def row(self, query: str) -> asyncpg.Record:
        """Return the only row of a query."""
        connection = await asyncpg.connect(self.owner_url)
        try:
            (row,) = await connection.fetch(query)
        finally:
            await connection.close()
        return row


@pytest.fixture
async def town_hall(
    database_url: str, role_url: Callable[[Component], str], keyring: Keyring, clock: Clock
) -> AsyncIterator[TownHall]:
    """The server with that town hall in its territory."""
    sites = await lay(database_url, keyring, [SITE])
    async with running_radius(role_url(Component.RADIUS), keyring, clock) as server:
        async with Nas(server.port(ACCESS)) as nas:
            await nas.until_answered()
        guest = await grant(database_url, keyring, sites["mairie"], clock.now())
        yield TownHall(server.port(ACCESS), server.port(ACCOUNTING), guest, database_url)


async def test_a_guest_is_let_in_with_the_plan_s_rights(town_hall: TownHall) -> None:
    """PAP, then CHAP by the same device; radclient verifies both authenticators."""
    password = town_hall.guest.password
    for proof in (f'User-Password = "{password}"', f'CHAP-Password = "{password}"'):
        said = await town_hall.ask(proof, f'Calling-Station-Id = "{DEVICE}"')
        assert said.received == "Access-Accept", said.text
        assert said.values("Session-Timeout") == ["14400"]
        assert said.values("Idle-Timeout") == ["600"]
        assert said.values("Acct-Interim-Interval") == ["60"]
        assert said.values("WISPr-Bandwidth-Max-Up") == ["2000000"]
        assert said.values("WISPr-Bandwidth-Max-Down") == ["8000000"]
        assert said.values("Class") == [f"0x{town_hall.guest.admission_id.hex}"]
        assert len(said.values("Message-Authenticator")) == 1


async def test_another_device_reads_what_to_do(town_hall: TownHall) -> None:
    """A credential passed on opens nothing, and its Reject says why."""
    proof = f'User-Password = "{town_hall.guest.password}"'
    await town_hall.ask(proof, f'Calling-Station-Id = "{DEVICE}"')
    said = await town_hall.ask(proof, 'Calling-Station-Id = "02-00-00-00-00-02"')
    assert said.received == "Access-Reject", said.text
    (message,) = said.values("Reply-Message")
    assert message.startswith("Code deja utilise par un autre appareil.")


async def test_a_forged_or_unsigned_request_gets_silence(town_hall: TownHall) -> None:
    """CVE-2024-3596: this NAS signs everything, so what is not signed is not its own."""
    unsigned = await town_hall.ask('User-Password = "x"', options=SOON, signed=False)
    assert unsigned.received == "nothing", unsigned.text
    text = 'Message-Authenticator = 0x00\nUser-Name = "x"\nUser-Password = "x"\n'
    forged = await radclient(town_hall.access_port, "auth", "another secret", text, *SOON)
    assert forged.received == "nothing", forged.text


async def test_a_session_is_recorded_before_it_is_acknowledged(town_hall: TownHall) -> None:
    """Start, Interim-Update, Stop: each answered, and the session's row says it all."""
    proof = f'User-Password = "{town_hall.guest.password}"'
    await town_hall.ask(proof, f'Calling-Station-Id = "{DEVICE}"')
    session = 'Acct-Session-Id = "179529825800000001"'
    for status, *counters in (
        ("Start",),
        ("Interim-Update", "Acct-Session-Time = 60", "Acct-Output-Octets = 449"),
        (
            "Stop",
            "Acct-Session-Time = 63",
            "Acct-Output-Octets = 5",
            "Acct-Output-Gigawords = 1",
            "Acct-Terminate-Cause = User-Request",
        ),
    ):
        said = await town_hall.tell(f"Acct-Status-Type = {status}", session, *counters)
        assert said.received == "Accounting-Response", said.text
    row = await town_hall.row("select * from live.session")
    assert row["admission_id"] == town_hall.guest.admission_id
    assert row["ended_at"] is not None
    assert (row["session_seconds"], row["download_octets"]) == (63, 2**32 + 5)


async def test_a_monitor_knows_that_the_server_lives(town_hall: TownHall) -> None:
    """Status-Server on both ports (RFC 5997), signed both ways."""
    text = "Message-Authenticator = 0x00\n"
    for port, reply in (
        (town_hall.access_port, "Access-Accept"),
        (town_hall.accounting_port, "Accounting-Response"),
    ):
        said = await radclient(port, "status", SHARED_SECRET, text)
        assert said.received == reply, said.text
