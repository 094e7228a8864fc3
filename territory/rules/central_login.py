"""What central web authentication tells the portal of a device, signed by the base itself.

    RADIUS -- url-redirect --> gateway -- 302 --> the guest's browser --> portal

The gateway presents a device to RADIUS by its MAC address before anybody is asked anything, and
repeats to the browser the address that RADIUS answers with. All that the portal will need to ask
that gateway back (CoA) is in that address: nothing is stored for devices that may never open a
page. The signature is bound to the gateway's code, which stands in the address' path. Pure.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime
from struct import Struct
from typing import Final
from uuid import UUID

from territory.errors import ProtocolError
from territory.identifiers import MacAddress

PURPOSE: Final = "central login"
"""The keyring's name of the key that RADIUS signs with and the portal checks."""
PARAMETER: Final = "cwa"
"""The parameter of the portal's address that holds the signed text."""
MAX_SESSION_CHARACTERS: Final = 64
"""Of an audit-session-id; those seen have 24."""
_SIGNATURE_OCTETS: Final = 16
_HEAD: Final = Struct("!6s16sIB")
"""Device, NAS, expiry, length of the session's name; then that name, then the SSID."""


@dataclass(frozen=True, slots=True)
class Presented:
    """A device as its gateway presented it to RADIUS."""

    device: MacAddress
    """Which."""
    nas_id: UUID
    """To whom a CoA-Request goes."""
    expires_at: datetime
    """The gateway will have presented it anew by then: aware, UTC, whole seconds."""
    session: str = ""
    """The gateway's own name of the session (audit-session-id); empty where it told none."""
    ssid: str = ""
    """The network, where it told one that fits."""


def sign_presented(presented: Presented, gateway: str, key: str) -> str:
    """Return what goes into the portal's address: characters of base64url, no padding.

    Args:
        presented: the device; a session's name that is too long is left out.
        gateway: the gateway's code.
        key: of the keyring, for `PURPOSE`.
    """
    session = presented.session.encode("ascii", "ignore")
    session = session if len(session) <= MAX_SESSION_CHARACTERS else b""
    head = _HEAD.pack(
        presented.device.octets,
        presented.nas_id.bytes,
        int(presented.expires_at.timestamp()),
        len(session),
    )
    body = head + session + presented.ssid.encode()
    return base64.urlsafe_b64encode(body + _sign(body, gateway, key)).rstrip(b"=").decode()


def read_presented(text: str, gateway: str, key: str) -> Presented:
    """Return what `sign_presented` was given; whether it is over, the caller knows.

    Raises:
        ProtocolError: `bad-signature`: not made by this base, or for another gateway.
    """
    try:
        octets = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as fault:
        raise ProtocolError("bad-signature") from fault
    body, signature = octets[:-_SIGNATURE_OCTETS], octets[-_SIGNATURE_OCTETS:]
    if len(body) < _HEAD.size or not hmac.compare_digest(_sign(body, gateway, key), signature):
        raise ProtocolError("bad-signature")
    device, nas, expires, length = _HEAD.unpack_from(body)
    rest = body[_HEAD.size :]
    return Presented(
        MacAddress(device),
        UUID(bytes=nas),
        datetime.fromtimestamp(expires, tz=UTC),
        rest[:length].decode("ascii"),
        rest[length:].decode(),
    )


def portal_page(portal_base: str | None, public_url: str, brand: str, gateway: str) -> str:
    """Return the portal's address for one gateway, without a query."""
    base = portal_base or f"{public_url}/gateway/{brand}"
    return f"{base.rstrip('/')}/{gateway}"


def _sign(body: bytes, gateway: str, key: str) -> bytes:
    signed = gateway.encode() + b"\0" + body
    return hmac.digest(key.encode(), signed, hashlib.sha256)[:_SIGNATURE_OCTETS]
