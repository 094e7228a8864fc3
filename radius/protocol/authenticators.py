"""What proves that a packet comes from who shares a secret with us: RADIUS's authenticators.

Each NAS has one `SharedSecret`, which keeps MD5 states already fed with its secret, so that a
signature costs two copies instead of two key set-ups (0.6 us instead of 1.8). MD5 is what the
RFCs prescribe here; what it no longer protects is protected by the link (CVE-2024-3596, and
Message-Authenticator always first in a reply).
"""

import hashlib
import hmac
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from radius.protocol.numbers import MESSAGE_AUTHENTICATOR, MIN_PACKET_OCTETS
from radius.protocol.packet import encode, position
from territory.errors import ProtocolError

try:  # CPython's own MD5: not a public module, but free of OpenSSL's set-up cost at each call
    from _md5 import md5 as _builtin_md5  # type: ignore[import-not-found]
except ImportError:
    _builtin_md5 = None

if TYPE_CHECKING:
    from hashlib import _Hash

AUTHENTICATOR_OCTETS: Final = 16
ZEROS: Final = bytes(AUTHENTICATOR_OCTETS)
_UNSIGNED: Final = bytes((MESSAGE_AUTHENTICATOR, 2 + AUTHENTICATOR_OCTETS)) + ZEROS
_SIGNED_HEAD: Final = _UNSIGNED[:2]
_HEAD: Final = 4
_BLOCK: Final = 64
_INNER: Final = bytes(octet ^ 0x36 for octet in range(256))
_OUTER: Final = bytes(octet ^ 0x5C for octet in range(256))


def openssl_md5(octets: bytes = b"") -> "_Hash":
    """Return hashlib's MD5, told that nothing is secured by it alone."""
    return hashlib.md5(octets, usedforsecurity=False)


md5: "Final[Callable[[bytes], _Hash]]" = _builtin_md5 or openssl_md5
"""MD5 (RFC 1321) of octets, with `digest`, `update` and `copy`."""


class SharedSecret:
    """A NAS's shared secret, ready to verify and to sign."""

    __slots__ = ("_inner", "_keystream", "_octets", "_outer")

    def __init__(self, secret: bytes) -> None:
        """Take the secret's octets.

        Raises:
            ValueError: empty (RFC 2865 §3).
        """
        if not secret:
            raise ValueError("a shared secret holds one octet at least")
        key = secret if len(secret) <= _BLOCK else md5(secret).digest()
        block = key.ljust(_BLOCK, b"\0")
        self._octets = secret
        self._inner = md5(block.translate(_INNER))
        self._outer = md5(block.translate(_OUTER))
        self._keystream = md5(secret)

    def keystream(self, previous: bytes) -> bytes:
        """Return MD5(secret + previous), 16 octets: User-Password's `b_i` (RFC 2865 §5.2)."""
        state = self._keystream.copy()
        state.update(previous)
        return state.digest()

    def sign(self, octets: bytes) -> bytes:
        """Return HMAC-MD5 of `octets` (RFC 2104), 16 octets."""
        inner = self._inner.copy()
        inner.update(octets)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()

    def digest(self, octets: bytes) -> bytes:
        """Return MD5(octets + secret), 16 octets, as every digest authenticator is made."""
        return md5(octets + self._octets).digest()

    def verify_message_authenticator(self, octets: bytes, authenticator: bytes) -> None:
        """Check Message-Authenticator (RFC 3579 §3.2) of a packet that carries one.

        Args:
            octets: the whole packet.
            authenticator: what stands in the header while signing: the request's own for an
                Access-Request, Status-Server and every reply; zeros for the other requests.

        Raises:
            ProtocolError: `message-authenticator`.
        """
        at = position(octets, MESSAGE_AUTHENTICATOR)
        end = at + AUTHENTICATOR_OCTETS
        if octets[at - 1] != 2 + AUTHENTICATOR_OCTETS:
            raise ProtocolError("message-authenticator")
        signed = (
            octets[:_HEAD] + authenticator + octets[MIN_PACKET_OCTETS:at] + ZEROS + octets[end:]
        )
        if not hmac.compare_digest(self.sign(signed), octets[at:end]):
            raise ProtocolError("message-authenticator")

    def verify_request_authenticator(self, octets: bytes) -> None:
        """Check the digest of an Accounting-, Disconnect- or CoA-Request (RFC 2866 §3).

        Raises:
            ProtocolError: `request-authenticator`.
        """
        expected = self.digest(octets[:_HEAD] + ZEROS + octets[MIN_PACKET_OCTETS:])
        if not hmac.compare_digest(expected, octets[_HEAD:MIN_PACKET_OCTETS]):
            raise ProtocolError("request-authenticator")

    def verify_reply(self, octets: bytes, request_authenticator: bytes) -> None:
        """Check the Response Authenticator of a reply (RFC 2865 §3).

        Raises:
            ProtocolError: `response-authenticator`.
        """
        expected = self.digest(octets[:_HEAD] + request_authenticator + octets[MIN_PACKET_OCTETS:])
        if not hmac.compare_digest(expected, octets[_HEAD:MIN_PACKET_OCTETS]):
            raise ProtocolError("response-authenticator")

    def signed_reply(
        self, code: int, identifier: int, request_authenticator: bytes, attributes: bytes
    ) -> bytes:
        """Return a reply whose first attribute is its Message-Authenticator (CVE-2024-3596)."""
        unsigned = encode(code, identifier, request_authenticator, _UNSIGNED + attributes)
        body = _SIGNED_HEAD + self.sign(unsigned) + attributes
        digest = md5(unsigned[:MIN_PACKET_OCTETS] + body + self._octets).digest()
        return unsigned[:_HEAD] + digest + body

    def plain_reply(
        self, code: int, identifier: int, request_authenticator: bytes, attributes: bytes
    ) -> bytes:
        """Return a reply without Message-Authenticator: an Accounting-Response (RFC 2866 §4.2)."""
        head = encode(code, identifier, request_authenticator, attributes)[:_HEAD]
        return self._reply(head, request_authenticator, attributes)

    def digest_request(self, code: int, identifier: int, attributes: bytes) -> bytes:
        """Return an Accounting-, Disconnect- or CoA-Request with its digest (RFC 5176 §2.3)."""
        unsigned = encode(code, identifier, ZEROS, attributes)
        return unsigned[:_HEAD] + self.digest(unsigned) + attributes

    def _reply(self, head: bytes, request_authenticator: bytes, body: bytes) -> bytes:
        return head + self.digest(head + request_authenticator + body) + body
