"""Single values as people write them in `territory.yaml` or a form, each with its limits.

pydantic types that take a text and give what is stored; a refusal says what was expected, in words
that complete the sentence "expected ...". The measures' upper limits are those of the attributes
that carry them (WISPr's bandwidths are 32-bit bit/s).
"""

import base64
import binascii
import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Annotated
from urllib.parse import urlsplit

import pyrage
from pydantic import AfterValidator, BeforeValidator, Field

from territory.errors import ProtocolError
from territory.identifiers import MAX_SSID_OCTETS, InseeCode, MacAddress, Siren
from territory.looks.contrast import readable_colour
from territory.looks.logo import parse_logo
from territory.measures import parse_duration, parse_rate, parse_volume
from territory.rules.opening_hours import hours_faults, parse_closed_days

MIN_SECRET_CHARACTERS = 24
_MAX_SECRET_CHARACTERS = 128
_MAX_URL_CHARACTERS = 200
_CODE = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9-]+\.)+[a-z0-9-]{2,63}")
_HOST = re.compile(
    r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*"
)
_ROLE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PHONE = re.compile(r"\+?[0-9](?: ?[0-9]){2,17}")
_SNIPPET = re.compile("[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_SENTENCE_ENDS = re.compile(r"[.!?…](\s|$)")
_MOST_WORDS, _LONGEST_SENTENCE = 15, 160
"""What guests read is that short (`portal/guest/locale/plain_words.toml`)."""
_VISIBLE = re.compile(r"[\x21-\x7e]+")
_INSIDE = tuple(
    ip_network(network)
    for network in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),  # RFC 1918
        *("100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("fc00::/7", "fe80::/10", "::1/128"),
    )
)
"""Addresses that no packet from the public Internet can carry."""


