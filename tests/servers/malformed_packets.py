"""Every rule of the RFCs on malformed packets, as octets and what they get from this server.

One table for the unit test, for the running server's counters and for the fuzzer's first seeds.
Octets are made with hashlib and hmac alone (`tests/servers/radius.py`). An outcome is the reason
word of the counter: of a discard, or of the reply where the packet is answered all the same. A rule
that this server keeps its own way says so in its name: `tolerated`, or `(SHOULD)`.
"""

import hashlib
import hmac
import struct
from typing import Final, NamedTuple

from tests.servers.radius import attribute, hide, sign_request
from tests.servers.territory import SHARED_SECRET

ACCESS, ACCOUNTING = "access", "accounting"
SECRET: Final = SHARED_SECRET.encode()
AUTHENTICATOR: Final = bytes(range(100, 116))
_ZEROS: Final = bytes(16)
STATION: Final = attribute(31, "8A-56-7E-F9-10-E4")
NAME: Final = attribute(1, "a" * 26)
WRONG_PASSWORD: Final = attribute(2, hide(b"guess", SECRET, AUTHENTICATOR))
LOG_IN: Final = NAME + WRONG_PASSWORD + STATION
CHAP: Final = attribute(3, bytes(17))
EAP: Final = attribute(79, b"\x02\x01\x00\x05\x01")
REFUSED: Final = "wrong_password"
"""What a well-formed log-in with a wrong password gets: proof that the rest was read."""


class Malformed(NamedTuple):
    """One rule and a packet that breaks it, or just keeps it."""

    name: str
    """The rule, in words."""
    clause: str
    """Where it stands."""
    kind: str
    """The port it is sent to."""
    octets: bytes
    outcome: str
    """The word it is counted under."""


def access(body: bytes, code: int = 1, *, signed: bool = True) -> bytes:
    """Return an Access-Request, or another kind signed in the same way."""
    return sign_request(code, 7, AUTHENTICATOR, body, SECRET if signed else None)


def accounting(body: bytes, code: int = 4, secret: bytes = SECRET) -> bytes:
    """Return an Accounting-Request with its digest."""
    head = struct.pack("!BBH", code, 7, 20 + len(body))
    return head + hashlib.md5(head + _ZEROS + body + secret).digest() + body


def raw(body: bytes, code: int = 1, length: int | None = None) -> bytes:
    """Return a packet without any proof, its Length as said."""
    said = 20 + len(body) if length is None else length
    return struct.pack("!BBH", code, 7, said) + AUTHENTICATOR + body


def _signed_last(body: bytes) -> bytes:
    head = raw(body + attribute(80, _ZEROS))
    return head[:-16] + hmac.digest(SECRET, head, "md5")


def _signed_twice() -> bytes:
    """Return a request whose first signature is right and covers a second one."""
    return access(LOG_IN + attribute(80, _ZEROS))


def _signature_of(octets: int) -> bytes:
    return raw(LOG_IN + attribute(80, bytes(octets)))


_START = attribute(40, 1) + attribute(44, "s-1") + STATION
_LONGEST = access(LOG_IN)

