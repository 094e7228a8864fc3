"""Signatures that openssl checks, and keys that are refused when they are something else."""

import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from retention.manifests.signing import PublicKey, SigningKey
from territory.errors import ConfigurationError


def test_openssl_verifies_what_we_sign(tmp_path: Path) -> None:
    """64 raw octets and a PEM key are all it needs."""
    key = SigningKey.read_or_make(tmp_path / "key.pem")
    (tmp_path / "public.pem").write_bytes(key.public.pem)
    (tmp_path / "text").write_bytes(b"text")
    (tmp_path / "text.sig").write_bytes(key.sign(b"text"))
    command = "openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in text -sigfile text.sig"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)


def test_a_key_is_made_once_and_kept_to_its_owner(tmp_path: Path) -> None:
    """The second start reads the first one's key."""
    path = tmp_path / "key.pem"
    first, second = SigningKey.read_or_make(path), SigningKey.read_or_make(path)
    assert first.public == second.public
    assert path.stat().st_mode & 0o777 == 0o600
    assert PublicKey.from_pem(first.public.pem) == first.public
    assert first.public.has_signed(b"x", second.sign(b"x"))
    assert not first.public.has_signed(b"y", second.sign(b"x"))
    assert not first.public.has_signed(b"x", b"short")


def test_another_kind_of_key_is_refused(tmp_path: Path) -> None:
    """An RSA key, a text, an absent file: each is named."""
    rsa = generate_private_key(public_exponent=65537, key_size=2048)
    path = tmp_path / "key.pem"
    path.write_bytes(rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(ConfigurationError, match="Ed25519"):
        SigningKey.read(path)
    path.write_text("text")
    with pytest.raises(ConfigurationError, match="PEM"):
        SigningKey.read(path)
    with pytest.raises(ConfigurationError):
        SigningKey.read(tmp_path / "absent")
    public = rsa.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(ValueError, match="Ed25519"):
        PublicKey.from_pem(public)
