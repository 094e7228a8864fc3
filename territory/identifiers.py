"""What names a device, a place or a body: parsed once at the edge, in one written form inside.

Stands at both ends of the data's way: RADIUS attributes and redirects (`MacAddress`,
`CalledStationId`, `Nai`) and what an administrator types (`InseeCode`, `Siren`, `Siret`).
What a peer sent wrongly is a `ProtocolError`, whose reason is a stable word for a counter; what a
person typed wrongly is a `ValueError` that says what was expected. Nothing else is ever raised,
however long or odd the text, since every text is measured before it is looked at.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Self

from territory.errors import ProtocolError

MAX_TEXT_OCTETS = 253
"""A text attribute holds no more (RFC 2865 §5)."""
MAX_SSID_OCTETS = 32
"""IEEE 802.11-2020 §9.4.2.2."""
MAX_CODE_CHARACTERS = 32
"""More than any written form of an INSEE code, a SIREN or a SIRET, blanks included."""

# Each vendor's way of writing the twelve digits; a separator, once chosen, is kept.
_MAC = (
    r"(?:[0-9A-Fa-f]{2}(?:(?:-[0-9A-Fa-f]{2}){5}|(?::[0-9A-Fa-f]{2}){5}|(?:\.[0-9A-Fa-f]{2}){5})"
    r"|[0-9A-Fa-f]{4}(?:(?:\.[0-9A-Fa-f]{4}){2}|(?:-[0-9A-Fa-f]{4}){2}|(?::[0-9A-Fa-f]{4}){2})"
    r"|[0-9A-Fa-f]{6}[-:.]?[0-9A-Fa-f]{6})"
)
_MAC_TEXT = re.compile(_MAC)
_MAC_AND_SSID = re.compile(rf"({_MAC})(?::(.*))?", re.DOTALL)

# RFC 7542 §2.2, where UTF8-xtra-char is any character beyond ASCII.
_ATEXT = r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\U0010ffff]"
_RTEXT = r"[A-Za-z0-9\u0080-\U0010ffff]"
_LABEL = rf"{_RTEXT}(?:(?:{_RTEXT}|-)*{_RTEXT})?"
_USERNAME = re.compile(rf"{_ATEXT}+(?:\.{_ATEXT}+)*")
_REALM = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")

_INSEE = re.compile(r"(?:0[1-9]|[13-8][0-9]|2[1-9AB]|9[0-578])[0-9]{3}")
_LA_POSTE = "356000000"


@dataclass(frozen=True, slots=True, order=True)
class MacAddress:
    """A device, or a radio, as its interface names itself; a phone shows another to each network.

    Written `aa:bb:cc:dd:ee:ff` by `str`, as PostgreSQL's macaddr does.
    """

    octets: bytes
    """6 octets."""

    def __post_init__(self) -> None:
        if len(self.octets) != 6:
            raise ProtocolError("mac-address")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the address written in any vendor's form.

        Groups of 2, 4 or 6 digits with one of `-`, `:` and `.` throughout, or none; either case.

        Raises:
            ProtocolError: `mac-address`.
        """
        if len(text) > MAX_TEXT_OCTETS or not _MAC_TEXT.fullmatch(text):
            raise ProtocolError("mac-address")
        return cls(bytes.fromhex(re.sub("[-:.]", "", text)))

    def __str__(self) -> str:
        return self.octets.hex(":")

    @property
    def rfc3580(self) -> str:
        """`AA-BB-CC-DD-EE-FF`, as Calling-Station-Id and Called-Station-Id (RFC 3580 §3.20)."""
        return self.octets.hex("-").upper()

    @property
    def is_locally_administered(self) -> bool:
        """Whether the device made it up: a random address, for one network and a while."""
        return bool(self.octets[0] & 0x02)

    @property
    def is_device(self) -> bool:
        """Whether it can name one device: neither all zeros nor a group address."""
        return any(self.octets) and not self.octets[0] & 0x01


@dataclass(frozen=True, slots=True)
class CalledStationId:
    """Where a device is associated, as a NAS tells it: a radio and its SSID, or a server's name."""

    mac: MacAddress | None
    """The access point or gateway; None where the NAS gives a name instead (MikroTik)."""
    ssid: str | None
    """The network; None where the NAS leaves it out."""
    server_name: str | None = None
    """The name of the hotspot server, only where `mac` is absent."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what Called-Station-Id says: `MAC`, `MAC:SSID` or a server's name.

        Colons after the address belong to the SSID (RFC 3580 §3.20). A `MAC:` without more is a
        hidden or unknown SSID.

        Raises:
            ProtocolError: `called-station-id`.
        """
        _check_text(text, "called-station-id")
        found = _MAC_AND_SSID.fullmatch(text)
        if not found:
            return cls(mac=None, ssid=None, server_name=text)
        mac, ssid = found.groups()
        if ssid and len(ssid.encode()) > MAX_SSID_OCTETS:
            raise ProtocolError("called-station-id")
        return cls(mac=MacAddress.parse(mac), ssid=ssid or None)

    def __str__(self) -> str:
        if self.mac is None:
            return self.server_name or ""
        return f"{self.mac.rfc3580}:{self.ssid}" if self.ssid else self.mac.rfc3580


