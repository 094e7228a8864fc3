"""Passwords of operators: strong enough by the CNIL's measure, and kept only as Argon2id.

Hashing takes a tenth of a second and 64 MiB on purpose; it runs in a small pool of threads, and
past a queue of thirty-two the answer is "come back in a moment" rather than a slow portal.
"""

import asyncio
import math
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from territory.errors import Unavailable

_Result = TypeVar("_Result")

REQUIRED_BITS = 80
"""Entropy asked of a password alone (CNIL 2022-100)."""
LONGEST = 256
"""Characters; longer is refused before it is hashed."""
THREADS = 2
LONGEST_QUEUE = 32

_CLASSES = (
    (str.isdigit, 10),
    (str.islower, 26),
    (str.isupper, 26),
)
_SPECIAL_CHARACTERS = 37
"""Size of the set of other characters that the CNIL's examples count with."""


def _symbols(password: str) -> int:
    used = sum(size for is_in, size in _CLASSES if any(map(is_in, password)))
    others = any(not any(is_in(character) for is_in, _ in _CLASSES) for character in password)
    return used + (_SPECIAL_CHARACTERS if others else 0)


def _surprising(password: str) -> int:
    """Characters that neither repeat nor simply follow the one before (aaa, 123, cba)."""
    steps = [ord(b) - ord(a) for a, b in pairwise(password)]
    return 1 + sum(abs(step) > 1 for step in steps) if password else 0


def entropy_bits(password: str) -> int:
    """Length times the information of one symbol, in bits, rounded (CNIL 2022-100).

    12 characters of four kinds make 80, 14 of three kinds make 83. Runs and sequences count once.
    """
    symbols = _symbols(password)
    return round(_surprising(password) * math.log2(symbols)) if symbols else 0


class Flaw(StrEnum):
    """Why a password is refused; the value is the command line's sentence."""

    LONG = f"it is longer than {LONGEST} characters"
    WEAK = (
        "it is too easy to guess: take 12 characters of four kinds (upper and lower case, digits, "
        "signs), or a sentence of at least 7 words"
    )
    LOGIN = "it contains the login"

    @property
    def french(self) -> str:
        """The pages' sentence."""
        return _FRENCH[self]


_FRENCH = {
    Flaw.LONG: f"Il dépasse {LONGEST} caractères.",
    Flaw.WEAK: (
        "Il est trop facile à deviner\u00a0: prenez 12 caractères avec majuscules, minuscules, "
        "chiffres et signes, ou une phrase d'au moins 7 mots."
    ),
    Flaw.LOGIN: "Il contient votre identifiant.",
}


def flaws_of(password: str, login: str) -> list[Flaw]:
    """Why ``password`` is refused for the operator ``login``; empty: it is good."""
    flaws = []
    if len(password) > LONGEST:
        flaws.append(Flaw.LONG)
    elif entropy_bits(password) < REQUIRED_BITS:
        flaws.append(Flaw.WEAK)
    name = login.partition("@")[0].casefold()
    if len(name) >= 4 and name in password.casefold():
        flaws.append(Flaw.LOGIN)
    return flaws


@dataclass(frozen=True, slots=True)
class Cost:
    """Argon2id's parameters (RFC 9106 §4, the second recommended set)."""

    passes: int = 3
    memory_kib: int = 65_536
    lanes: int = 4


class Passwords:
    """Hashes and verifies in threads of its own; one for each process."""

    def __init__(self, cost: Cost | None = None) -> None:
        cost = cost or Cost()
        self._hasher = PasswordHasher(cost.passes, cost.memory_kib, cost.lanes)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="argon2")
        self._waiting = 0
        self._nobody = ""

    async def hash(self, password: str) -> str:
        """The encoded Argon2id hash, salt and parameters included."""
        return await self._run(self._hasher.hash, _normal(password))

    async def verify(self, encoded: str | None, password: str) -> bool:
        """Whether ``password`` matches; None (no such operator) takes as long, and is False."""
        if not self._nobody:
            self._nobody = await self.hash("nobody has this password")
        matches = await self._run(self._matches, encoded or self._nobody, _normal(password))
        return matches and encoded is not None

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _matches(self, encoded: str, password: str) -> bool:
        try:
            return self._hasher.verify(encoded, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[..., _Result], *arguments: str) -> _Result:
        if self._waiting >= LONGEST_QUEUE:
            raise Unavailable("too many passwords are being checked at once")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, lambda: work(*arguments))
        finally:
            self._waiting -= 1


def _normal(password: str) -> str:
    """The same characters whatever keyboard composed them; cut where none is accepted."""
    return unicodedata.normalize("NFC", password[: LONGEST + 1])
