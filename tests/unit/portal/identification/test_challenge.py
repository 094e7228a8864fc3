"""A challenge's rules: how long, how often, when another code may be sent, and what equals what."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.identification.challenge import (
    LIFETIME,
    MOST_ANSWERS,
    MOST_SENDS,
    Challenge,
    digest,
    fresh_code,
    is_same,
    read_code,
    word_of,
    words_in,
)

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
KEY = bytes(range(32))
ONE, OTHER = UUID(int=1), UUID(int=2)
SENT = Challenge(ONE, ONE, b"c", b"l", b"s", 0, 1, NOW, NOW, NOW + LIFETIME)


def after(**duration: float) -> datetime:
    """Return an instant after the first code was sent."""
    return NOW + timedelta(**duration)


@pytest.mark.parametrize(
    ("challenge", "now", "seconds"),
    [
        (SENT, NOW, 60),
        (SENT, after(seconds=59.5), 1),
        (SENT, after(seconds=60), 0),
        (SENT, after(minutes=9), 0),
        (SENT, after(minutes=10), None),
        (replace(SENT, sends=MOST_SENDS), after(minutes=5), None),
        (replace(SENT, attempts=MOST_ANSWERS), after(minutes=5), None),
        (replace(SENT, proven_at=NOW), after(minutes=5), None),
        (replace(SENT, sends=2, sent_at=after(minutes=2)), after(minutes=2, seconds=15), 45),
    ],
)
def test_when_another_code_may_be_sent(
    challenge: Challenge, now: datetime, seconds: int | None
) -> None:
    """A minute after the last, three in all, and never for one that is over or proven."""
    assert challenge.wait_seconds(now) == seconds


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("123456", "123456"),
        (" 123 456\u00a0", "123456"),
        ("123-456", "123456"),
        ("000000", "000000"),
        ("12345", None),
        ("1234567", None),
        ("12345a", None),
        ("١٢٣٤٥٦", "123456"),
        ("۱۲۳-۴۵۶", "123456"),
        ("①②③④⑤⑥", None),
        ("", None),
    ],
)
def test_what_a_code_is(typed: str, code: str | None) -> None:
    """Six digits of any script, however they are grouped."""
    assert read_code(typed) == code


@given(st.text())
def test_whatever_is_typed(typed: str) -> None:
    """A code or none."""
    code = read_code(typed)
    assert code is None or (len(code) == 6 and code.isascii() and code.isdigit())


def test_a_digest_is_of_one_kind_and_one_challenge() -> None:
    """The same digits of another challenge, or meant as a link, are another secret."""
    digests = {
        digest(KEY, "code", "123456", ONE),
        digest(KEY, "code", "123456", OTHER),
        digest(KEY, "link", "123456", ONE),
        digest(KEY, "code", "123456"),
        digest(bytes(32), "code", "123456", ONE),
    }
    assert len(digests) == 5


def test_what_is_the_same() -> None:
    """Nothing equals a secret that was never made."""
    code = digest(KEY, "code", "123456", ONE)
    assert is_same(code, digest(KEY, "code", "123456", ONE))
    assert not is_same(code, digest(KEY, "code", "123457", ONE))
    assert not is_same(None, code)


def test_a_fresh_code_is_a_code() -> None:
    """Six digits, noughts in front kept."""
    assert all(read_code(code) == code for code in (fresh_code() for _ in range(50)))


def test_a_word_is_of_one_challenge() -> None:
    """The same each time it is shown; six letters without a vowel; found in what a guest texts."""
    word = word_of(KEY, ONE)
    assert word == word_of(KEY, ONE) != word_of(KEY, OTHER)
    assert not set(word) & set("AEIOUY")
    assert words_in(f" {word.lower()}\n") == [word]
    assert words_in(f"wifi {word} merci") == [word]
    assert words_in("bonjour STOP 123456") == []
    assert len(words_in(f"{word} " * 1000)) == 5
