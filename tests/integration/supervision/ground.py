"""What supervision's tests stand on: a described site, and a host behind a link that can be cut."""

import itertools
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from uuid import UUID, uuid4

from sqlalchemy import insert

from territory.database import tables
from territory.database.connect import open_engine
from tests.servers.addresses import WORKER

TEST_NETWORK = IPv4Network("198.18.0.0/15")
"""Kept for measurements between devices (RFC 2544, RFC 6890): nobody's real network."""
MOST_WORKERS = 16
_links = itertools.count(secrets.randbelow(256))


@dataclass(frozen=True, slots=True)
class DescribedSite:
    """A site as `socle apply` leaves it, with one NAS and one access point."""

    code: str
    site_id: UUID
    nas_id: UUID
    access_point_id: UUID


async def describe_site(
    owner_url: str,
    code: str,
    *,
    nas_address: str = "127.0.0.9",
    access_point_address: str | None = None,
    interim_seconds: int = 300,
    hours: str | None = None,
) -> DescribedSite:
    """Write a site with a NAS and an access point, and all that they hang on."""
    described = DescribedSite(code, uuid4(), uuid4(), uuid4())
    organisation_id, plan_id, gateway_id = uuid4(), uuid4(), uuid4()
    rows = (
        (
            tables.organisation,
            {
                "id": organisation_id,
                "code": f"commune-{code}",
                "name": "Commune de Trifouillis",
                "kind": "commune",
                "contact_email": "mairie@example.org",
            },
        ),
        (
            tables.plan,
            {
                "id": plan_id,
                "code": f"formule-{code}",
                "name": "Accès public",
                "session_seconds": 14_400,
                "idle_seconds": 900,
                "interim_seconds": interim_seconds,
                "mac_authentication": False,
            },
        ),
        (
            tables.site,
            {
                "id": described.site_id,
                "code": code,
                "organisation_id": organisation_id,
                "name": "Mairie",
                "place_type": "mairie",
                "link": "tunnel",
                "plan_id": plan_id,
                "listed": True,
                "hours": hours,
            },
        ),
        (
            tables.gateway,
            {
                "id": gateway_id,
                "site_id": described.site_id,
                "code": f"routeur-{code}",
                "brand": "coovachilli",
                "login_address": "10.1.0.1:3990",
            },
        ),
        (
            tables.nas,
            {
                "id": described.nas_id,
                "site_id": described.site_id,
                "gateway_id": gateway_id,
                "code": f"nas-{code}",
                "source_address": nas_address,
                "shared_secret_sealed": b"unread here",
                "require_message_authenticator": "always",
                "limit_proxy_state": True,
                "coa_port": 3799,
                "attribute_sets": ["standard"],
            },
        ),
        (
            tables.access_point,
            {
                "id": described.access_point_id,
                "site_id": described.site_id,
                "code": f"borne-{code}",
                "name": "Borne de l'accueil",
                "management_address": access_point_address,
            },
        ),
    )
    engine = open_engine(owner_url)
    async with engine.begin() as connection:
        for table, row in rows:
            await connection.execute(insert(table).values(row))
    await engine.dispose()
    return described


class VanishingHost:
    """A host in a network namespace of its own, at the far end of a link that can be cut."""

    def __init__(self, name: str, near: IPv4Address, address: IPv4Address) -> None:
        self.namespace = name
        self.near = near
        self.address = address

    def cut(self) -> None:
        """Take the far end away, as a power cut does."""
        self._inside("ip", "link", "set", "far", "down")

    def mend(self) -> None:
        """Bring the far end back, under the same address."""
        self._inside("ip", "link", "set", "far", "up")

    def run(self, *command: str) -> str:
        """Run a command inside and return what it printed."""
        return self._inside(*command)

    def _inside(self, *command: str) -> str:
        return run("ip", "netns", "exec", self.namespace, *command)


def run(*command: str) -> str:
    """Run a command to its end, loudly if it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr or done.stdout}"
    return done.stdout


def link_address() -> IPv4Address:
    """Return this side's address of a link that no other test has; the far side's comes next.

    In the lower half of the test network, so that what differs in the upper is nobody's.
    """
    links = TEST_NETWORK.num_addresses // 2 // 4 // MOST_WORKERS
    return TEST_NETWORK[((WORKER * links) + next(_links) % links) * 4 + 1]


@contextmanager
def vanishing_host() -> Iterator[VanishingHost]:
    """A host on a link of its own, gone with everything at the end; needs root."""
    name = f"socle-{secrets.token_hex(3)}"
    near_name = f"s{secrets.token_hex(5)}"
    near = link_address()
    host = VanishingHost(name, near, near + 1)
    run("ip", "netns", "add", name)
    try:
        peer = ("type", "veth", "peer", "name", "far", "netns", name)
        run("ip", "link", "add", near_name, *peer)
        run("ip", "addr", "add", f"{near}/30", "dev", near_name)
        run("ip", "link", "set", near_name, "up")
        host.run("ip", "addr", "add", f"{host.address}/30", "dev", "far")
        host.run("ip", "link", "set", "far", "up")
        host.run("ip", "link", "set", "lo", "up")
        yield host
    finally:
        run("ip", "netns", "delete", name)  # the link goes with it