@dataclass(frozen=True, slots=True)
class Nai:
    """A Network Access Identifier: `user`, `@realm` or `user@realm` (RFC 7542 §2.2)."""

    username: str | None
    """Opaque to all but its own realm; None in an anonymous `@realm`."""
    realm: str | None
    """NFC, lower case; None for a local user."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the parts of an identifier.

        Raises:
            ProtocolError: `nai`. A log-in need not fail for it: a User-Name may be something else.
        """
        _check_text(text, "nai")
        username, at, realm = text.rpartition("@") if "@" in text else (text, "", "")
        if username and not _USERNAME.fullmatch(username):
            raise ProtocolError("nai")
        if (at and not _REALM.fullmatch(realm)) or not (username or at):
            raise ProtocolError("nai")
        canonical = unicodedata.normalize("NFC", realm).lower()
        return cls(username=username or None, realm=canonical or None)

    def __str__(self) -> str:
        return f"{self.username or ''}@{self.realm}" if self.realm else self.username or ""


def _check_text(text: str, reason: str) -> None:
    """Refuse what no attribute can hold or no row should: too long, not UTF-8, controls."""
    if not text or len(text) > MAX_TEXT_OCTETS:
        raise ProtocolError(reason)
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise ProtocolError(reason)
    if len(text.encode()) > MAX_TEXT_OCTETS:
        raise ProtocolError(reason)


@dataclass(frozen=True, slots=True, order=True)
class InseeCode:
    """A commune in the Code officiel géographique: text, never a number (`01004`, `2A004`)."""

    code: str
    """Five characters."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the code; whether such a commune exists is asked of `territory.communes`.

        Raises:
            ValueError: not the form of a French commune's code.
        """
        code = text.strip().upper() if len(text) <= MAX_CODE_CHARACTERS else ""
        if not _INSEE.fullmatch(code):
            raise ValueError(
                "an INSEE code: 5 digits, or 2A or 2B and 3 digits (not the postal code)"
            )
        return cls(code)

    def __str__(self) -> str:
        return self.code

    @property
    def departement(self) -> str:
        """The département or overseas collectivity it begins with: `55`, `2A`, `974`."""
        return self.code[:3] if self.code[:2] in ("97", "98") else self.code[:2]


@dataclass(frozen=True, slots=True, order=True)
class Siren:
    """A French legal unit: 9 digits closed by Luhn's key. Never derived from an INSEE code."""

    number: str
    """Nine digits."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the number; blanks between its digits are left out.

        Raises:
            ValueError: not nine digits, or a wrong key, as after a typing mistake.
        """
        number = _digits(text)
        if len(number) != 9:
            raise ValueError("a SIREN: 9 digits")
        if not _luhn(number):
            raise ValueError("a SIREN whose last digit is its key: a digit here is mistyped")
        return cls(number)

    def __str__(self) -> str:
        return self.number


@dataclass(frozen=True, slots=True, order=True)
class Siret:
    """One establishment of a legal unit: its SIREN and 5 digits, closed by Luhn's key."""

    number: str
    """Fourteen digits."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the number; blanks between its digits are left out.

        La Poste's establishments follow a rule of their own: the digits add up to a multiple of 5.

        Raises:
            ValueError: not fourteen digits, or a wrong key.
        """
        number = _digits(text)
        if len(number) != 14:
            raise ValueError("a SIRET: 14 digits")
        if not (_luhn(number) and _luhn(number[:9])) and not _la_poste(number):
            raise ValueError("a SIRET whose last digit is its key: a digit here is mistyped")
        return cls(number)

    def __str__(self) -> str:
        return self.number

    @property
    def siren(self) -> Siren:
        """The legal unit it belongs to."""
        return Siren(self.number[:9])


def _digits(text: str) -> str:
    """Return the ASCII digits of a number typed with blanks, or nothing if there is aught else."""
    number = "".join(text.split()) if len(text) <= MAX_CODE_CHARACTERS else ""
    return number if number.isascii() and number.isdigit() else ""


def _luhn(number: str) -> bool:
    """Tell whether the last digit is the key of the others (ISO/IEC 7812-1, annex B)."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2])
    return (doubled + sum(int(digit) for digit in number[-1::-2])) % 10 == 0


def _la_poste(number: str) -> bool:
    return number.startswith(_LA_POSTE) and sum(map(int, number)) % 5 == 0
