"""MAC authentication as each brand does it: how the address is written, what stands as password.

A NAS declares one form, and only that form presents a device: a person who types a MAC address on
a log-in page writes it some other way, or cannot show what the NAS shows. The forms below are what
a described NAS gets that declares none; they are read from the brands' own sources and manuals,
not all seen on equipment. Pure.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from territory.vocabulary import MacPassword, MacUserName

_PASSWORD_CHARACTERS: Final = 32
_PURPOSE: Final = b"socle mac authentication"
_SEPARATORS: Final[Mapping[MacUserName, tuple[str, int]]] = {
    MacUserName.HYPHENS: ("-", 1),
    MacUserName.HYPHENS_UPPER: ("-", 1),
    MacUserName.COLONS: (":", 1),
    MacUserName.COLONS_UPPER: (":", 1),
    MacUserName.DOTS_BY_FOUR: (".", 2),
    MacUserName.HYPHENS_BY_FOUR: ("-", 2),
    MacUserName.HYPHEN_BY_SIX: ("-", 3),
}
"""Between groups of so many octets; absent: none."""
_UPPER: Final = frozenset(
    {MacUserName.PLAIN_UPPER, MacUserName.HYPHENS_UPPER, MacUserName.COLONS_UPPER}
)


@dataclass(frozen=True, slots=True)
class MacForm:
    """How one NAS presents a device."""

    user_name: MacUserName
    """How the address is written."""
    password: MacPassword = MacPassword.USER_NAME
    """What is shown with it; without meaning where `user_name` is none."""


NO_MAC_AUTHENTICATION: Final = MacForm(MacUserName.NONE)
_BY_BRAND: Final[Mapping[str, MacForm]] = {
    # coova-chilli src/chilli.c, auth_radius: MAC_FMT, macpasswd or else the name.
    "coovachilli": MacForm(MacUserName.HYPHENS_UPPER),
    # uspot files/usr/share/uspot/uspot.uc: the neighbour's address, Service-Type 10.
    "uspot": MacForm(MacUserName.COLONS, MacPassword.CALL_CHECK),
    # RouterOS hotspot server profile, mac-auth-mode mac-as-username-and-password.
    "mikrotik": MacForm(MacUserName.COLONS_UPPER),
    # ArubaOS, aaa authentication mac: delimiter none, case lower, by default.
    "aruba": MacForm(MacUserName.PLAIN),
    # AireOS and Catalyst 9800 MAB of a central web authentication.
    "cisco": MacForm(MacUserName.PLAIN, MacPassword.CALL_CHECK),
    # Meraki's "MAC-Based Access Control": lower case without separators, as name and password.
    "meraki": MacForm(MacUserName.PLAIN),
}
"""By brand; whoever is not here does none unless it is declared."""


def form_of_brand(brand: str) -> MacForm:
    """Return the form of a brand's NAS that declare none."""
    return _BY_BRAND.get(brand, NO_MAC_AUTHENTICATION)


def write_mac(device: bytes, user_name: MacUserName) -> str:
    """Return a device's address (6 octets) as a NAS writes it; empty where it writes none."""
    if user_name is MacUserName.NONE:
        return ""
    separator, octets = _SEPARATORS.get(user_name, ("", 1))
    text = device.hex(separator, octets) if separator else device.hex()
    return text.upper() if user_name in _UPPER else text


def given_password(shared_secret: str) -> str:
    """Return the password of MAC authentication made for a NAS: 32 hexadecimal digits.

    HMAC-SHA256 under its shared secret, so that nothing more is stored, and that a rotation
    changes both at once.
    """
    digest = hmac.new(shared_secret.encode(), _PURPOSE, hashlib.sha256).hexdigest()
    return digest[:_PASSWORD_CHARACTERS]