def is_inside(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether an address is private, shared, loopback or link-local: never seen in public."""
    return any(address in network for network in _INSIDE)


def _between(low: str, high: str, parse: Callable[[str], int]) -> Callable[[object], int]:
    """Return a reader of a measure that refuses what lies outside its limits."""

    def read(content: object) -> int:
        amount = parse(_text(content))
        if not parse(low) <= amount <= parse(high):
            raise ValueError(f"between {low} and {high}")
        return amount

    return read


def _text(content: object) -> str:
    if not isinstance(content, str):
        raise ValueError("a single value")
    return content


def _code(text: str) -> str:
    if not _CODE.fullmatch(text):
        raise ValueError("1 to 64 lower-case letters, digits and hyphens, such as mairie-commercy")
    return text


def _email(text: str) -> str:
    if len(text) > 254 or not _EMAIL.fullmatch(text.lower()):
        raise ValueError("an e-mail address, such as numerique@collectivite.example")
    return text.lower()


def _sponsor(text: str) -> str:
    """Return an address, or a domain whose every address may let guests in: `@commune.example`."""
    return _email(f"x{text}")[1:] if text.startswith("@") else _email(text)


def _secret(text: str) -> str:
    """Return a secret that every configuration file takes without quoting."""
    if not MIN_SECRET_CHARACTERS <= len(text) <= _MAX_SECRET_CHARACTERS or not _VISIBLE.fullmatch(
        text
    ):
        raise ValueError("a secret of 24 to 128 visible ASCII characters; or none: one is made")
    if set(text) & set("\"'\\`$"):
        raise ValueError("a secret without quotes, backslash, backquote or dollar sign")
    return text


def _address(content: object) -> IPv4Address | IPv6Address:
    try:
        found = ip_address(_text(content).strip())
    except ValueError:
        raise ValueError("one IP address, such as 10.55.0.12, without a mask") from None
    return getattr(found, "ipv4_mapped", None) or found


def _inside_address(content: object) -> IPv4Address | IPv6Address:
    found = _address(content)
    if not is_inside(found):
        raise ValueError(
            "an address inside the tunnel or the private network: "
            "RADIUS in clear from a public address is refused"
        )
    return found


def dns_name(text: str) -> str:
    """Return a host's full DNS name in lower case.

    Raises:
        ValueError: what was expected.
    """
    name = text.lower()
    if len(name) > 253 or "." not in name or not _HOST.fullmatch(name) or name[-1].isdigit():
        raise ValueError("the DNS name in a certificate, such as nas-mairie.wifi.meuse.example")
    return name


def _public_address(content: object) -> IPv4Address | IPv6Address:
    found = _address(content)
    if is_inside(found) or found.is_multicast or found.is_unspecified:
        raise ValueError("the site's address as the Internet sees it, not a private one")
    return found


def _login_address(text: str) -> str:
    host, colon, port = _host_and_port(text.lower())
    if not _is_ipv6(host) and (len(host) > 253 or not _HOST.fullmatch(host)):
        raise ValueError("the host[:port] guests log in at, such as 10.1.0.1:3990")
    if colon and not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65_536):
        raise ValueError("a port from 1 to 65535 after the colon, such as 10.1.0.1:3990")
    return text.lower()


def _host_and_port(text: str) -> tuple[str, str, str]:
    """Part a host and its port; an IPv6 address stands in brackets (RFC 3986 §3.2.2)."""
    host, bracket, rest = text.rpartition("]")
    if bracket:
        before, colon, port = rest.partition(":")
        return f"{host}]{before}", colon, port
    return text.rpartition(":") if ":" in text else (text, "", "")


def _is_ipv6(host: str) -> bool:
    try:
        IPv6Address(host[1:-1])
    except ValueError:
        return False
    return host[0] == "[" and host[-1] == "]" and "%" not in host


def _portal_base(text: str) -> str:
    plain = len(text) <= _MAX_URL_CHARACTERS and text.isascii() and text.isprintable()
    try:
        parts = urlsplit(text)
        well = plain and " " not in text and bool(parts.hostname) and parts.port != 0
    except ValueError:
        well = False
    if not well or parts.scheme not in ("http", "https"):
        raise ValueError("an http or https address, such as https://wifi.example/gateway/uspot")
    if parts.query or parts.fragment or parts.username:
        raise ValueError("an address without ?, # or @: the gateway adds its parameters to it")
    return text


def _controller_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        well = len(text) <= _MAX_URL_CHARACTERS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        well = False
    if not well or parts.scheme != "https" or parts.username or parts.query or parts.fragment:
        raise ValueError("an https address, such as https://10.55.0.9:8443")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise ValueError("an https address of visible ASCII characters")
    return text.rstrip("/")


def _certificate_digest(text: str) -> str:
    digest = text.replace(":", "").lower()
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise ValueError("the SHA-256 digest of a certificate: 64 hexadecimal digits")
    return digest


def _ssid(text: str) -> str:
    if not text.isprintable() or not 1 <= len(text.encode()) <= MAX_SSID_OCTETS:
        raise ValueError("a network's name of 1 to 32 octets (an accented letter takes two)")
    return text


def _mac(text: str) -> str:
    try:
        return str(MacAddress.parse(text))
    except ProtocolError:
        raise ValueError("a MAC address in any usual form, such as aa:bb:cc:dd:ee:ff") from None


def _opening_hours(text: str) -> str:
    if faults := hours_faults(text):
        raise ValueError("; ".join(faults).removeprefix("expected "))
    return text


def _closed_days(text: str) -> str:
    first, last = parse_closed_days(text)
    return f"{first}" if first == last else f"{first}/{last}"


def _phone(text: str) -> str:
    if not _PHONE.fullmatch(text):
        raise ValueError("a telephone number, such as 03 53 01 02 03 or +33 3 53 01 02 03")
    return text


def _sentence(text: str) -> str:
    """Return one sentence that is read at a glance: what a guest is asked to agree to."""
    is_one = text.endswith(".") and not _SENTENCE_ENDS.search(text[:-1]) and "\n" not in text
    if not is_one or not 1 <= len(text.split()) <= _MOST_WORDS or len(text) > _LONGEST_SENTENCE:
        raise ValueError(
            f"one sentence of {_MOST_WORDS} words at most, with a full stop at its end"
        )
    return text


def _gateway_role(text: str) -> str:
    if not _ROLE.fullmatch(text):
        raise ValueError("a role's name: 1 to 64 letters, digits, dots, hyphens or underscores")
    return text


def _snippet_id(text: str) -> str:
    if not _SNIPPET.fullmatch(text):
        raise ValueError("the UUID of the network, as the WiFi4EU portal gives it for its snippet")
    return text


def _snmp_community(text: str) -> str:
    if not 1 <= len(text) <= 64 or not _VISIBLE.fullmatch(text):
        raise ValueError("a community of 1 to 64 visible ASCII characters")
    return text


def _snmp_user(text: str) -> str:
    """Return a user name; RFC 3414 §5 holds it to 32 octets."""
    if not 1 <= len(text) <= 32 or not _VISIBLE.fullmatch(text):
        raise ValueError("a user name of 1 to 32 visible ASCII characters")
    return text


def _snmp_secret(text: str) -> str:
    """Return a password of SNMPv3; RFC 3414 §11.2 asks for 8 characters."""
    if not 8 <= len(text) <= 128 or not _VISIBLE.fullmatch(text):
        raise ValueError("a password of 8 to 128 visible ASCII characters")
    return text


def _age_recipient(text: str) -> str:
    try:
        pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise ValueError("an age public key: age1 and 58 characters") from None
    return text


def _signing_key(text: str) -> str:
    try:
        octets = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        octets = b""
    if len(octets) != 32:
        raise ValueError("an Ed25519 public key: 32 octets in base64")
    return text


def _private_range(text: str) -> str:
    """Return two private IPv4 addresses in order, `10.1.0.10-10.1.0.250`."""
    first, _, last = text.replace(" ", "").partition("-")
    try:
        low, high = IPv4Address(first), IPv4Address(last)
    except ValueError:
        low, high = IPv4Address(1), IPv4Address(0)
    if not (low <= high and is_inside(low) and is_inside(high)):
        raise ValueError("two private IPv4 addresses in order, such as 10.1.0.10-10.1.0.250")
    return f"{low}-{high}"


Address = IPv4Address | IPv6Address
PrivateRange = Annotated[str, AfterValidator(_private_range)]
Port = Annotated[int, Field(ge=1, le=65_535)]
Code = Annotated[str, AfterValidator(_code)]
Name = Annotated[str, Field(min_length=1, max_length=120)]
Email = Annotated[str, AfterValidator(_email)]
Sponsor = Annotated[str, AfterValidator(_sponsor)]
Sentence = Annotated[str, AfterValidator(_sentence)]
Insee = Annotated[str, AfterValidator(lambda text: InseeCode.parse(text).code)]
SirenNumber = Annotated[str, AfterValidator(lambda text: Siren.parse(text).number)]
SessionTime = Annotated[int, BeforeValidator(_between("1 min", "31 d", parse_duration))]
DayTime = Annotated[int, BeforeValidator(_between("1 min", "1 d", parse_duration))]
MonthTime = Annotated[int, BeforeValidator(_between("1 min", "31 d", parse_duration))]
IdleTime = Annotated[int, BeforeValidator(_between("1 min", "1 d", parse_duration))]
InterimTime = Annotated[int, BeforeValidator(_between("1 min", "1 h", parse_duration))]
Rate = Annotated[int, BeforeValidator(_between("64 kbit/s", "4 Gbit/s", parse_rate))]
Volume = Annotated[int, BeforeValidator(_between("1 MB", "1000 TB", parse_volume))]
OpeningHoursText = Annotated[str, AfterValidator(_opening_hours)]
ClosedDays = Annotated[str, AfterValidator(_closed_days)]
PhoneText = Annotated[str, AfterValidator(_phone)]
GatewayRole = Annotated[str, AfterValidator(_gateway_role)]
Secret = Annotated[str, AfterValidator(_secret)]
Ssid = Annotated[str, AfterValidator(_ssid)]
LoginAddress = Annotated[str, AfterValidator(_login_address)]
PortalBase = Annotated[str, AfterValidator(_portal_base)]
ControllerUrl = Annotated[str, AfterValidator(_controller_url)]
Colour = Annotated[str, AfterValidator(readable_colour)]
LogoText = Annotated[str, AfterValidator(parse_logo)]
SnippetId = Annotated[str, AfterValidator(_snippet_id)]
MessageCount = Annotated[int, Field(ge=1, le=1_000_000)]
ControllerPassword = Annotated[str, Field(min_length=1, max_length=512)]
SnmpCommunity = Annotated[str, AfterValidator(_snmp_community)]
SnmpUser = Annotated[str, AfterValidator(_snmp_user)]
SnmpSecret = Annotated[str, AfterValidator(_snmp_secret)]
CertificateDigest = Annotated[str, AfterValidator(_certificate_digest)]
AgeRecipient = Annotated[str, AfterValidator(_age_recipient)]
SigningKey = Annotated[str, AfterValidator(_signing_key)]
MacText = Annotated[str, AfterValidator(_mac)]
AnyAddress = Annotated[Address, BeforeValidator(_address)]
TlsName = Annotated[str, AfterValidator(dns_name)]
InsideAddress = Annotated[Address, BeforeValidator(_inside_address)]
PublicAddress = Annotated[Address, BeforeValidator(_public_address)]
PublicIPv4 = Annotated[IPv4Address, BeforeValidator(_public_address)]
