"""A Disconnect-Request or a CoA-Request and its answer, pure: RFC 5176 in octets.

What to name a session by is the brand's (`radius.dialects`); what is common is here: the digest,
Message-Authenticator first and Event-Timestamp where the brand takes them, the checks of an answer,
and the schedule of RFC 5080 §2.2.1, by which the same octets are sent again: the same request.

An answer is believed only if its digest is right, its Message-Authenticator too where it has one,
it echoes the Proxy-State that was sent and no other (RFC 5176 §3.1), and it starts no
authorisation of its own: State, or Service-Type in an ACK, is not accepted (§3.2).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

from radius.dialects import ITS_OWN_NAME, Dialect
from radius.error_causes import RESIDUAL_CONTEXT_REMOVED, WORDS, words_of
from radius.protocol.authenticators import AUTHENTICATOR_OCTETS, ZEROS, SharedSecret
from radius.protocol.numbers import (
    ACCT_SESSION_ID,
    CALLING_STATION_ID,
    ERROR_CAUSE,
    EVENT_TIMESTAMP,
    FRAMED_IP_ADDRESS,
    MESSAGE_AUTHENTICATOR,
    NAS_IDENTIFIER,
    NAS_IP_ADDRESS,
    NAS_IPV6_ADDRESS,
    PROXY_STATE,
    SERVICE_TYPE,
    STATE,
    USER_NAME,
    Code,
)
from radius.protocol.packet import decode, encode, encode_attribute, encode_vendor_attribute
from territory.errors import ProtocolError
from territory.identifiers import MacAddress

_FIRST_SECONDS: Final = 2.0
_LONGEST_SECONDS: Final = 16.0
_SENDINGS: Final = 5
_TOTAL_SECONDS: Final = 30.0
_NUMBER: Final = 4
"""Octets of a whole number (RFC 2865 §5)."""
_SIGNATURE: Final = bytes((MESSAGE_AUTHENTICATOR, 2 + AUTHENTICATOR_OCTETS))
_AUTHENTICATOR: Final = slice(4, 20)


class Ask(IntEnum):
    """What a NAS is asked; the code of the request, followed by those of its ACK and its NAK."""

    DISCONNECT = Code.DISCONNECT_REQUEST
    CHANGE = Code.COA_REQUEST


@dataclass(frozen=True, slots=True)
class SessionNames:
    """Everything a NAS may know a session by."""

    user_name: str | None
    acct_session_id: str
    device: bytes | None
    """6 octets."""
    address: IPv4Address | None
    nas_handle: str
    """How the NAS names itself: its NAS-Identifier, else its address as text."""
    nas_address: str | None = None
    """Where its packets come from; None: through RadSec."""
    own_session: str = ""
    """The NAS's own name of it (audit-session-id), where it told one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a NAS said."""

    acknowledged: bool
    error_cause: int | None = None
    """Why not, where the NAS says (RFC 5176 §3.5); 2xx: what else an ACK did."""

    @property
    def words(self) -> str:
        """The answer to a Disconnect-Request for an operator, in French."""
        return self.words_for(Ask.DISCONNECT)

    def words_for(self, ask: Ask) -> str:
        """Return the answer for an operator, in French."""
        if not self.acknowledged:
            return words_of(self.error_cause)
        done = "session fermée" if ask is Ask.DISCONNECT else "droits changés"
        if self.error_cause == RESIDUAL_CONTEXT_REMOVED:
            return f"{done} par la passerelle ({WORDS[RESIDUAL_CONTEXT_REMOVED]})"
        return f"{done} par la passerelle"


def encode_names(names: SessionNames, dialect: Dialect) -> bytes:
    """Return the attributes by which a brand knows the NAS and the session (RFC 5176 §3).

    What is not known is left out: an attribute is never empty (RFC 2865 §5).
    """
    standard = b"".join(_encode_name(key, names) for key in dialect.keys)
    if not names.own_session or dialect.session_pair is None:
        return standard
    vendor, number, prefix = dialect.session_pair
    return standard + encode_vendor_attribute(vendor, number, prefix + names.own_session.encode())


def encode_change(names: SessionNames, dialect: Dialect, rights: bytes) -> bytes:
    """Return a CoA-Request's attributes: the session's names, then its rights, encoded already.

    A brand that only takes commands (Cisco: ask again) gets those in place of the rights.
    """
    commands = (encode_vendor_attribute(*command) for command in dialect.commands)
    return encode_names(names, dialect) + (b"".join(commands) or rights)


