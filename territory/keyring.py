"""The base's one master key, and what is made of it.

Shared secrets of NAS and gateways are sealed at rest with it (Fernet: AES-128-CBC and
HMAC-SHA256); keys for one purpose each (visit signatures, credentials, database passwords) are
derived from it (HKDF-SHA256, RFC 5869), so that no two uses share a key. It lies in a file of its
own, or comes from the environment (`SOCLE_SECURITY__MASTER_KEY`) where a vault gives it out.
Losing it means new shared secrets for every gateway, so `socle doctor` names where it lies.
"""

import base64
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from territory.errors import ConfigurationError, Fault
from territory.settings import Settings

_KEY_OCTETS = 32


class Keyring:
    """Seals secrets at rest and derives one key for each purpose from the master key."""

    def __init__(self, master: bytes) -> None:
        if len(master) != _KEY_OCTETS:
            raise ConfigurationError(
                [Fault("security.key_file", f"expected {_KEY_OCTETS} octets, found {len(master)}")]
            )
        self._master = master
        self._fernet = Fernet(base64.urlsafe_b64encode(self.derive("sealed at rest")))

    @classmethod
    def of(cls, settings: Settings, *, create: bool = False) -> "Keyring":
        """Return the keyring of the settings: the key they hold, or else their key file's.

        Args:
            settings: the base's.
            create: whether to make the file where there is neither; never where a key is given.

        Raises:
            ConfigurationError: there is none, or it is not 32 octets in base64.
        """
        given = settings.security.master_key
        if given is not None:
            return cls.parse(given.get_secret_value())
        return cls.load_or_create(settings.key_file) if create else cls.load(settings.key_file)

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """Return the keyring of a master key in base64.

        Raises:
            ConfigurationError: not 32 octets in base64; the text is not repeated.
        """
        try:
            master = base64.b64decode(text.strip(), validate=True)
        except ValueError:
            master = b""
        if len(master) != _KEY_OCTETS:
            expected = f"expected {_KEY_OCTETS} octets in base64, found something else"
            raise ConfigurationError([Fault("security.master_key", expected)])
        return cls(master)

    @classmethod
    def load(cls, path: Path) -> "Keyring":
        """Return the keyring of a key file.

        Raises:
            ConfigurationError: the file is absent, unreadable or not 32 octets in base64.
        """
        try:
            return cls(base64.b64decode(path.read_text().strip(), validate=True))
        except (OSError, ValueError) as fault:
            raise ConfigurationError(
                [Fault("security.key_file", f"expected a readable master key: {fault}")]
            ) from fault

    @classmethod
    def load_or_create(cls, path: Path) -> "Keyring":
        """Return the keyring of `path`, making the file (mode 0600) at the first start."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = base64.b64encode(secrets.token_bytes(_KEY_OCTETS)).decode()
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(fresh + "\n")
        return cls.load(path)

    def derive(self, purpose: str) -> bytes:
        """Return the 32-octet key of one purpose (RFC 5869); the same purpose, the same key."""
        kdf = HKDF(SHA256(), length=_KEY_OCTETS, salt=None, info=b"socle " + purpose.encode())
        return kdf.derive(self._master)

    def seal(self, secret: str) -> bytes:
        """Return `secret` encrypted and authenticated, for a column that ends in `_sealed`."""
        return self._fernet.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """Return what `seal` was given.

        Raises:
            ConfigurationError: sealed with another master key, or damaged.
        """
        try:
            return self._fernet.decrypt(bytes(sealed)).decode()
        except InvalidToken as fault:
            raise ConfigurationError(
                [Fault("security.key_file", "expected the master key that sealed the secrets")]
            ) from fault
