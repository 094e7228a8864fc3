"""A ticket's code: what a sheet shows, what a guest reads aloud and types, what is stored of it.

Twelve digits in three groups, since digits are the same on every keyboard and in every language,
cannot be mistaken for each other by ear, and open a telephone's large keys. The last one checks the
others (Damm's quasigroup of order 10): one wrong digit, or two neighbours in the wrong order, is
told at once, before a guess is counted and without a look into the database. The eleven others are
chance, 10^11 codes. What is stored is a keyed digest, which is worth nothing without the key.

The codes of one sheet are derived from one seed of 16 octets, so that a sheet can travel sealed in
an address of constant length (`portal.console.ticket_sheet`) and be kept nowhere.
"""

import hmac
import unicodedata
from enum import StrEnum
from hashlib import sha256
from typing import Final

DIGITS: Final = 12
"""Of a code, the check digit included."""
SEED_OCTETS: Final = 16
"""Of the chance that a sheet's codes are made of."""
MOST_TYPED: Final = 64
"""Characters of what a guest may type; more is no code."""
_GROUP: Final = 4
_LETTERS: Final = str.maketrans({"O": "0", "I": "1", "L": "1"})
"""What is typed for a digit that looks like it; upper case."""
_BETWEEN: Final = frozenset("-.,_/")
"""What may stand between digits, beside blanks."""

# Order 10, diagonal zero (H. M. Damm, 2004); its rows and columns are permutations.
_DAMM: Final = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)


class Typo(StrEnum):
    """Why what was typed cannot be a code."""

    EMPTY = "empty"
    LENGTH = "length"
    """Too few digits, or too many."""
    CHARACTER = "character"
    """Something that is no digit."""
    CHECK = "check"
    """Twelve digits, of which one or two are wrong."""


def codes_of(seed: bytes, tickets: int) -> list[str]:
    """Return the codes of a sheet, 12 digits each, in the order of its tickets.

    Raises:
        ValueError: fewer than 16 octets of chance, which would make codes guessable.
    """
    if len(seed) < SEED_OCTETS:
        raise ValueError(f"a sheet takes {SEED_OCTETS} octets of chance, got {len(seed)}")
    return [_code(seed, number) for number in range(1, tickets + 1)]


def parse_code(typed: str) -> str | Typo:
    """Return the twelve digits of a code typed in any form: blanks, O for 0, digits of any script.

    Else why it cannot be one.
    """
    if len(typed) > MOST_TYPED:
        return Typo.LENGTH
    digits = ""
    for character in typed.upper().translate(_LETTERS):
        value = unicodedata.decimal(character, None)
        if value is not None:
            digits += str(value)
        elif character not in _BETWEEN and not _is_blank(character):
            return Typo.CHARACTER
    if not digits:
        return Typo.EMPTY
    if len(digits) != DIGITS:
        return Typo.LENGTH
    return digits if check_digit(digits) == "0" else Typo.CHECK


def format_code(code: str) -> str:
    """Return a code as it is read aloud: `4821 0937 5526`."""
    return " ".join(code[at : at + _GROUP] for at in range(0, len(code), _GROUP))


def check_digit(digits: str) -> str:
    """Return the digit that closes `digits`; "0" where they are closed already."""
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return str(interim)


def code_digest(code: str, key: bytes) -> bytes:
    """Return what is stored of a code: HMAC-SHA256 (RFC 2104), 32 octets.

    `key` is the keyring's key for "ticket".
    """
    return hmac.digest(key, code.encode(), sha256)


def _code(seed: bytes, number: int) -> str:
    drawn = int.from_bytes(hmac.digest(seed, number.to_bytes(4, "big"), sha256)[:16], "big")
    digits = f"{drawn % 10 ** (DIGITS - 1):0{DIGITS - 1}d}"
    return digits + check_digit(digits)


def _is_blank(character: str) -> bool:
    """Whether it only parts groups: blanks of any kind, dashes, marks of direction."""
    return unicodedata.category(character) in {"Zs", "Cc", "Cf", "Pd"}
