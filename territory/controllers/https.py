"""One https conversation with a controller: few calls, one deadline, nobody else's address.

Stands under every controller of the portal and of supervision, and knows none of them. The address
is the record's own; a redirect is an answer like another and is never followed; what comes back is
capped, and read by the shape that was expected. The certificate is checked before anything is sent:
by its pinned digest, or by the system's authorities. Whatever goes wrong is a `ControllerFault`
whose sentence names the controller's fault and no guest.

A call is repeated once where its connection broke, and only if asking twice does no harm.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, Generic, TypeVar

import aiohttp
import structlog
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from yarl import URL

from territory.controllers.record import ControllerFault, ControllerRecord, Trouble
from territory.errors import ProtocolError
from territory.identifiers import MacAddress

LARGEST_ANSWER = 4 << 20
"""Octets; a list of 1 000 clients takes two million of them in the most talkative dialect."""
LOOK_SECONDS = 20.0
"""For all the calls that say who is online: no guest is waiting."""
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "Socle"}

log = structlog.get_logger()

ShapeT = TypeVar("ShapeT", bound=BaseModel)
KeptT = TypeVar("KeptT")


class Told(BaseModel):
    """What a controller says, as far as we read it; the rest may change with its version."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


Count = Annotated[
    int, Field(strict=False, ge=0), BeforeValidator(lambda told: 0 if told is None else told)
]
"""Seconds or octets; some versions write them as text, or with a decimal point, or as null."""


def _printable(told: object) -> object:
    if isinstance(told, str):
        return "".join(filter(str.isprintable, told))
    return "" if told is None else told


Text = Annotated[str, BeforeValidator(_printable)]
"""What a controller may leave out, or write as null. Without what cannot be printed: a database
takes no NUL, and one refused row would hold back all others."""


def each_that_reads(shape: type[BaseModel]) -> BeforeValidator:
    """Have a list without those of its entries that are not of a shape, unless none is."""

    def chosen(told: object) -> object:
        if not isinstance(told, list):
            return told
        found = [entry for entry in told if _reads(shape, entry)]
        if told and len(found) < len(told):
            log.warning("controller.entries", unreadable=len(told) - len(found), all=len(told))
        return tuple(found or told)

    return BeforeValidator(chosen)


def _reads(shape: type[BaseModel], entry: object) -> bool:
    try:
        shape.model_validate(entry)
    except ValidationError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Ask:
    """One call."""

    method: str
    """GET or POST."""
    path: str
    """After the controller's address, percent-encoded, with its query."""
    body: Mapping[str, Any] | None = None
    """Sent as JSON; None: nothing."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """More of them: key, session, token."""
    repeats: bool = True
    """Whether asking twice does no harm."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole."""

    status: int
    """Of HTTP; redirects are not followed."""
    body: bytes = field(repr=False)
    """At most `LARGEST_ANSWER` octets."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """By name, in any case."""
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What it sets."""

    def checked(self) -> "Answer":
        """Return itself where the controller did as asked.

        Raises:
            ControllerFault: any other status than 2xx.
        """
        if 200 <= self.status < 300:
            return self
        trouble, words = _STATUSES.get(self.status, (Trouble.UNREADABLE, "an unexpected answer"))
        if 300 <= self.status < 400:
            words = "a redirect, which is not followed: is this the address of its API?"
        raise ControllerFault(trouble, f"the controller answers {self.status}: {words}")

    def read(self, shape: type[ShapeT]) -> ShapeT:
        """Return the body in the shape that is expected of it.

        Raises:
            ControllerFault: not JSON, or of another shape: the version may have changed.
        """
        try:
            return shape.model_validate_json(self.body)
        except ValidationError as fault:
            found = fault.errors(include_url=False, include_context=False, include_input=False)[0]
            place = ".".join(str(part) for part in found["loc"]) or "the answer"
            words = f"the controller's answer is not what its version should say: {place}"
            raise ControllerFault(Trouble.UNREADABLE, f"{words}: {found['type']}") from fault


_STATUSES = {
    401: (Trouble.ACCOUNT, "it refuses the account or the key"),
    403: (Trouble.ACCOUNT, "the account or the key may not do this"),
    404: (Trouble.UNREADABLE, "its API is not there: another product or version?"),
    429: (Trouble.REFUSED, "it was asked too often"),
}


