"""The RADIUS server running inside a test, a guest's admission, and a NAS that speaks to it.

The NAS makes and checks its octets with hashlib and hmac alone (RFC 2865, 2866, 3579), so that it
shares no mistake with the server's own codec.
"""

import asyncio
import hashlib
import hmac
import os
import struct
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID, uuid4

import asyncpg

from radius.server import Server
from territory.clock import Clock
from territory.keyring import Keyring
from territory.rules.credentials import credential_password, new_user_name
from territory.settings import DatabaseSettings, MetricsSettings, Settings
from territory.settings.radius import RadiusSettings
from tests.servers.territory import SHARED_SECRET

ANSWER_SECONDS = 60.0
AGAIN_SECONDS = 2.0
SILENCE_SECONDS = 0.3
_ZEROS = bytes(16)


@asynccontextmanager
async def running_radius(
    url: str, keyring: Keyring, clock: Clock, **radius: Any
) -> AsyncIterator[Server]:
    """Run the server on 127.0.0.1, on ports of its own, on the database at `url`.

    `radius`: more of its settings; rejects go out at once unless it says otherwise.
    """
    radius = {"reject_delay_seconds": 0.0, **radius}
    settings = Settings(
        database=DatabaseSettings(url=url),
        radius=RadiusSettings(host="127.0.0.1", authentication_port=0, accounting_port=0, **radius),
        metrics=MetricsSettings(radius_port=0),
    )
    async with Server(settings, keyring, clock).running() as server:
        yield server


@dataclass(frozen=True, slots=True)
class Credential:
    """What the portal hands to a guest."""

    admission_id: UUID
    user_name: str
    password: str


async def grant(
    owner_url: str, keyring: Keyring, site_id: UUID, now: datetime, **changes: Any
) -> Credential:
    """Write an admission of this site's plan, as the portal does; `changes` overrule columns."""
    user_name = new_user_name(os.urandom(16))
    connection = await asyncpg.connect(owner_url)
    try:
        plan_id = await connection.fetchval(
            "select plan_id from territory.site where id = $1", site_id
        )
        row = {
            "id": uuid4(),
            "user_name": user_name,
            "site_id": site_id,
            "plan_id": plan_id,
            "method": "click_through",
            "language": "fr",
            "terms_version": "1",
            "created_at": now,
            "credential_expires_at": now + timedelta(minutes=5),
            "ends_at": now + timedelta(hours=4),
            **changes,
        }
        places = ", ".join(f"${n}" for n in range(1, len(row) + 1))
        await connection.execute(
            f"insert into live.admission ({', '.join(row)}) values ({places})", *row.values()
        )
    finally:
        await connection.close()
    password = credential_password(keyring.derive("credential"), row["user_name"])
    return Credential(row["id"], row["user_name"], password)


def attribute(number: int, value: bytes | str | int) -> bytes:
    """Return an attribute's octets: a number has four, a text is UTF-8."""
    if isinstance(value, int):
        value = struct.pack("!I", value)
    octets = value.encode() if isinstance(value, str) else value
    return bytes((number, len(octets) + 2)) + octets


