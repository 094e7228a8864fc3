"""Values the unit tests of radius share: a NAS, a plan, packets made by hand."""

import hashlib
import hmac
import struct
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from radius.mac_authentication import mac_authentication
from radius.nas import Nas
from radius.policy import Facts
from radius.protocol.authenticators import SharedSecret
from radius.protocol.packet import Packet, decode
from radius.rights import Plan
from territory.rules.credentials import credential_password
from territory.rules.mac_form import MacForm
from territory.vocabulary import Brand, MacUserName, MessageAuthenticatorRule

SECRET = b"radius-secret-of-the-lab-0123456"
KEY = bytes(range(32))
NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
DEVICE = bytes.fromhex("8a567ef910e4")
STATION = b"8A-56-7E-F9-10-E4"
USER_NAME = "abcdefghijklmnopqrstuvwxyz"
AUTHENTICATOR = bytes(range(16))
NAS = Nas(
    id=UUID(int=1),
    site_id=UUID(int=2),
    code="lab",
    address="10.9.0.2",
    secret=SharedSecret(SECRET),
    require_message_authenticator=MessageAuthenticatorRule.ALWAYS,
    limit_proxy_state=True,
    coa_port=3799,
    brand=Brand.COOVACHILLI,
    attribute_sets=frozenset({"standard", "wispr", "coovachilli"}),
    mac_authentication=mac_authentication(MacForm(MacUserName.HYPHENS_UPPER), SECRET.decode()),
)
PLAN = Plan(
    id=UUID(int=3),
    idle_seconds=600,
    interim_seconds=300,
    upload_bps=2_000_000,
    download_bps=8_000_000,
    session_octets=5_000_000_000,
    mac_authentication=True,
)
PLANS = {PLAN.id: PLAN}
FACTS = Facts(
    admission_id=UUID(int=4),
    user_name=USER_NAME,
    site_id=NAS.site_id,
    plan_id=PLAN.id,
    device=DEVICE,
    bound_now=False,
    credential_expires_at=NOW + timedelta(minutes=5),
    ends_at=NOW + timedelta(hours=4),
    revoked_at=None,
    session_seconds=0,
    upload_octets=0,
    download_octets=0,
    open_sessions=0,
)


def password_of(user_name: str) -> str:
    """Derive a password as the server does."""
    return credential_password(KEY, user_name)


def nas(**changes: Any) -> Nas:
    """Return the NAS with other properties."""
    return replace(NAS, **changes)


def attribute(number: int, value: bytes | int) -> bytes:
    """Return an attribute's octets."""
    octets = struct.pack("!I", value) if isinstance(value, int) else value
    return bytes((number, len(octets) + 2)) + octets


def request(*attributes: bytes, code: int = 1, signed: bool = False) -> Packet:
    """Return a request's packet; signed as an Access-Request is."""
    body = b"".join(attributes)
    if signed:
        unsigned = attribute(80, bytes(16)) + body
        head = struct.pack("!BBH", code, 7, 20 + len(unsigned)) + AUTHENTICATOR
        signature = hmac.digest(SECRET, head + unsigned, "md5")
        return decode(head + attribute(80, signature) + body)
    return decode(struct.pack("!BBH", code, 7, 20 + len(body)) + AUTHENTICATOR + body)


def accounting(*attributes: bytes) -> Packet:
    """Return an Accounting-Request's packet with its digest."""
    body = b"".join(attributes)
    head = struct.pack("!BBH", 4, 7, 20 + len(body))
    digest = hashlib.md5(head + bytes(16) + body + SECRET).digest()
    return decode(head + digest + body)
