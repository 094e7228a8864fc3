"""A NAS as this server knows it, and whether it may trust one of its packets.

The NAS is found by the address its packets come from, never by what a packet says (RFC 2865 §3).
"""

from dataclasses import dataclass, field
from uuid import UUID

from radius.outcome_rows import encode_nas
from radius.protocol.authenticators import ZEROS, SharedSecret
from radius.protocol.numbers import EAP_MESSAGE, MESSAGE_AUTHENTICATOR, PROXY_STATE
from radius.protocol.packet import Packet
from territory.errors import ProtocolError
from territory.vocabulary import MessageAuthenticatorRule


@dataclass(frozen=True, slots=True)
class Nas:
    """Who sends us RADIUS."""

    id: UUID
    site_id: UUID
    code: str
    """The name technicians use."""
    address: str
    """Where its packets come from."""
    secret: SharedSecret
    require_message_authenticator: MessageAuthenticatorRule
    """Whether its Access-Requests must be signed (CVE-2024-3596)."""
    limit_proxy_state: bool
    """Refuse Proxy-State in unsigned requests: the lever of CVE-2024-3596."""
    coa_port: int
    """UDP port that takes Disconnect-Request."""
    brand: str
    """Its gateway's adapter, which decides what a Disconnect-Request must name."""
    attribute_sets: frozenset[str]
    """Whose attributes it understands."""
    logged_as: bytes = field(init=False, repr=False, compare=False)
    """What names it in each row of the security log, made once."""

    def __post_init__(self) -> None:
        """Make what each of its requests needs."""
        object.__setattr__(self, "logged_as", encode_nas(self.id, self.site_id))


def verify_access_request(packet: Packet, nas: Nas) -> bool:
    """Check an Access-Request's signature and return whether it had one.

    Raises:
        ProtocolError: `message-authenticator`, `unsigned`, `unsigned-eap` (RFC 3579 §3.2) or
            `unsigned-proxy-state`.
    """
    attributes = packet.attributes
    if MESSAGE_AUTHENTICATOR in attributes:
        nas.secret.verify_message_authenticator(packet.octets, packet.authenticator)
        return True
    if EAP_MESSAGE in attributes:
        raise ProtocolError("unsigned-eap")
    if nas.require_message_authenticator is MessageAuthenticatorRule.ALWAYS:
        raise ProtocolError("unsigned")
    if nas.limit_proxy_state and PROXY_STATE in attributes:
        raise ProtocolError("unsigned-proxy-state")
    return False


def verify_accounting_request(packet: Packet, nas: Nas) -> None:
    """Check an Accounting-Request's digest, and its Message-Authenticator where it has one.

    Raises:
        ProtocolError: `request-authenticator` or `message-authenticator`.
    """
    nas.secret.verify_request_authenticator(packet.octets)
    if MESSAGE_AUTHENTICATOR in packet.attributes:
        nas.secret.verify_message_authenticator(packet.octets, ZEROS)


def verify_status_server(packet: Packet, nas: Nas) -> None:
    """Check a Status-Server, which must always be signed (RFC 5997 §3).

    Raises:
        ProtocolError: `unsigned` or `message-authenticator`.
    """
    if MESSAGE_AUTHENTICATOR not in packet.attributes:
        raise ProtocolError("unsigned")
    nas.secret.verify_message_authenticator(packet.octets, packet.authenticator)
