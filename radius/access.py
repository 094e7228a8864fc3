"""What an Access-Request says: who, on which device, and with what proof.

Stands between the packet and the policy. The password of a credential is derived from its name,
so it is checked here, before the database is asked: whoever guesses costs no query. A name that is
a MAC address is a device presented by its NAS (MAC authentication), in the one form that NAS
declares (`mac_authentication.py`); in any other it is a person's typing, and refused.
"""

import hmac
from collections.abc import Callable
from enum import Enum, auto
from typing import NamedTuple

from radius.device import parse_device
from radius.nas import Nas
from radius.protocol.numbers import (
    CALL_CHECK,
    CALLED_STATION_ID,
    CALLING_STATION_ID,
    CHAP_CHALLENGE,
    CHAP_PASSWORD,
    EAP_MESSAGE,
    SERVICE_TYPE,
    USER_NAME,
    USER_PASSWORD,
)
from radius.protocol.packet import Packet
from radius.protocol.passwords import chap_matches, reveal
from territory.errors import ProtocolError
from territory.identifiers import CalledStationId
from territory.rules.credentials import is_user_name

_CALL_CHECK = CALL_CHECK.to_bytes(4, "big")


class Proof(Enum):
    """What an Access-Request shows for its name."""

    __hash__ = object.__hash__  # each is one object; the enumeration's own is written in Python

    RIGHT_PASSWORD = auto()
    WRONG_PASSWORD = auto()
    MALFORMED_PASSWORD = auto()
    TWO_PASSWORDS = auto()
    NO_PASSWORD = auto()
    OTHER_MAC_FORM = auto()
    """The name is a MAC address, not in the form its NAS declares: a person typed it."""
    DEVICE = auto()
    """The name is a MAC address, in a form of MAC authentication."""
    EAP = auto()


class AccessRequest(NamedTuple):
    """An Access-Request as the policy sees it; a named tuple because each request makes one."""

    nas: Nas
    user_name: str
    """As received; empty where there is none that is text."""
    proof: Proof
    device: bytes | None
    """6 octets of Calling-Station-Id; None where it names no device."""
    named_device: bytes | None
    """6 octets of a User-Name that is a MAC address."""
    ssid: str | None = None
    """Of a device presented by its MAC address: the network, where Called-Station-Id says it."""


def read_access_request(
    packet: Packet, nas: Nas, password_of: Callable[[str], str]
) -> AccessRequest:
    """Return what `packet` says; `password_of` derives a credential's password from its name."""
    attributes = packet.attributes
    device = parse_device(attributes.get(CALLING_STATION_ID))
    raw_name = attributes.get(USER_NAME, b"")
    user_name = raw_name.decode("utf-8", "replace")
    if EAP_MESSAGE in attributes:
        return AccessRequest(nas, user_name, Proof.EAP, device, None)
    if is_user_name(user_name):
        proof = _proof(packet, nas, password_of(user_name).encode())
        return AccessRequest(nas, user_name, proof, device, None)
    named_device = parse_device(raw_name)
    if named_device is None:
        proof = _proof(packet, nas, None)
    else:
        proof = _device_proof(packet, nas, raw_name, named_device)
    ssid = _ssid(attributes.get(CALLED_STATION_ID)) if proof is Proof.DEVICE else None
    return AccessRequest(nas, user_name, proof, device, named_device, ssid)


def _ssid(called: bytes | None) -> str | None:
    """Return the network in a Called-Station-Id (RFC 3580 §3.20), if it names one."""
    try:
        return CalledStationId.parse((called or b"").decode()).ssid
    except (ProtocolError, UnicodeDecodeError):
        return None


def _proof(packet: Packet, nas: Nas, expected: bytes | None) -> Proof:
    """Judge the password; `expected` is None where none could be right."""
    pap = packet.attributes.get(USER_PASSWORD)
    chap = packet.attributes.get(CHAP_PASSWORD)
    if pap is None and chap is None:
        return Proof.NO_PASSWORD
    if pap is not None and chap is not None:
        return Proof.TWO_PASSWORDS
    try:
        right = _shows(packet, nas, expected or b"")
    except ProtocolError:
        return Proof.MALFORMED_PASSWORD
    return Proof.RIGHT_PASSWORD if right and expected else Proof.WRONG_PASSWORD


def _shows(packet: Packet, nas: Nas, expected: bytes) -> bool:
    attributes = packet.attributes
    pap = attributes.get(USER_PASSWORD)
    if pap is not None:
        return hmac.compare_digest(reveal(pap, nas.secret, packet.authenticator), expected)
    challenge = attributes.get(CHAP_CHALLENGE, packet.authenticator)
    return chap_matches(attributes[CHAP_PASSWORD], expected, challenge)


def _device_proof(packet: Packet, nas: Nas, name: bytes, named_device: bytes) -> Proof:
    """Judge a name that is a MAC address: only in the form its NAS declares is it a device's."""
    declared = nas.mac_authentication
    if not declared.is_written(name, named_device):
        return Proof.OTHER_MAC_FORM
    proof = _proof(packet, nas, declared.password_for(name))
    if not declared.needs_call_check:
        return Proof.DEVICE if proof is Proof.RIGHT_PASSWORD else proof
    if packet.attributes.get(SERVICE_TYPE) != _CALL_CHECK:
        return Proof.OTHER_MAC_FORM
    nothing = proof is Proof.NO_PASSWORD or _shows_nothing(packet, nas, proof)
    return Proof.DEVICE if nothing or proof is Proof.RIGHT_PASSWORD else proof


def _shows_nothing(packet: Packet, nas: Nas, proof: Proof) -> bool:
    """Whether a well-formed User-Password is empty."""
    pap = packet.attributes.get(USER_PASSWORD)
    if proof is not Proof.WRONG_PASSWORD or pap is None:
        return False
    return not reveal(pap, nas.secret, packet.authenticator)
