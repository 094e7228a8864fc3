"""What a custodian's machine hands back to the desk: one signed line for each thing done. Pure.

`case open` and `case answer` run offline. The line each prints says of which case, what was done,
when, and the SHA-256 of what came out; its Ed25519 signature is the custodian's. Pasted at the
desk, it moves the requisition on; no one else's word does.
"""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from retention.manifests.signing import PublicKey, SigningKey

FORMAT = "socle-receipt-1"
_PARTS = 6
_SHA256_DIGITS = 64
_LONGEST = 400


class Done(StrEnum):
    """What a custodian did."""

    OPENED = "opened"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Receipt:
    """One signed line, taken apart."""

    case: UUID
    done: Done
    at: datetime
    """By the clock of the custodian's machine, UTC."""
    sha256: str
    """Of the opened case file, or of `reponse.json`."""

    @property
    def text(self) -> str:
        """What is signed."""
        at = self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return f"{FORMAT} {self.case} {self.done} {at} {self.sha256}"


def sign_receipt(receipt: Receipt, key: SigningKey) -> str:
    """Return the line a custodian pastes at the desk."""
    signature = base64.b64encode(key.sign(receipt.text.encode())).decode()
    return f"{receipt.text} {signature}"


def read_receipt(line: str, signing_key: str) -> Receipt | None:
    """Return what a line says, signed by that key (base64); None: it is not, or says nothing."""
    parts = line[:_LONGEST].split()
    if len(parts) != _PARTS or parts[0] != FORMAT or len(parts[4]) != _SHA256_DIGITS:
        return None
    try:
        at = datetime.strptime(parts[3], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        receipt = Receipt(UUID(parts[1]), Done(parts[2]), at, parts[4])
        key = PublicKey(base64.b64decode(signing_key, validate=True))
        signature = base64.b64decode(parts[5], validate=True)
    except (ValueError, binascii.Error):
        return None
    return receipt if key.has_signed(receipt.text.encode(), signature) else None
