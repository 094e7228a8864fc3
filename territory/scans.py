"""A scanned act as it is given at a form: known by its first octets, whatever it is called. Pure.

The console takes one from an agent, the desk one from a custodian.
"""

from typing import Final

LARGEST_OCTETS: Final = 10 << 20
_SIGNATURES: Final = (
    (b"%PDF-", "application/pdf"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
)
"""ISO 32000 §7.5.2; ITU-T T.81 §B.1 (SOI and the next marker); PNG §5.2."""
ENDINGS: Final = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
"""How a file of each kind is named."""


def media_type_of(octets: bytes) -> str | None:
    """Return what a file is by its first octets; None: neither PDF, JPEG nor PNG."""
    return next((kind for start, kind in _SIGNATURES if octets.startswith(start)), None)
