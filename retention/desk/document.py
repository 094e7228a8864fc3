"""The scanned act: known by its first octets, kept by its SHA-256 and sealed for the custodians.

Whoever owns the server may see the digest; the act names people, and opens with a custodian's key
alone: `age -d -i custodian.age-identity`. Any one of them may read it, since any one may be given
the requisition.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from retention.keys import age
from territory.scans import media_type_of


@dataclass(frozen=True, slots=True)
class Document:
    """A scanned act as it is kept."""

    sha256: bytes
    """Of the act as it was given."""
    media_type: str
    sealed: bytes
    """age file."""


def seal_document(octets: bytes, recipients: Sequence[str]) -> Document | None:
    """Return a scanned act sealed to each of `recipients`; None: it is not one."""
    media_type = media_type_of(octets)
    if media_type is None or not recipients:
        return None
    sealed = age.seal(octets, *recipients)
    return Document(hashlib.sha256(octets).digest(), media_type, sealed)