MALFORMED: Final[tuple[Malformed, ...]] = (
    # --- The header ---------------------------------------------------------------------------
    Malformed("an empty datagram", "RFC 2865 §3", ACCESS, b"", "truncated"),
    Malformed("one octet", "RFC 2865 §3", ACCESS, b"\x01", "truncated"),
    Malformed("19 octets", "RFC 2865 §3", ACCESS, raw(b"")[:19], "truncated"),
    Malformed("Length under 20", "RFC 2865 §3", ACCESS, raw(b"", length=19), "length"),
    Malformed("Length of nothing", "RFC 2865 §3", ACCESS, raw(b"", length=0), "length"),
    Malformed("Length over 4096", "RFC 2865 §3", ACCESS, raw(bytes(4077), length=4097), "length"),
    Malformed("Length past the end", "RFC 2865 §3", ACCESS, raw(b"", length=21), "truncated"),
    Malformed("padding is ignored", "RFC 2865 §3", ACCESS, _LONGEST + bytes(9), REFUSED),
    Malformed("the same for accounting", "RFC 2866 §3", ACCOUNTING, raw(b"", 4)[:19], "truncated"),
    Malformed("Length under 20", "RFC 2866 §3", ACCOUNTING, raw(b"", 4, 19), "length"),
    Malformed("Length past the end", "RFC 2866 §3", ACCOUNTING, raw(b"", 4, 99), "truncated"),
    # --- The code -----------------------------------------------------------------------------
    Malformed("code 0", "RFC 2865 §3", ACCESS, access(b"", 0), "code"),
    Malformed("Access-Accept to a server", "RFC 2865 §3", ACCESS, access(b"", 2), "code"),
    Malformed("Access-Challenge to a server", "RFC 2865 §3", ACCESS, access(b"", 11), "code"),
    Malformed("accounting on 1812", "RFC 2866 §3", ACCESS, accounting(_START), "code"),
    Malformed("access on 1813", "RFC 2865 §3", ACCOUNTING, access(LOG_IN), "code"),
    Malformed("Accounting-Response", "RFC 2866 §3", ACCOUNTING, accounting(b"", 5), "code"),
    Malformed("Disconnect-Request", "RFC 5176 §3", ACCESS, accounting(b"", 40), "code"),
    Malformed("CoA-Request", "RFC 5176 §3", ACCOUNTING, accounting(b"", 43), "code"),
    Malformed("an unknown code", "RFC 2865 §3", ACCESS, access(b"", 255), "code"),
    # --- Lengths of attributes ----------------------------------------------------------------
    Malformed(
        "an attribute of length 0 (SHOULD be refused in words, but it cannot be verified)",
        "RFC 2865 §5", ACCESS, raw(b"\x01\x00"), "attribute-length",
    ),
    Malformed("an attribute of length 1", "RFC 2865 §5", ACCESS, raw(b"\x01\x01"),
              "attribute-length"),
    Malformed("an attribute past the end", "RFC 2865 §5", ACCESS, raw(b"\x01\x05ab"),
              "attribute-length"),
    Malformed("a lone type", "RFC 2865 §5", ACCESS, raw(LOG_IN + b"\x50"), "attribute-length"),
    Malformed("255 in an empty packet", "RFC 2865 §5", ACCESS, raw(b"\x01\xff"),
              "attribute-length"),
    Malformed("accounting, an attribute past the end", "RFC 2866 §5", ACCOUNTING,
              accounting(_START + b"\x08\x09"), "attribute-length"),
    Malformed("an empty attribute, tolerated", "RFC 2865 §5", ACCESS,
              access(LOG_IN + b"\x12\x02"), REFUSED),
    Malformed("an empty User-Name, tolerated", "RFC 2865 §5.1", ACCESS,
              access(b"\x01\x02" + WRONG_PASSWORD + STATION), REFUSED),
    Malformed("a Vendor-Specific of two octets, tolerated", "RFC 2865 §5.26", ACCESS,
              access(LOG_IN + attribute(26, b"\x00\x00")), REFUSED),
    Malformed("a vendor attribute past its end, tolerated", "RFC 2865 §5.26", ACCESS,
              access(LOG_IN + attribute(26, b"\x00\x00\x37\x2a\x07\xff\x00")), REFUSED),
    Malformed("an unknown attribute, tolerated", "RFC 2865 §5", ACCESS,
              access(LOG_IN + attribute(250, b"x")), REFUSED),
    Malformed("a cut extended attribute, tolerated", "RFC 6929 §2.2", ACCESS,
              access(LOG_IN + attribute(245, b"\x01")), REFUSED),
    Malformed("a fragment without its end, tolerated", "RFC 6929 §2.2", ACCESS,
              access(LOG_IN + attribute(246, b"\x01\x80" + bytes(251))), REFUSED),
    Malformed("a nested TLV of length 0, tolerated", "RFC 6929 §2.3", ACCESS,
              access(LOG_IN + attribute(241, b"\x01\x01\x00")), REFUSED),
    # --- Signatures ---------------------------------------------------------------------------
    Malformed("unsigned", "CVE-2024-3596", ACCESS, access(LOG_IN, signed=False), "unsigned"),
    Malformed("unsigned, with Proxy-State", "CVE-2024-3596", ACCESS,
              access(LOG_IN + attribute(33, b"x"), signed=False), "unsigned"),
    Malformed("a wrong signature", "RFC 3579 §3.2", ACCESS, _signature_of(16),
              "message-authenticator"),
    Malformed("a signature of 15 octets", "RFC 3579 §3.2", ACCESS, _signature_of(15),
              "message-authenticator"),
    Malformed("a signature of 17 octets", "RFC 3579 §3.2", ACCESS, _signature_of(17),
              "message-authenticator"),
    Malformed("an empty signature", "RFC 3579 §3.2", ACCESS, _signature_of(0),
              "message-authenticator"),
    Malformed("two signatures", "RFC 3579 §3.3", ACCESS, _signed_twice(),
              "message-authenticator"),
    Malformed("the signature stands last, tolerated", "RFC 3579 §3.2", ACCESS,
              _signed_last(LOG_IN), REFUSED),
    Malformed("EAP, unsigned", "RFC 3579 §3.1", ACCESS, access(NAME + EAP, signed=False),
              "unsigned-eap"),
    Malformed("a wrong Request Authenticator", "RFC 5080 §2.3.3", ACCOUNTING,
              accounting(_START, secret=b"another secret"), "request-authenticator"),
    Malformed("accounting with random Request Authenticator", "RFC 2866 §3", ACCOUNTING,
              raw(_START, 4), "request-authenticator"),
    Malformed("accounting with a wrong signature", "RFC 5080 §2.3.3", ACCOUNTING,
              accounting(_START + attribute(80, _ZEROS)), "message-authenticator"),
    Malformed("accounting with two signatures", "RFC 5080 §2.3.3", ACCOUNTING,
              accounting(_START + attribute(80, _ZEROS) * 2), "message-authenticator"),
    # --- Status-Server ------------------------------------------------------------------------
    Malformed("Status-Server, unsigned", "RFC 5997 §3", ACCESS, access(b"", 12, signed=False),
              "unsigned"),
    Malformed("Status-Server, wrongly signed", "RFC 5997 §3", ACCESS,
              raw(attribute(80, _ZEROS), 12), "message-authenticator"),
    Malformed("Status-Server for accounting, unsigned", "RFC 5997 §3", ACCOUNTING,
              access(b"", 12, signed=False), "unsigned"),
    # --- Passwords ----------------------------------------------------------------------------
    Malformed("User-Password and CHAP-Password", "RFC 2865 §4.1", ACCESS,
              access(LOG_IN + CHAP), "two_passwords"),
    Malformed("no password at all", "RFC 2865 §4.1", ACCESS, access(NAME + STATION),
              "no_password"),
    Malformed("User-Password of 15 octets", "RFC 2865 §5.2", ACCESS,
              access(NAME + attribute(2, bytes(15)) + STATION), "malformed_password"),
    Malformed("User-Password of 17 octets", "RFC 2865 §5.2", ACCESS,
              access(NAME + attribute(2, bytes(17)) + STATION), "malformed_password"),
    Malformed("User-Password of 144 octets", "RFC 2865 §5.2", ACCESS,
              access(NAME + attribute(2, bytes(144)) + STATION), "malformed_password"),
    Malformed("an empty User-Password", "RFC 2865 §5.2", ACCESS,
              access(NAME + b"\x02\x02" + STATION), "malformed_password"),
    Malformed("CHAP-Password of 16 octets", "RFC 2865 §5.3", ACCESS,
              access(NAME + attribute(3, bytes(16)) + STATION), "malformed_password"),
    Malformed("CHAP-Password of 18 octets", "RFC 2865 §5.3", ACCESS,
              access(NAME + attribute(3, bytes(18)) + STATION), "malformed_password"),
    Malformed("EAP and User-Password", "RFC 3579 §3.3", ACCESS, access(LOG_IN + EAP),
              "eap_not_offered"),
    Malformed("an EAP-Message of one octet", "RFC 3579 §3.1", ACCESS,
              access(NAME + attribute(79, b"\x02")), "eap_not_offered"),
    Malformed("no NAS address and no NAS-Identifier, tolerated", "RFC 2865 §4.1", ACCESS,
              access(LOG_IN), REFUSED),
    Malformed("Proxy-States stay in order", "RFC 2865 §5.33", ACCESS,
              access(attribute(33, b"1") + LOG_IN + attribute(33, b"2") + attribute(33, b"1")),
              REFUSED),
)  # fmt: skip
