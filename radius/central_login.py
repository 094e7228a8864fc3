"""Where a gateway of central web authentication sends a device that may not go online.

Stands beside the policy: what is refused anywhere else is accepted here behind a redirect, so that
the portal can say why and let the guest in. The gateway lets nothing through but what its own ACL
names, whose name is the same everywhere (docs/decisions/central-web-authentication.md). The address
names device and session under the base's signature (`territory.rules.central_login`); the gateway
asks again before it ends. Pure.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from radius.protocol.numbers import SESSION_TIMEOUT, TERMINATION_ACTION, VENDOR_SPECIFIC
from radius.protocol.packet import (
    Packet,
    encode_attribute,
    encode_vendor_attribute,
    vendor_attributes,
)
from territory.identifiers import MacAddress
from territory.rules.central_login import PARAMETER, Presented, sign_presented

CISCO: Final = 9
AVPAIR: Final = 1
REDIRECT_ACL: Final = "SOCLE-REDIRECT"
"""What every such gateway calls the ACL of the traffic it redirects."""
LASTING: Final = timedelta(hours=1)
"""After which the gateway presents the device anew, and is given a new address."""
_GRACE: Final = timedelta(minutes=10)
"""For who is on the page just then."""
_MAX_PAIR_OCTETS: Final = 247
_SESSION: Final = b"audit-session-id="
_ASK_AGAIN: Final = (1).to_bytes(4, "big")
"""Termination-Action RADIUS-Request (RFC 2865 §5.29)."""


@dataclass(frozen=True, slots=True)
class CentralLogin:
    """One gateway's way to the portal."""

    page: str
    """The portal's address for it, without a query."""
    gateway: str
    """Its code, which the signature is bound to."""
    key: str
    """The keyring's, for this purpose."""

    def redirect(
        self, nas_id: UUID, device: bytes, ssid: str | None, packet: Packet, now: datetime
    ) -> bytes:
        """Return an Accept's attributes that send a device (6 octets) to the portal.

        Raises:
            ValueError: the portal's address is too long for an attribute.
        """
        ends = (now + LASTING + _GRACE).replace(microsecond=0)
        presented = Presented(MacAddress(device), nas_id, ends, session_of(packet), ssid or "")
        seconds = int(LASTING.total_seconds()).to_bytes(4, "big")
        return (
            _pair(f"url-redirect-acl={REDIRECT_ACL}")
            + _pair(self._address(presented))
            + encode_attribute(SESSION_TIMEOUT, seconds)
            + encode_attribute(TERMINATION_ACTION, _ASK_AGAIN)
        )

    def _address(self, presented: Presented) -> str:
        """Return the pair with the address; without the network's name where that is too much.

        It has a query already: the gateway adds `&redirect=` whether there is one or not.
        """
        for each in (presented, replace(presented, ssid="")):
            told = sign_presented(each, self.gateway, self.key)
            pair = f"url-redirect={self.page}?{PARAMETER}={told}"
            if len(pair) <= _MAX_PAIR_OCTETS:
                break
        return pair


def session_of(packet: Packet) -> str:
    """Return a gateway's own name of the session (audit-session-id), if it told one."""
    for number, value in vendor_attributes(packet.values(VENDOR_SPECIFIC), CISCO):
        if number == AVPAIR and value.startswith(_SESSION):
            return value.removeprefix(_SESSION).decode("ascii", "ignore")
    return ""


def _pair(text: str) -> bytes:
    return encode_vendor_attribute(CISCO, AVPAIR, text.encode())