class Conversation:
    """Calls to one controller; use `conversation`."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self._url = url
        self._session = session

    async def ask(self, ask: Ask) -> Answer:
        """Return what a call is answered, whatever its status.

        Raises:
            ControllerFault: no whole answer came.
        """
        try:
            return await self._once(ask)
        except (aiohttp.ClientError, ValueError) as fault:
            if not ask.repeats or not _is_lost(fault):
                raise _fault_of(fault) from fault
        try:
            return await self._once(ask)
        except (aiohttp.ClientError, ValueError) as fault:
            raise _fault_of(fault) from fault

    async def _once(self, ask: Ask) -> Answer:
        sent = None if ask.body is None else json.dumps(ask.body).encode()
        kind = {} if sent is None else {"Content-Type": "application/json"}
        async with self._session.request(
            ask.method,
            URL(f"{self._url}{ask.path}", encoded=True),
            data=sent,
            headers={**kind, **ask.headers},
            allow_redirects=False,
        ) as response:
            body = await _capped(response.content)
            cookies = {name: morsel.value for name, morsel in response.cookies.items()}
            return Answer(response.status, body, response.headers, cookies)


@asynccontextmanager
async def conversation(
    record: ControllerRecord, least_seconds: float = 0.0
) -> AsyncIterator[Conversation]:
    """Open a conversation; all its calls together have the record's patience, or more if asked.

    Raises:
        ControllerFault: the time is over.
    """
    seconds = max(record.patience_seconds, least_seconds)
    try:
        async with (
            asyncio.timeout(seconds),
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=_trust(record.certificate)),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                headers=_HEADERS,
                timeout=aiohttp.ClientTimeout(total=None),
            ) as session,
        ):
            yield Conversation(record.url, session)
    except TimeoutError as fault:
        words = f"the controller has not answered within {seconds:g} seconds"
        raise ControllerFault(Trouble.SILENT, words) from fault


class Kept(Generic[KeptT]):
    """What a controller once told and is relied on again: a session of its, where a site is.

    Consoles refuse an account that logs in often, so it is kept from one conversation to the next;
    a controller that refuses the account or answers oddly may have changed, and is asked anew.
    """

    def __init__(self, record: ControllerRecord) -> None:
        self._record = record
        self.value: KeptT | None = None
        """None: nothing is known yet, or any more."""

    @asynccontextmanager
    async def conversation(self, least_seconds: float = 0.0) -> AsyncIterator[Conversation]:
        """Open a conversation that forgets what is kept where it can no longer be relied on.

        Raises:
            ControllerFault: as `conversation`, and what the calls inside raise.
        """
        try:
            async with conversation(self._record, least_seconds) as talk:
                yield talk
        except ControllerFault as fault:
            if fault.trouble in (Trouble.ACCOUNT, Trouble.UNREADABLE):
                self.value = None
            raise


def cookie_header(cookies: Mapping[str, str]) -> dict[str, str]:
    """Return the header that shows a session again; aiohttp's jar would drop those of addresses."""
    pairs = "; ".join(f"{name}={value}" for name, value in cookies.items())
    return {"Cookie": pairs} if pairs else {}


def mac_of(text: str) -> MacAddress | None:
    """Return an address a controller tells, or None where it is none."""
    try:
        return MacAddress.parse(text)
    except ProtocolError:
        return None


def _trust(certificate: str | None) -> ssl.SSLContext | aiohttp.Fingerprint:
    if certificate is None:
        return _system_authorities()
    return aiohttp.Fingerprint(bytes.fromhex(certificate))


@cache
def _system_authorities() -> ssl.SSLContext:
    return ssl.create_default_context()


async def _capped(content: aiohttp.StreamReader) -> bytes:
    kept = bytearray()
    async for chunk in content.iter_any():
        kept += chunk
        if len(kept) > LARGEST_ANSWER:
            words = f"the controller's answer is larger than {LARGEST_ANSWER} octets"
            raise ControllerFault(Trouble.UNREADABLE, words)
    return bytes(kept)


def _is_lost(fault: Exception) -> bool:
    """Whether a connection broke, or could not be made; a wrong certificate stays wrong."""
    if isinstance(fault, aiohttp.ServerFingerprintMismatch | aiohttp.ClientSSLError):
        return False
    return isinstance(fault, aiohttp.ClientConnectionError | aiohttp.ClientPayloadError)


_FAULTS: tuple[tuple[type[Exception], Trouble, str], ...] = (
    (
        aiohttp.ServerFingerprintMismatch,
        Trouble.CERTIFICATE,
        "the controller's certificate is not the one on record: renewed, or somebody else's?",
    ),
    (
        aiohttp.ClientSSLError,
        Trouble.CERTIFICATE,
        "nobody this system knows vouches for the controller's certificate: "
        "put its SHA-256 on record",
    ),
    (aiohttp.ClientPayloadError, Trouble.UNREADABLE, "the controller broke off its answer"),
    (aiohttp.ClientConnectionError, Trouble.SILENT, "the controller cannot be reached"),
)


def _fault_of(fault: Exception) -> ControllerFault:
    """Return what a library's error is to a technician; the first row that fits.

    A ValueError that is not the library's own: what the controller gave us to show again, a cookie
    or a token, goes into no header.
    """
    for kind, trouble, words in _FAULTS:
        if isinstance(fault, kind):
            return ControllerFault(trouble, words)
    if not isinstance(fault, aiohttp.ClientError):
        return ControllerFault(Trouble.UNREADABLE, "the controller's session cannot be shown again")
    return ControllerFault(Trouble.UNREADABLE, "the controller does not answer in HTTP")
