"""A certificate that signs itself is believed by who pins it, and only for its names."""

import ssl
from hashlib import sha256

import pytest

from simulation.certificate import self_signed


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> bytes:
    """Shake hands in memory; return the certificate that the client saw."""
    towards, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = client.wrap_bio(back, towards, server_hostname=name)
    other = server.wrap_bio(towards, back, server_side=True)
    for _ in range(4):
        for end in (one, other):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return one.getpeercert(binary_form=True) or b""


@pytest.mark.parametrize("name", ["127.10.1.1", "unifi.example"])
def test_it_is_believed_for_its_names(name: str) -> None:
    """What is pinned is the SHA-256 of what the server shows."""
    own = self_signed("127.10.1.1", "unifi.example")
    shown = handshake(own.server_context(), own.trusting_context(), name)
    assert sha256(shown).hexdigest() == own.fingerprint


def test_another_one_is_not_believed() -> None:
    """Nobody vouches for it."""
    own, other = self_signed("unifi.example"), self_signed("unifi.example")
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(other.server_context(), own.trusting_context(), "unifi.example")
