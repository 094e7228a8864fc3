"""openNDS with a forwarding authentication service, at its levels 1 to 4.

| level | redirect                    | way back                                  |
|-------|-----------------------------|-------------------------------------------|
| 1     | a list in base64            | the browser follows an address            |
| 2     | the list in AES-256-CBC     | the same                                  |
| 3     | as 2                        | the gateway asks us (`portal.gateways.authmon`) |
| 4     | as 1                        | as 3                                      |

Nothing signs the list: in clear anybody writes it, and AES-CBC without a MAC can be altered. What
it says is therefore only used to answer the same gateway: `rhid`, the SHA-256 of the client's hash
and the shared faskey, opens that client's access and no other's, and only at the address of the
site's record. Where the list is in AES, the key must be known before the name in it can be read:
such a gateway is named by the path, `/gateway/opennds/<code>`. Level 0 hands the browser its own
token, which opens the access without us: it is not spoken.

openNDS asks no RADIUS server: the admission is bound to the device when it is written, so devices
that do not exist could be written too; the portal counts such rights closely (`portal.throttle`).

Read from openNDS 9.10 and 10.3 (Debian); both are met: the list may hold `cpi_query`, and end in
what its owner did not add; a gateway's name may end in a space or in ` Node:` and a serial number.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv4Address
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from portal.gateways.query import CONTROL, parse_query
from portal.gateways.vocabulary import (
    LONGEST_QUERY_OCTETS,
    Allowance,
    Arrival,
    Departure,
    HandBack,
    PollBack,
    Registration,
    Situation,
    device_of,
    required,
)
from territory.errors import ProtocolError

SEPARATOR = ", "
ABSENT = "(null)"
"""What the gateway prints for a value it does not have."""
RETURN_PARAMETER = "visit"
"""The parameter of our return address that holds the signed visit."""

_HASH = re.compile(r"[0-9a-f]{64}")
_IV = re.compile(r"[0-9a-f]{16}")
_SERIAL = re.compile(r"\s+Node:[0-9A-Fa-f]*$")
_UNESCAPED = "-_.~"
_KEY_OCTETS = 32
_BLOCK_BITS = 128


@dataclass(frozen=True, slots=True)
class OpenNds:
    """openNDS at one level: the portal's port for a gateway."""

    encrypts: bool
    """Whether its list is in AES (levels 2 and 3)."""
    polls: bool
    """Whether it comes and asks who is let in (levels 3 and 4)."""

    def name_in(self, query: bytes) -> str:
        """Return the gateway's name, without a serial number behind it; not yet believed.

        Raises:
            ProtocolError: `missing-gateway`: the list is in AES, so the path must name it.
        """
        if self.encrypts:
            raise ProtocolError("missing-gateway")
        text = _decoded(required(parse_query(query), "fas"))
        return _SERIAL.sub("", unquote(required(_listed(_text(text)), "gatewayname")).strip())

    def returned_visit(self, query: bytes) -> str:
        """Return a device's visit that is online: the gateway repeats our own return address."""
        parameters = parse_query(query)
        if "fas" in parameters or parameters.get("status") != "authenticated":
            return ""
        return _visit_in(parameters.get("redir", ""))

    def read(self, query: bytes, registration: Registration) -> Arrival:
        """Return what a redirect tells; nothing of it is signed, see the module's text."""
        listed = self._list(query, registration)
        if required(listed, "gatewayaddress") != registration.login_address:
            raise ProtocolError("foreign-address")
        hid = required(listed, "hid")
        if not _HASH.fullmatch(hid):
            raise ProtocolError("bad-hid")
        return Arrival(
            situation=Situation.CAPTIVE,
            device=device_of(required(listed, "clientmac")),
            carried={"hid": hid, "ip": _address(listed.get("clientip", ""))},
        )

    def hand_back(self, registration: Registration, departure: Departure) -> HandBack | PollBack:
        """Return the address that opens this client's access, or what the gateway will be told."""
        if registration.secret is None:
            raise ProtocolError("no-secret")
        token = return_hash(required(departure.carried, "hid"), registration.secret)
        if self.polls:
            return PollBack(token, rights_of(departure.allowance))
        page = quote(departure.page_of_ours, safe=_UNESCAPED)
        query = f"tok={token}&redir={page}&custom={CUSTOM}"
        return HandBack(f"http://{registration.login_address}/opennds_auth/?{query}")

    def log_off(self, registration: Registration, carried: Mapping[str, str]) -> HandBack:
        """Return the address that closes the access of whoever asks it."""
        return HandBack(f"http://{registration.login_address}/opennds_deny/")

    def start(self, registration: Registration) -> HandBack:
        """Return `/login`, which redirects a captive device to us (RFC 8910 clients use it too)."""
        return HandBack(f"http://{registration.login_address}/login")

    def _list(self, query: bytes, registration: Registration) -> dict[str, str]:
        parameters = parse_query(query)
        octets = _decoded(required(parameters, "fas"))
        if not self.encrypts:
            return _listed(_text(octets))
        if registration.secret is None:
            raise ProtocolError("no-secret")
        return _listed(_text(_decrypted(octets, parameters.get("iv", ""), registration.secret)))


