"""A synthetic guest's own NAS and gateway: its code, and the secrets that everybody derives alike.

Supervision describes a probe by a row without any secret (`territory.probe`); portal, RADIUS and
supervision each make its secrets of the master key and the row's identifier. So whoever may write
such rows has chosen nothing but an address. Pure.
"""

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Final
from uuid import UUID

from territory.keyring import Keyring

MARK: Final = "~probe"
"""Ends a probe's code, after its NAS's; `~` is in no code that people type."""
LOGIN_PORT: Final = 3990
"""TCP, at a probe's address: where its gateway takes log-ins, whatever its brand."""

STEPS: Final[Mapping[str, str]] = {
    "redirect": "Renvoi au portail",
    "first_page": "Première page",
    "identification": "Conditions acceptées",
    "hand_back": "Retour à la passerelle",
    "access": "Accès accordé par RADIUS",
    "accounting_start": "Début de session confirmé",
    "online": "Web ouvert",
    "accounting_stop": "Fin de session confirmée",
}
"""What a page calls each step of a log-in, in order, by its word in `live.synthetic_visit`."""


ID_MARK: Final = "70726f62-6500-8000-"
"""Begins the identifier of every probe (version 8, RFC 9562 §5.8): by it a record is known that
has no other name, because the NAS is gone."""


def new_probe_id(random: bytes) -> UUID:
    """Return a probe's identifier made of `random`, 8 octets or more."""
    octets = bytes((0x80 | random[0] & 0x3F, *random[1:8]))
    return UUID(bytes=bytes.fromhex(ID_MARK.replace("-", "")) + octets)


def probe_code(nas_code: str) -> str:
    """Return the name of the probe beside a NAS: its NAS-Identifier, and in measures its `nas`."""
    return f"{nas_code}{MARK}"


def probe_secret(keyring: Keyring, purpose: str, probe_id: UUID) -> str:
    """Return a probe's secret for one purpose, `radius` or `portal`: 64 hexadecimal characters."""
    key = keyring.derive(f"probe {purpose}")
    return hmac.new(key, probe_id.bytes, sha256).hexdigest()
