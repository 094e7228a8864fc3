"""What a gateway shows to RADIUS for a guest, once it has read a log-in. Pure values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pap:
    """A password to be hidden in User-Password."""

    password: bytes


@dataclass(frozen=True, slots=True)
class Chap:
    """A response to be forwarded in CHAP-Password."""

    ident: int
    """0 to 255."""
    response: bytes
    """16 octets."""
    challenge: bytes
    """What CHAP-Challenge carries: the octets that were answered to."""


Credential = Pap | Chap
