"""Ed25519 signatures (RFC 8032) as bare 64-octet files, keys as PEM files.

`openssl pkeyutl -verify -pubin -inkey KEY.pem -rawin -in FILE -sigfile FILE.sig` checks one.
"""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from retention import durable
from territory.errors import ConfigurationError, Fault


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that checks signatures."""

    raw: bytes
    """32 octets."""

    @classmethod
    def from_pem(cls, pem: bytes) -> "PublicKey":
        """Return the key of a PEM file.

        Raises:
            ValueError: not an Ed25519 public key.
        """
        try:
            key = load_pem_public_key(pem)
        except UnsupportedAlgorithm as fault:
            raise ValueError("not an Ed25519 public key") from fault
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError("not an Ed25519 public key")
        return cls(key.public_bytes(Encoding.Raw, PublicFormat.Raw))

    @classmethod
    def from_base64(cls, text: str) -> "PublicKey":
        """Return the key of an operator's record; what is no key has signed nothing."""
        try:
            return cls(base64.b64decode(text))
        except ValueError:
            return cls(b"")

    @property
    def pem(self) -> bytes:
        """The key as openssl reads it."""
        key = Ed25519PublicKey.from_public_bytes(self.raw)
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the 32 octets, in hexadecimal: what people compare."""
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def base64(self) -> str:
        """The 32 octets in base64: how an operator's record holds it."""
        return base64.b64encode(self.raw).decode()

    def has_signed(self, content: bytes, signature: bytes) -> bool:
        """Whether `signature` (64 octets) over `content` is this key's."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, content)
        except (InvalidSignature, ValueError):
            return False
        return True


class SigningKey:
    """A private key, on the machine of who signs."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public = PublicKey(raw)

    @classmethod
    def generate(cls) -> "SigningKey":
        """Return a fresh key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def read(cls, path: Path) -> "SigningKey":
        """Return the key of a PEM file (PKCS #8, without a passphrase).

        Raises:
            ConfigurationError: the file cannot be read or holds something else.
        """
        try:
            key = load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as fault:
            raise ConfigurationError([Fault(str(path), f"expected a PEM key: {fault}")]) from fault
        if not isinstance(key, Ed25519PrivateKey):
            raise ConfigurationError([Fault(str(path), "expected an Ed25519 private key")])
        return cls(key)

    @classmethod
    def read_or_make(cls, path: Path) -> "SigningKey":
        """Return the key at `path`, made (mode 0600) the first time."""
        if not path.exists():
            durable.write(path, cls.generate().pem, mode=0o600)
        return cls.read(path)

    @property
    def pem(self) -> bytes:
        """The private key as a PEM file."""
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, content: bytes) -> bytes:
        """Return the 64-octet signature over `content`."""
        return self._key.sign(content)