FAS1: Final = OpenNds(encrypts=False, polls=False)
FAS2: Final = OpenNds(encrypts=True, polls=False)
FAS3: Final = OpenNds(encrypts=True, polls=True)
FAS4: Final = OpenNds(encrypts=False, polls=True)
LEVELS: Final[Mapping[str, OpenNds]] = {"fas1": FAS1, "fas2": FAS2, "fas3": FAS3, "fas4": FAS4}
"""By variant."""
CUSTOM: Final = "bmE="
"""base64 of `na`: what openNDS takes for "nothing to add"; short, since a poll has little room."""


def return_hash(hid: str, faskey: str) -> str:
    """Return `rhid`: hex SHA-256 of the client's hash and the faskey, joined as text."""
    return sha256((hid.strip() + faskey.strip()).encode()).hexdigest()


def rights_of(allowance: Allowance) -> str:
    """Return what a client may do, in openNDS's units, in its order.

    Minutes, then kbit/s up and down, then kByte up and down; 0: no limit. Minutes are rounded down,
    one at least: never past the end of a right but for its last minute. Each way may carry the
    whole of a volume that counts both, because openNDS counts each by itself.
    """
    volume = 0 if allowance.octets is None else max(1, allowance.octets // 1000)
    up, down = _kbits(allowance.upload_bps), _kbits(allowance.download_bps)
    return f"{max(1, allowance.seconds // 60)} {up} {down} {volume} {volume}"


def _kbits(bps: int | None) -> int:
    return 0 if bps is None else max(1, bps // 1000)


def _visit_in(address: str) -> str:
    try:
        query = urlsplit(address).query
    except ValueError as fault:
        raise ProtocolError("bad-encoding") from fault
    return required(parse_query(query.encode()), RETURN_PARAMETER)


def _listed(text: str) -> dict[str, str]:
    """The pairs of the list; the first of a name counts."""
    listed: dict[str, str] = {}
    for pair in text.split(SEPARATOR):
        name, found, value = pair.partition("=")
        if found and value != ABSENT:
            listed.setdefault(name.strip(), value.strip())
    return listed


def _decrypted(encoded: bytes, iv: str, faskey: str) -> bytes:
    """Return the list in AES: `encoded` is base64 again, PHP's openssl_encrypt writes it so.

    The vector is 16 hexadecimal digits taken as text; the key is the faskey's octets, cut or
    filled with zeros to 32, as PHP does. Every fault has the same name.
    """
    if not _IV.fullmatch(iv):
        raise ProtocolError("bad-encoding")
    key = faskey.strip().encode()[:_KEY_OCTETS].ljust(_KEY_OCTETS, b"\0")
    decryptor = Cipher(AES(key), CBC(iv.encode())).decryptor()
    unpadder = PKCS7(_BLOCK_BITS).unpadder()
    try:
        padded = decryptor.update(_decoded(encoded.decode("ascii"))) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError as fault:
        raise ProtocolError("bad-encoding") from fault


def _decoded(encoded: str) -> bytes:
    if len(encoded) > LONGEST_QUERY_OCTETS:
        raise ProtocolError("oversized")
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError) as fault:
        raise ProtocolError("bad-encoding") from fault


def _text(octets: bytes) -> str:
    try:
        text = octets.decode()
    except UnicodeDecodeError as fault:
        raise ProtocolError("bad-encoding") from fault
    if CONTROL.search(text):
        raise ProtocolError("control-character")
    return text


def _address(text: str) -> str:
    """Return the client's private address, or nothing where none can be read."""
    try:
        return str(IPv4Address(text))
    except ValueError:
        return ""
