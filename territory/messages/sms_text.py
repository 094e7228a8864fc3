"""A text message: what it says, and in how many parts it is sent and paid for. Pure.

The default alphabet takes 160 characters in one part and 153 in each of several; one character
outside it, and it is 70 and 67 (3GPP TS 23.038 §6.2.1, TS 23.040 §9.2.3.24.1).
"""

from dataclasses import dataclass
from typing import Final

from territory.messages.numbers import PhoneNumber

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED: Final = frozenset("^{}\\[~]|€\f")
"""Two septets each."""


@dataclass(frozen=True, slots=True)
class TextMessage:
    """One message to one phone."""

    to: PhoneNumber
    """Whom."""
    text: str
    """What it says."""


def parts_of(text: str) -> int:
    """Return in how many parts a text is sent; each is paid for."""
    if set(text) <= _BASIC | _ESCAPED:
        septets = len(text) + sum(character in _ESCAPED for character in text)
        return _parts(septets, 160, 153)
    return _parts(len(text.encode("utf-16-be")) // 2, 70, 67)


def _parts(units: int, alone: int, of_several: int) -> int:
    return 1 if units <= alone else -(-units // of_several)