def sealed_request(
    ask: Ask, identifier: int, attributes: bytes, secret: SharedSecret, stamp: datetime | None
) -> bytes:
    """Return a request's octets, ready to be sent.

    Args:
        ask: what it asks.
        identifier: 0 to 255.
        attributes: encoded already.
        secret: the NAS's.
        stamp: for Event-Timestamp, aware, with Message-Authenticator first; None: neither, for a
            brand that refuses them.
    """
    if stamp is None:
        return secret.digest_request(ask, identifier, attributes)
    seconds = int(stamp.timestamp()).to_bytes(4, "big")
    rest = attributes + encode_attribute(EVENT_TIMESTAMP, seconds)
    unsigned = encode(ask, identifier, ZEROS, _SIGNATURE + ZEROS + rest)
    return secret.digest_request(ask, identifier, _SIGNATURE + secret.sign(unsigned) + rest)


def read_answer(datagram: bytes, request: bytes, secret: SharedSecret) -> Answer:
    """Return the answer to `request`.

    Raises:
        ProtocolError: it answers something else, or comes from somebody else: `identifier`,
            `response-authenticator`, `message-authenticator`, `code`, `proxy-state` or
            `authorize-only`.
    """
    packet = decode(datagram)
    if packet.identifier != request[1]:
        raise ProtocolError("identifier")
    secret.verify_reply(packet.octets, request[_AUTHENTICATOR])
    if MESSAGE_AUTHENTICATOR in packet.attributes:
        secret.verify_message_authenticator(packet.octets, request[_AUTHENTICATOR])
    asked = decode(request)
    acknowledged = packet.code == asked.code + 1
    if not acknowledged and packet.code != asked.code + 2:
        raise ProtocolError("code")
    if packet.values(PROXY_STATE) != asked.values(PROXY_STATE):
        raise ProtocolError("proxy-state")
    if STATE in packet.attributes or (acknowledged and SERVICE_TYPE in packet.attributes):
        raise ProtocolError("authorize-only")
    cause = packet.attributes.get(ERROR_CAUSE, b"")
    return Answer(acknowledged, int.from_bytes(cause, "big") if len(cause) == _NUMBER else None)


def waits(spreads: Iterator[float]) -> Iterator[float]:
    """Yield the seconds to wait after each sending (RFC 5080 §2.2.1).

    2 s at first, doubled up to 16, 5 sendings and 30 s in all; `spreads` gives a fresh number in
    -0.1..0.1 for each, so that what was lost together is not sent again together.
    """
    waited = 0.0
    wait = _FIRST_SECONDS * (1 + next(spreads))
    for _ in range(_SENDINGS):
        left = _TOTAL_SECONDS - waited
        if left <= 0:
            return
        yield min(wait, left)
        waited += wait
        spread = next(spreads)
        wait = min(2 * wait + spread * wait, _LONGEST_SECONDS * (1 + spread))


_VALUES: Final[Mapping[int, Callable[[SessionNames], bytes]]] = {
    USER_NAME: lambda names: (names.user_name or "").encode(),
    ACCT_SESSION_ID: lambda names: names.acct_session_id.encode(),
    CALLING_STATION_ID: lambda names: _station(names.device),
    FRAMED_IP_ADDRESS: lambda names: names.address.packed if names.address else b"",
    NAS_IP_ADDRESS: lambda names: _packed4(names.nas_handle) or _packed4(names.nas_address or ""),
}
"""How each name is written; empty: not known."""


def _encode_name(key: int, names: SessionNames) -> bytes:
    number, value = (
        _own_name(names.nas_handle) if key == ITS_OWN_NAME else (key, _VALUES[key](names))
    )
    return encode_attribute(number, value) if value else b""


def _station(device: bytes | None) -> bytes:
    """Return Calling-Station-Id as RFC 3580 §3.21 writes it: upper case, hyphens."""
    return MacAddress(device).rfc3580.encode() if device else b""


def _own_name(handle: str) -> tuple[int, bytes]:
    """Return the NAS as it names itself: NAS-Identifier, or an address where it sends none."""
    packed = _packed4(handle)
    if packed:
        return NAS_IP_ADDRESS, packed
    try:
        return NAS_IPV6_ADDRESS, IPv6Address(handle).packed
    except AddressValueError:
        return NAS_IDENTIFIER, handle.encode()


def _packed4(text: str) -> bytes:
    try:
        return IPv4Address(text).packed
    except AddressValueError:
        return b""
