"""The two ends of RadSec for tests: the base's files on disk, and a site that connects.

Certificates come from the base's own authority, signed for days of the machine's clock: OpenSSL
looks at no other. The site is a plain TLS client; packets are made in tests.servers.radius.
"""

import asyncio
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self, cast

from deploy.packages.authority import Authority, Issued, Purpose
from territory.settings.radius import RadsecSettings

BASE_NAME = "radius.meuse.example"
SITE_NAME = "nas-mairie.sites.meuse.example"
SECONDS = 60.0


def today(days: float = 0) -> datetime:
    """Return the machine's time, so many days away."""
    return datetime.now(UTC) + timedelta(days=days)


@dataclass(frozen=True, slots=True)
class Papers:
    """An authority and the files it made, in one folder."""

    folder: Path
    authority: Authority

    @classmethod
    def make(cls, folder: Path) -> "Papers":
        """Write the base's key, certificate and an empty revocation list."""
        papers = cls(folder, Authority.make("Test", today(-1)))
        base = papers.authority.issue(BASE_NAME, Purpose.BASE, today())
        (folder / "authority.pem").write_bytes(papers.authority.pem)
        papers.write("base", base)
        papers.revoke()
        return papers

    def settings(self, **changes: Any) -> RadsecSettings:
        """Return settings that name these files, on a port of the system's choice."""
        return RadsecSettings(
            **{
                "port": 0,
                "certificate": self.folder / "base.pem",
                "key": self.folder / "base.key",
                "authorities": self.folder / "authority.pem",
                "revocation_lists": self.folder / "revoked.crl",
                "handshakes_a_second": 10_000,
                "half_open_of_an_address": 64,
                **changes,
            }
        )

    def site(self, name: str = SITE_NAME, days: float = 0) -> Issued:
        """Return a site's certificate, issued so many days from now."""
        return self.authority.issue(name, Purpose.SITE, today(days))

    def revoke(self, *revoked: Issued, days: float = 0) -> None:
        """Write the list of these, as of so many days from now."""
        octets = self.authority.revocation_list(
            {each.serial: today() for each in revoked}, today(days)
        )
        (self.folder / "revoked.crl").write_bytes(octets)

    def write(self, name: str, issued: Issued) -> None:
        """Write a certificate and its key."""
        (self.folder / f"{name}.pem").write_bytes(issued.pem)
        (self.folder / f"{name}.key").write_bytes(issued.key_pem)

    def client(
        self, issued: Issued | None, version: ssl.TLSVersion | None = None
    ) -> ssl.SSLContext:
        """Return what a site connects with, of one TLS version if one is named."""
        context = ssl.create_default_context(cafile=str(self.folder / "authority.pem"))
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # so that the old versions can be offered
        if version is not None:
            context.minimum_version = context.maximum_version = version
        if issued is not None:
            self.write("site", issued)
            context.load_cert_chain(self.folder / "site.pem", self.folder / "site.key")
        return context


@dataclass
class Site:
    """A site's end of the connection; an asynchronous context."""

    port: int
    context: ssl.SSLContext
    base: str = BASE_NAME
    """The name it expects in the base's certificate."""
    connected: socket.socket | None = None
    """A socket that is, wherever it was made; None: one of this machine's own."""

    async def __aenter__(self) -> Self:
        where: dict[str, Any] = {"host": "127.0.0.1", "port": self.port}
        if self.connected is not None:
            where = {"sock": self.connected}
        self.reader, self.writer = await asyncio.open_connection(
            **where, ssl=self.context, server_hostname=self.base
        )
        return self

    async def __aexit__(self, *_exception: object) -> None:
        self.writer.transport.abort()

    def send(self, *packets: bytes) -> None:
        """Send octets, whatever they are."""
        self.writer.write(b"".join(packets))

    def pause(self) -> None:
        """Read nothing from now on."""
        cast("asyncio.Transport", self.writer.transport).pause_reading()

    def resume(self) -> None:
        """Read again."""
        cast("asyncio.Transport", self.writer.transport).resume_reading()

    async def packet(self) -> bytes:
        """Return the next packet that comes.

        Raises:
            EOFError: the connection ended.
        """
        async with asyncio.timeout(SECONDS):
            try:
                head = await self.reader.readexactly(4)
                return head + await self.reader.readexactly(int.from_bytes(head[2:], "big") - 4)
            except (OSError, asyncio.IncompleteReadError) as fault:
                raise EOFError from fault

    async def ended(self) -> None:
        """Return once the server has ended the connection.

        Raises:
            TimeoutError: it has not.
        """
        with suppress(EOFError):
            while True:
                await self.packet()