@dataclass
class Nas(asyncio.DatagramProtocol):
    """A NAS: one socket, one shared secret; an asynchronous context."""

    port: int
    secret: bytes = SHARED_SECRET.encode()
    address: str = "127.0.0.1"
    _identifier: int = 0
    _waiting: dict[int, asyncio.Future[bytes]] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: self, local_addr=(self.address, 0), remote_addr=("127.0.0.1", self.port)
        )
        return self

    async def __aexit__(self, *_exception: object) -> None:
        self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Give a reply to whoever asked."""
        waiting = self._waiting.get(data[1])
        if waiting and not waiting.done():
            waiting.set_result(data)

    def error_received(self, exc: Exception) -> None:
        """Ignore it: the server may not be there yet."""

    def access_request(self, attributes: bytes, *, signed: bool = True) -> bytes:
        """Return an Access-Request with a fresh identifier and authenticator."""
        return sign_request(
            1, self._fresh_identifier(), os.urandom(16), attributes, self.secret if signed else None
        )

    def log_in(self, credential: Credential, device: str, extra: bytes = b"") -> bytes:
        """Return the PAP Access-Request of a guest's hand-back."""
        authenticator = os.urandom(16)
        attributes = (
            attribute(1, credential.user_name)
            + attribute(2, hide(credential.password.encode(), self.secret, authenticator))
            + attribute(31, device)
            + extra
        )
        return sign_request(1, self._fresh_identifier(), authenticator, attributes, self.secret)

    def present_device(self, name: str, device: str) -> bytes:
        """Return the Access-Request of MAC authentication as CoovaChilli makes it: the name twice.

        `device` is Calling-Station-Id.
        """
        authenticator = os.urandom(16)
        shown = attribute(2, hide(name.encode(), self.secret, authenticator))
        attributes = attribute(1, name) + shown + attribute(31, device)
        return sign_request(1, self._fresh_identifier(), authenticator, attributes, self.secret)

    def accounting_request(self, attributes: bytes, identifier: int | None = None) -> bytes:
        """Return an Accounting-Request, with a fresh identifier unless told which."""
        if identifier is None:
            identifier = self._fresh_identifier()
        head = struct.pack("!BBH", 4, identifier, 20 + len(attributes))
        digest = hashlib.md5(head + _ZEROS + attributes + self.secret).digest()
        return head + digest + attributes

    def _fresh_identifier(self) -> int:
        """Return one under which nothing waits for an answer (RFC 2865 §3)."""
        for _ in range(256):
            self._identifier = (self._identifier + 1) % 256
            waiting = self._waiting.get(self._identifier)
            if waiting is None or waiting.done():
                break
        return self._identifier

    def send(self, packet: bytes) -> "asyncio.Future[bytes]":
        """Send octets; the future has the reply of that identifier."""
        waiting = asyncio.get_running_loop().create_future()
        self._waiting[packet[1] if len(packet) > 1 else 0] = waiting
        self._transport.sendto(packet)
        return waiting

    async def ask(self, packet: bytes, *, once: bool = False) -> "Reply":
        """Send octets, again without an answer as any NAS does, and return the verified reply.

        `once`: not again, where a test counts what the server hears.
        """
        async with asyncio.timeout(ANSWER_SECONDS):
            octets = await (self.send(packet) if once else self.insist(packet))
        return Reply.verified(octets, packet[4:20], self.secret)

    def insist(self, packet: bytes) -> Coroutine[Any, Any, bytes]:
        """Send octets now, and again and again until there is the reply that is returned."""
        return self._persist(packet, self.send(packet))

    async def _persist(self, packet: bytes, waiting: "asyncio.Future[bytes]") -> bytes:
        while not (await asyncio.wait([waiting], timeout=AGAIN_SECONDS))[0]:
            self._transport.sendto(packet)
        return waiting.result()

    async def is_silent(self, packet: bytes) -> bool:
        """Whether the server leaves these octets without an answer."""
        waiting = self.send(packet)
        done, _ = await asyncio.wait([waiting], timeout=SILENCE_SECONDS)
        return not done

    async def until_answered(self, seconds: float = ANSWER_SECONDS) -> None:
        """Send Status-Server until the server is ready (RFC 5997)."""
        async with asyncio.timeout(seconds):
            while await self.is_silent(sign_request(12, 255, os.urandom(16), b"", self.secret)):
                pass


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply whose authenticators were found right."""

    code: int
    attributes: tuple[tuple[int, bytes], ...]
    octets: bytes

    @classmethod
    def verified(cls, octets: bytes, request_authenticator: bytes, secret: bytes) -> "Reply":
        """Return the reply.

        Raises:
            AssertionError: it is not from who shares the secret.
        """
        head, body = octets[:4], octets[20:]
        assert int.from_bytes(octets[2:4], "big") == len(octets)
        digest = hashlib.md5(head + request_authenticator + body + secret).digest()
        assert octets[4:20] == digest, "Response Authenticator"
        found = tuple(walk(body))
        for number, value in found:
            if number == 80:
                signed = head + request_authenticator + body.replace(value, _ZEROS, 1)
                assert hmac.digest(secret, signed, "md5") == value, "Message-Authenticator"
        return cls(octets[0], found, octets)

    def number(self, kind: int) -> int:
        """Return the value of a number's attribute."""
        return int.from_bytes(dict(self.attributes)[kind], "big")

    def text(self, kind: int) -> str:
        """Return the value of a text's attribute."""
        return dict(self.attributes)[kind].decode()


def walk(body: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (number, value) of each attribute."""
    at = 0
    while at < len(body):
        yield body[at], body[at + 2 : at + body[at + 1]]
        at += body[at + 1]


def sign_request(
    code: int, identifier: int, authenticator: bytes, attributes: bytes, secret: bytes | None
) -> bytes:
    """Return an Access-Request or Status-Server, its Message-Authenticator first if signed."""
    unsigned = attributes if secret is None else attribute(80, _ZEROS) + attributes
    head = struct.pack("!BBH", code, identifier, 20 + len(unsigned)) + authenticator
    if secret is None:
        return head + unsigned
    signature = hmac.digest(secret, head + unsigned, "md5")
    return head + attribute(80, signature) + attributes


def hide(password: bytes, secret: bytes, authenticator: bytes) -> bytes:
    """Return User-Password's value (RFC 2865 §5.2)."""
    padded = password + bytes(-len(password) % 16)
    hidden, previous = b"", authenticator
    for at in range(0, len(padded), 16):
        key = hashlib.md5(secret + previous).digest()
        previous = bytes(a ^ b for a, b in zip(padded[at : at + 16], key, strict=True))
        hidden += previous
    return hidden


def report(status: int, session: str, credential: Credential, device: str, **more: int) -> bytes:
    """Return the attributes of a session's record; `more`: seconds, upload, download, cause..."""
    numbers = {"seconds": 46, "upload": 42, "download": 43, "cause": 49, "delay": 41, "time": 55,
               "upload_giga": 52, "download_giga": 53}  # fmt: skip
    return (
        attribute(40, status)
        + attribute(44, session)
        + attribute(1, credential.user_name)
        + attribute(31, device)
        + attribute(32, "lab")
        + attribute(8, bytes((10, 1, 0, 2)))
        + b"".join(attribute(numbers[name], value) for name, value in more.items())
    )
