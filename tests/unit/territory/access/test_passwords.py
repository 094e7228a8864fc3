"""Passwords: strong enough, and kept as Argon2id only."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.access.passwords import (
    LONGEST_QUEUE,
    Cost,
    Flaw,
    Passwords,
    entropy_bits,
    flaws_of,
)
from territory.errors import Unavailable

LOGIN = "agnes.marchal@meuse.example"


@pytest.mark.parametrize(
    ("password", "bits"),
    [
        ("", 0),
        ("a", 5),
        ("7391", 13),
        ("xT4-pK9!mQ2_", 80),
        ("xT4pK9mQ2wZ6rB", 83),
        ("aaaaaaaaaaaaaaaaaaaa", 5),
        ("123456789012", 7),
    ],
)
def test_entropy_is_the_cnils_measure(password: str, bits: int) -> None:
    """CNIL 2022-100: 12 of four kinds make 80 bits, 4 digits 13; runs count once."""
    assert entropy_bits(password) == bits


@given(st.text(max_size=300))
def test_any_text_has_an_entropy(password: str) -> None:
    """No character set fails the measure."""
    assert entropy_bits(password) >= 0


@pytest.mark.parametrize(
    ("password", "flaws"),
    [
        ("xT4-pK9!mQ2_", []),
        ("sept mots pour une phrase assez longue", []),
        ("azerty", [Flaw.WEAK]),
        ("Agnes.Marchal-2026-Meuse!", [Flaw.LOGIN]),
        ("xT4-pK9!mQ2_" * 40, [Flaw.LONG]),
    ],
)
def test_a_password_is_refused_with_its_reason(password: str, flaws: list[Flaw]) -> None:
    """Each reason is a sentence, on pages and on the command line."""
    assert flaws_of(password, LOGIN) == flaws
    assert all(flaw.french for flaw in flaws)


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    """A hasher whose parameters cost nothing."""
    made = Passwords(Cost(passes=1, memory_kib=8, lanes=1))
    yield made
    made.close()


async def test_a_hash_is_argon2id_with_a_salt_of_its_own(passwords: Passwords) -> None:
    """Twice the same password, two hashes, both verified; another password is not."""
    first, second = await passwords.hash("mirabelle"), await passwords.hash("mirabelle")
    assert first.startswith("$argon2id$")
    assert first != second
    assert await passwords.verify(first, "mirabelle")
    assert not await passwords.verify(first, "quetsche")


async def test_the_shipped_cost_is_rfc_9106s_second_set() -> None:
    """3 passes over 64 MiB in 4 lanes; changing it is a decision."""
    shipped = Passwords()
    assert "$m=65536,t=3,p=4$" in await shipped.hash("mirabelle")
    shipped.close()


async def test_nobodys_password_is_checked_all_the_same(passwords: Passwords) -> None:
    """An unknown login costs the same work and is always wrong, even by the stand-in's password."""
    assert not await passwords.verify(None, "nobody has this password")


async def test_a_damaged_hash_is_a_wrong_password(passwords: Passwords) -> None:
    """A row that cannot be read lets nobody in."""
    assert not await passwords.verify("$argon2id$damaged", "mirabelle")


async def test_one_password_typed_on_two_keyboards_is_one_password(passwords: Passwords) -> None:
    """Composed and decomposed accents are the same characters."""
    assert await passwords.verify(await passwords.hash("\u00e9t\u00e9"), "e\u0301te\u0301")


async def test_a_flood_is_refused_rather_than_queued_without_end(passwords: Passwords) -> None:
    """Past the queue the answer is Unavailable: the page says to come back."""
    answers = await asyncio.gather(
        *(passwords.hash("mirabelle") for _ in range(LONGEST_QUEUE + 5)), return_exceptions=True
    )
    assert sum(isinstance(answer, Unavailable) for answer in answers) == 5
