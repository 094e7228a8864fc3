"""One device's SNMP: a question, its answer or `Unanswered`, never anything else.

gufo-snmp speaks BER and USM; what it leaves to its caller is here. It tries once: we try three
times. It takes one question at a time: a lock. A late answer, or an engine that changed, spoils its
session: after any failure the socket is thrown away, and the next try begins on a new one, so that
what comes late comes to a closed port. A walk of a table without an end is cut.
"""

import asyncio
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from gufo.snmp import (
    Aes128Key,
    Aes192Key,
    Aes256Key,
    BaseAuthKey,
    BasePrivKey,
    KeyExpansion,
    Sha1Key,
    Sha224Key,
    Sha256Key,
    Sha384Key,
    Sha512Key,
    SnmpError,
    SnmpVersion,
    User,
)
from gufo.snmp.aio import SnmpSession
from gufo.snmp.user import KeyType

from supervision.snmp.plan import Value
from territory.errors import Unavailable
from territory.model import SnmpEntry
from territory.vocabulary import SnmpAuthentication, SnmpPrivacy
from territory.vocabulary import SnmpVersion as Version

_SIZES: Final = (32, 32, 6)
"""Values in one question, at each try: an answer stays in one packet, at last in 484 octets."""
TRIES: Final = len(_SIZES)
MOST_ROWS: Final = 64
"""Rows of one column; an agent that gives more is cut."""
_REPETITIONS: Final = 16
_FAILURES: Final = (SnmpError, OSError, RuntimeError, ValueError, OverflowError)
"""TimeoutError is among OSError; RuntimeError and ValueError come from what cannot be decoded."""
_PANIC: Final = "PanicException"
"""What gufo-snmp 0.13 raises over some broken answers: of no class that can be imported, and no
`Exception`, so that it would end the whole round."""
_AUTH: Final[dict[SnmpAuthentication, type[BaseAuthKey]]] = {
    SnmpAuthentication.SHA1: Sha1Key,
    SnmpAuthentication.SHA224: Sha224Key,
    SnmpAuthentication.SHA256: Sha256Key,
    SnmpAuthentication.SHA384: Sha384Key,
    SnmpAuthentication.SHA512: Sha512Key,
}
_PRIV: Final[dict[SnmpPrivacy, tuple[type[BasePrivKey], KeyExpansion]]] = {
    SnmpPrivacy.AES128: (Aes128Key, KeyExpansion.Blumenthal),
    SnmpPrivacy.AES192: (Aes192Key, KeyExpansion.Blumenthal),
    SnmpPrivacy.AES256: (Aes256Key, KeyExpansion.Blumenthal),
    SnmpPrivacy.AES192_CISCO: (Aes192Key, KeyExpansion.Cisco),
    SnmpPrivacy.AES256_CISCO: (Aes256Key, KeyExpansion.Cisco),
}


class Unanswered(Unavailable):
    """A device gave no answer that could be read, however often it was asked."""


class Session:
    """Asks one device; cheap to make, opens nothing before the first question."""

    def __init__(self, address: str, access: SnmpEntry, timeout_seconds: float) -> None:
        self._address = address
        self._access = access
        self._timeout_seconds = timeout_seconds
        self._open: SnmpSession | None = None
        self._lock = asyncio.Lock()

    async def get(self, oids: Sequence[str]) -> dict[str, Value]:
        """Return the values of these objects; those that the device has not are absent.

        Raises:
            Unanswered: no answer in three tries, the last in small parts, which every agent fits.
        """
        async with self._lock:
            for size in _SIZES:
                try:
                    return await self._get(await self._session(), oids, size)
                except BaseException as failure:  # noqa: BLE001 - a panic is no Exception
                    self._start_anew_after(failure)
        raise Unanswered(f"{self._address}: no answer by SNMP")

    async def walk(self, column: str) -> dict[str, Value]:
        """Return a column by index, in the agent's order, at most `MOST_ROWS` of it.

        Raises:
            Unanswered: no answer in three tries.
        """
        async with self._lock:
            for _ in range(TRIES):
                try:
                    return await self._walk(await self._session(), column)
                except BaseException as failure:  # noqa: BLE001 - a panic is no Exception
                    self._start_anew_after(failure)
        raise Unanswered(f"{self._address}: no answer by SNMP")

    def _start_anew_after(self, failure: BaseException) -> None:
        """Close what a failed question leaves; what is none of a device's making goes on."""
        if not isinstance(failure, _FAILURES) and type(failure).__name__ != _PANIC:
            raise failure
        self._open = None

    def forget(self) -> None:
        """Begin anew at the next question: nobody waits for the answer to the last one."""
        self._open = None

    async def _get(self, session: SnmpSession, oids: Sequence[str], size: int) -> dict[str, Value]:
        found: dict[str, Value] = {}
        for first in range(0, len(oids), size):
            found.update(await session.get_many(oids[first : first + size]))
        return found

    async def _walk(self, session: SnmpSession, column: str) -> dict[str, Value]:
        found: dict[str, Value] = {}
        async for oid, value in session.getbulk(column, _REPETITIONS):
            index = oid.removeprefix(f"{column}.")
            if index in found or len(found) >= MOST_ROWS:
                break
            found[index] = value
        return found

    async def _session(self) -> SnmpSession:
        """Return the open session, made anew after a failure; SNMPv3 greets its engine first."""
        if self._open is None:
            session = self._make()
            await session.refresh()
            self._open = session
        return self._open

    def _make(self) -> SnmpSession:
        access = self._access
        if access.version is Version.V2C:
            return SnmpSession(
                self._address,
                access.port,
                community=access.community or "",
                version=SnmpVersion.v2c,
                timeout=self._timeout_seconds,
            )
        return SnmpSession(
            self._address,
            access.port,
            user=user_of(access),
            version=SnmpVersion.v3,
            timeout=self._timeout_seconds,
        )


def user_of(access: SnmpEntry) -> User:
    """Return the user of an access to SNMPv3, its passwords already stretched.

    Stretching (RFC 3414 §A.2 reads a megabyte) is done once for each password; a session then
    only mixes in the engine's identifier.
    """
    auth = priv = None
    expansion = KeyExpansion.Blumenthal
    if access.auth and access.auth_secret:
        kind = _AUTH[access.auth]
        auth = kind(_master(access.auth, access.auth_secret), key_type=KeyType.Master)
        if access.priv and access.priv_secret:
            hidden, expansion = _PRIV[access.priv]
            priv = hidden(_master(access.auth, access.priv_secret), key_type=KeyType.Master)
    return User(access.user or "", auth_key=auth, priv_key=priv, key_expansion=expansion)


@lru_cache(maxsize=4096)
def _master(auth: SnmpAuthentication, password: str) -> bytes:
    return _AUTH[auth].get_master_key(password.encode())
