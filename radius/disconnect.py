"""A Disconnect-Request and its answer, pure: what to say to which brand, when to say it again.

A NAS disconnects the session it recognises, and brands recognise different things: too few
attributes and none is found, too many and some refuse (RFC 5176 §3). Retransmission follows
RFC 5080 §2.2.1, with the same octets: the same request.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Final

from radius.protocol.authenticators import SharedSecret
from radius.protocol.numbers import (
    ACCT_SESSION_ID,
    CALLING_STATION_ID,
    ERROR_CAUSE,
    FRAMED_IP_ADDRESS,
    NAS_IDENTIFIER,
    USER_NAME,
    Code,
)
from radius.protocol.packet import decode, encode_attribute
from territory.errors import ProtocolError
from territory.identifiers import MacAddress
from territory.vocabulary import Brand

_FIRST_SECONDS: Final = 2.0
_LONGEST_SECONDS: Final = 16.0
_SENDINGS: Final = 5

_KEYS: Final[Mapping[str, tuple[int, ...]]] = {
    Brand.COOVACHILLI: (USER_NAME, ACCT_SESSION_ID),
}
"""What each brand recognises a session by."""
_ANY_KEYS: Final = (
    USER_NAME,
    ACCT_SESSION_ID,
    CALLING_STATION_ID,
    FRAMED_IP_ADDRESS,
    NAS_IDENTIFIER,
)

WORDS: Final[Mapping[int, str]] = {
    401: "la passerelle ne connaît pas un des attributs de la demande",
    402: "il manque un attribut que la passerelle attend",
    403: "la demande ne désigne pas cette passerelle",
    404: "la passerelle juge la demande mal formée",
    405: "la passerelle n'offre pas la déconnexion à distance",
    406: "la passerelle n'offre pas cette extension",
    407: "la passerelle refuse la valeur d'un attribut",
    501: "la configuration de la passerelle interdit la déconnexion à distance",
    502: "la demande n'atteint pas la passerelle",
    503: "la passerelle ne connaît pas cette session",
    504: "la passerelle ne peut pas fermer cette session",
    506: "la passerelle manque de ressources",
    508: "plusieurs sessions répondent à la demande",
}
"""Error-Cause (RFC 5176 §3.5) for an operator."""


@dataclass(frozen=True, slots=True)
class SessionNames:
    """Everything a NAS may know a session by."""

    user_name: str | None
    acct_session_id: str
    device: bytes | None
    """6 octets."""
    address: IPv4Address | None
    nas_handle: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a NAS said to a Disconnect-Request."""

    acknowledged: bool
    error_cause: int | None
    """Why not, where the NAS says (RFC 5176 §3.5)."""

    @property
    def words(self) -> str:
        """The answer for an operator, in French."""
        if self.acknowledged:
            return "session fermée par la passerelle"
        if self.error_cause is None:
            return "la passerelle a refusé sans dire pourquoi"
        return WORDS.get(self.error_cause, f"refus de la passerelle, cause {self.error_cause}")


def encode_disconnect(
    names: SessionNames, brand: str, secret: SharedSecret, identifier: int
) -> bytes:
    """Return the octets of a Disconnect-Request for one session (RFC 5176 §2.1)."""
    values = {
        USER_NAME: names.user_name.encode() if names.user_name else b"",
        ACCT_SESSION_ID: names.acct_session_id.encode(),
        CALLING_STATION_ID: MacAddress(names.device).rfc3580.encode() if names.device else b"",
        FRAMED_IP_ADDRESS: names.address.packed if names.address else b"",
        NAS_IDENTIFIER: names.nas_handle.encode(),
    }
    attributes = b"".join(
        encode_attribute(key, values[key]) for key in _KEYS.get(brand, _ANY_KEYS) if values[key]
    )
    return secret.digest_request(Code.DISCONNECT_REQUEST, identifier, attributes)


def read_answer(datagram: bytes, request: bytes, secret: SharedSecret) -> Answer:
    """Return the answer to `request`.

    Raises:
        ProtocolError: it answers something else, or comes from somebody else.
    """
    packet = decode(datagram)
    if packet.identifier != request[1]:
        raise ProtocolError("identifier")
    secret.verify_reply(packet.octets, request[4:20])
    if packet.code not in (Code.DISCONNECT_ACK, Code.DISCONNECT_NAK):
        raise ProtocolError("code")
    cause = packet.attributes.get(ERROR_CAUSE)
    return Answer(
        packet.code == Code.DISCONNECT_ACK, None if cause is None else int.from_bytes(cause, "big")
    )


def waits(spread: float) -> Iterator[float]:
    """Yield the seconds to wait after each sending; `spread` in -0.1..0.1 (RFC 5080 §2.2.1)."""
    wait = _FIRST_SECONDS * (1 + spread)
    for _ in range(_SENDINGS):
        yield wait
        wait = min(2 * wait, _LONGEST_SECONDS * (1 + spread))
