"""RADIUS octets for the load generator: requests encoded ahead of time, replies verified.

Written apart from radius/protocol on purpose, so that the server and what measures it cannot be
wrong alike, and kept to what a NAS of a hotspot sends. Sizes: 150 to 220 octets a request.
Sources: RFC 2865 §3 and §5, RFC 2866 §3 and §5, RFC 2869 §5.14 (RFC 3579 §3.2).
"""

import hashlib
import hmac
import struct
from dataclasses import dataclass
from enum import IntEnum

ACCESS_REQUEST, ACCESS_ACCEPT, ACCOUNTING_REQUEST, ACCOUNTING_RESPONSE = 1, 2, 4, 5
MESSAGE_AUTHENTICATOR = 80
NO_AUTHENTICATOR = bytes(16)


class Status(IntEnum):
    """Acct-Status-Type (RFC 2866 §5.1)."""

    START = 1
    STOP = 2
    INTERIM = 3


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Somebody the generator logs in: known to both servers under the same name and password."""

    user_name: str
    password: str
    number: int
    """Gives the device's MAC address and inside address."""

    @property
    def calling_station_id(self) -> str:
        """A locally administered MAC address of this subscriber's own, in capitals with hyphens."""
        return f"02-00-{self.number.to_bytes(4).hex('-').upper()}"


@dataclass(frozen=True, slots=True)
class Report:
    """One accounting record to send."""

    status: Status
    acct_session_id: str
    session_seconds: int
    download_octets: int


def _attribute(kind: int, value: bytes) -> bytes:
    return bytes((kind, len(value) + 2)) + value


def _number(kind: int, value: int) -> bytes:
    return _attribute(kind, struct.pack("!I", value))


def _text(kind: int, value: str) -> bytes:
    return _attribute(kind, value.encode())


def _nas_and_device(subscriber: Subscriber) -> bytes:
    return b"".join(
        (
            _attribute(4, bytes((127, 0, 0, 1))),  # NAS-IP-Address
            _text(32, "benchmark-gateway"),  # NAS-Identifier
            _number(5, subscriber.number & 0xFFFF),  # NAS-Port
            _number(61, 19),  # NAS-Port-Type = Wireless-802.11
            _text(30, "00-11-22-33-44-55:Wi-Fi public"),  # Called-Station-Id
            _text(31, subscriber.calling_station_id),
        )
    )


def hide_password(password: bytes, shared_secret: bytes, request_authenticator: bytes) -> bytes:
    """User-Password as it travels, a multiple of 16 octets (RFC 2865 §5.2)."""
    padded = password + bytes(-len(password) % 16)
    hidden, previous = b"", request_authenticator
    for at in range(0, len(padded), 16):
        key = hashlib.md5(shared_secret + previous).digest()
        previous = bytes(a ^ b for a, b in zip(padded[at : at + 16], key, strict=True))
        hidden += previous
    return hidden


def encode_access_request(
    subscriber: Subscriber, shared_secret: bytes, identifier: int, request_authenticator: bytes
) -> bytes:
    """A PAP Access-Request whose first attribute is its Message-Authenticator."""
    password = hide_password(subscriber.password.encode(), shared_secret, request_authenticator)
    rest = b"".join(
        (
            _text(1, subscriber.user_name),
            _attribute(2, password),
            _number(6, 1),  # Service-Type = Login
            _nas_and_device(subscriber),
        )
    )
    head = struct.pack("!BBH", ACCESS_REQUEST, identifier, 20 + 18 + len(rest))
    head += request_authenticator
    unsigned = head + _attribute(MESSAGE_AUTHENTICATOR, NO_AUTHENTICATOR) + rest
    signature = hmac.digest(shared_secret, unsigned, "md5")
    return head + _attribute(MESSAGE_AUTHENTICATOR, signature) + rest


def encode_accounting_request(
    subscriber: Subscriber, report: Report, shared_secret: bytes, identifier: int, sent_at: int
) -> bytes:
    """A Start, Interim or Stop as a gateway sends it; `sent_at` in Unix seconds (RFC 2866 §4.1)."""
    parts = [
        _number(40, report.status),
        _text(44, report.acct_session_id),
        _text(1, subscriber.user_name),
        _nas_and_device(subscriber),
        _attribute(8, (0x0A000000 | subscriber.number & 0xFFFFFF).to_bytes(4)),  # Framed-IP-Address
        _number(55, sent_at),  # Event-Timestamp
        _number(41, 0),  # Acct-Delay-Time
    ]
    if report.status is not Status.START:
        parts += [
            _number(46, report.session_seconds),
            _number(42, report.download_octets // 8),  # Acct-Input-Octets: what the guest uploads
            _number(43, report.download_octets),
            _number(47, report.download_octets // 8000),
            _number(48, report.download_octets // 1000),
        ]
    if report.status is Status.STOP:
        parts.append(_number(49, 1))  # Acct-Terminate-Cause = User-Request
    attributes = b"".join(parts)
    head = struct.pack("!BBH", ACCOUNTING_REQUEST, identifier, 20 + len(attributes))
    body = attributes + shared_secret
    return head + hashlib.md5(head + NO_AUTHENTICATOR + body).digest() + attributes


class Verifier:
    """Checks replies from one server; keyed once, since it runs for every reply."""

    def __init__(self, shared_secret: bytes) -> None:
        self._shared_secret = shared_secret
        key = shared_secret if len(shared_secret) <= 64 else hashlib.md5(shared_secret).digest()
        self._inner = hashlib.md5(bytes(octet ^ 0x36 for octet in key.ljust(64, b"\0")))
        self._outer = hashlib.md5(bytes(octet ^ 0x5C for octet in key.ljust(64, b"\0")))

    def fault(self, reply: bytes, request_authenticator: bytes) -> str | None:
        """What is wrong with a reply to the request of that authenticator; None when it is good."""
        if len(reply) < 20 or int.from_bytes(reply[2:4]) != len(reply):
            return "length"
        head, attributes = reply[:4], reply[20:]
        expected = hashlib.md5(head + request_authenticator + attributes + self._shared_secret)
        if expected.digest() != reply[4:20]:
            return "authenticator"
        return self._signature_fault(head + request_authenticator, attributes)

    def _signature_fault(self, head: bytes, attributes: bytes) -> str | None:
        at, end = 0, len(attributes)
        while at < end:
            length = attributes[at + 1] if at + 1 < end else 0
            if length < 2 or at + length > end:
                return "attributes"
            if attributes[at] == MESSAGE_AUTHENTICATOR:
                zeroed = attributes[: at + 2] + NO_AUTHENTICATOR + attributes[at + 18 :]
                good = length == 18 and self._sign(head + zeroed) == attributes[at + 2 : at + 18]
                return None if good else "message_authenticator"
            at += length
        return None

    def _sign(self, octets: bytes) -> bytes:
        """HMAC-MD5 from states keyed beforehand (RFC 2104 §2): a third of hmac.digest's time."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(octets)
        outer.update(inner.digest())
        return outer.digest()
