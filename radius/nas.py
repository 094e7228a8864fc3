"""A NAS as this server knows it, and whether it may trust one of its packets.

The NAS is found by the address its packets come from, never by what a packet says (RFC 2865 §3).
"""

from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

from radius.central_login import CentralLogin
from radius.mac_authentication import MacAuthentication
from radius.outcome_rows import encode_nas
from radius.protocol.authenticators import ZEROS, SharedSecret
from radius.protocol.numbers import EAP_MESSAGE, MESSAGE_AUTHENTICATOR, PROXY_STATE
from radius.protocol.packet import Packet
from territory.errors import ProtocolError
from territory.vocabulary import MacUserName, MessageAuthenticatorRule

WRONG_SECRET: Final = frozenset({"message-authenticator", "request-authenticator"})
"""Reasons to discard that another shared secret might have spared."""
_PRESENTS_NO_DEVICE: Final = MacAuthentication(MacUserName.NONE, False, None)


@dataclass(frozen=True, slots=True)
class Nas:
    """Who sends us RADIUS."""

    id: UUID
    site_id: UUID
    code: str
    """The name technicians use."""
    address: str
    """Where its packets come from: an IP address, or by RadSec the name in its certificate."""
    secret: SharedSecret
    """The one tried first: during a rotation, the one that was right last."""
    require_message_authenticator: MessageAuthenticatorRule
    """Whether its Access-Requests must be signed, as of now (CVE-2024-3596): `learn` is `always`
    once it has signed."""
    limit_proxy_state: bool
    """Refuse Proxy-State in unsigned requests: the lever of CVE-2024-3596."""
    coa_port: int
    """UDP port that takes Disconnect-Request."""
    brand: str
    """Its gateway's adapter, which decides what a Disconnect-Request must name."""
    attribute_sets: frozenset[str]
    """Whose attributes it understands."""
    mac_authentication: MacAuthentication = _PRESENTS_NO_DEVICE
    """How it presents a device by its MAC address."""
    other_secret: SharedSecret | None = None
    """The other one that is valid while its secret is rotated; None: no rotation."""
    uses_next_secret: bool = False
    """Whether `secret` is the one that the rotation brings in."""
    other_mac_authentication: MacAuthentication | None = None
    """`mac_authentication` under `other_secret`."""
    central_login: CentralLogin | None = None
    """Where the devices it presents are sent that may not go online; None: they are refused."""
    tls_name: str | None = None
    """The DNS name in its certificate, where its link is RadSec; it then has no address."""
    is_probe: bool = False
    """Whether it is a synthetic guest's own: it lets in synthetic guests, and nobody else does."""
    logged_as: bytes = field(init=False, repr=False, compare=False)
    """What names it in each row of the security log, made once."""

    def __post_init__(self) -> None:
        """Make what each of its requests needs."""
        object.__setattr__(self, "logged_as", encode_nas(self.id, self.site_id))

    @property
    def learns(self) -> bool:
        """Whether its next signed Access-Request makes signing the rule."""
        return self.require_message_authenticator is MessageAuthenticatorRule.LEARN

    def having_signed(self) -> "Nas":
        """Return it as one that must sign from now on."""
        return replace(self, require_message_authenticator=MessageAuthenticatorRule.ALWAYS)

    def with_other_secret(self) -> "Nas":
        """Return it with its two secrets exchanged; only during a rotation.

        Raises:
            ValueError: there is no other.
        """
        if self.other_secret is None:
            raise ValueError(f"{self.code} has one secret")
        return replace(
            self,
            secret=self.other_secret,
            other_secret=self.secret,
            uses_next_secret=not self.uses_next_secret,
            mac_authentication=self.other_mac_authentication or self.mac_authentication,
            other_mac_authentication=self.mac_authentication,
        )


def verify_access_request(packet: Packet, nas: Nas) -> bool:
    """Check an Access-Request's signature and return whether it had one.

    Raises:
        ProtocolError: `message-authenticator`, `unsigned`, `unsigned-eap` (RFC 3579 §3.2) or
            `unsigned-proxy-state`.
    """
    attributes = packet.attributes
    if MESSAGE_AUTHENTICATOR in attributes:
        if packet.repeated:
            _refuse_two_signatures(packet)
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
        _refuse_two_signatures(packet)
        nas.secret.verify_message_authenticator(packet.octets, ZEROS)


def verify_status_server(packet: Packet, nas: Nas) -> None:
    """Check a Status-Server, which must always be signed (RFC 5997 §3).

    Raises:
        ProtocolError: `unsigned` or `message-authenticator`.
    """
    if MESSAGE_AUTHENTICATOR not in packet.attributes:
        raise ProtocolError("unsigned")
    _refuse_two_signatures(packet)
    nas.secret.verify_message_authenticator(packet.octets, packet.authenticator)


def _refuse_two_signatures(packet: Packet) -> None:
    """Discard a packet with more than one Message-Authenticator (RFC 3579 §3.3: 0-1).

    Only one of them could cover the other, and whoever relays it may look at either.
    """
    if MESSAGE_AUTHENTICATOR in packet.repeated:
        raise ProtocolError("message-authenticator")
