"""A code is read aloud, typed in any form, and a typo is told before a guess is counted."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.rules.ticket_codes import (
    DIGITS,
    Typo,
    check_digit,
    code_digest,
    codes_of,
    format_code,
    parse_code,
)

SEED = bytes(range(16))
CODE = codes_of(SEED, 1)[0]

CODES = st.binary(min_size=16, max_size=16).map(lambda seed: codes_of(seed, 1)[0])


def test_the_check_digit_is_damm_s() -> None:
    """The example of Damm's thesis: 572 is closed by 4."""
    assert check_digit("572") == "4"
    assert check_digit("5724") == "0"


def test_a_sheet_s_codes_come_from_its_seed() -> None:
    """The same seed gives the same codes, each closed by its check digit, none twice."""
    codes = codes_of(SEED, 500)
    assert codes == codes_of(SEED, 500)
    assert codes[:3] == codes_of(SEED, 3)
    assert len(set(codes)) == 500
    assert {len(code) for code in codes} == {DIGITS}
    assert {check_digit(code) for code in codes} == {"0"}


def test_too_little_chance_is_refused() -> None:
    """A guessable seed would give every code of the sheet away."""
    with pytest.raises(ValueError, match="16 octets"):
        codes_of(b"short", 1)


def test_a_code_is_shown_in_groups() -> None:
    """Three groups of four, as they are said."""
    assert format_code("482109375526") == "4821 0937 5526"


@pytest.mark.parametrize(
    "write",
    [
        format_code,
        lambda code: code,
        lambda code: f"  {code[:4]}-{code[4:8]}-{code[8:]}\t",
        lambda code: code.replace("0", "O").replace("1", "l"),
        lambda code: code.replace("0", "o").replace("1", "I"),
        lambda code: "".join(chr(0x0660 + int(digit)) for digit in code),
        lambda code: "\u200f".join(chr(0x06F0 + int(digit)) for digit in code),
        lambda code: "".join(chr(0xFF10 + int(digit)) for digit in code),
        "\u00a0".join,
        "–".join,
    ],
)
def test_a_code_is_taken_in_any_form(write: object) -> None:
    """Blanks, dashes, O for 0, l for 1, Arabic, Persian and full-width digits."""
    assert callable(write)
    for code in codes_of(SEED, 20):
        assert parse_code(write(code)) == code


@pytest.mark.parametrize(
    ("typed", "typo"),
    [
        ("", Typo.EMPTY),
        ("   ", Typo.EMPTY),
        ("4821 0937", Typo.LENGTH),
        (CODE + "0", Typo.LENGTH),
        ("1" * 100, Typo.LENGTH),
        ("4821 0937 552X", Typo.CHARACTER),
        ("<script>", Typo.CHARACTER),
        ("½" * 12, Typo.CHARACTER),
    ],
)
def test_what_cannot_be_a_code_says_why(typed: str, typo: Typo) -> None:
    """One word for each thing that a guest can put right."""
    assert parse_code(typed) is typo


@given(CODES, st.integers(0, DIGITS - 1), st.integers(1, 9))
def test_every_wrong_digit_is_told(code: str, at: int, by: int) -> None:
    """No code differs from another in one digit only."""
    wrong = code[:at] + str((int(code[at]) + by) % 10) + code[at + 1 :]
    assert parse_code(wrong) is Typo.CHECK


@given(CODES, st.integers(0, DIGITS - 2))
def test_neighbours_in_the_wrong_order_are_told(code: str, at: int) -> None:
    """The commonest slip after a wrong digit."""
    swapped = code[:at] + code[at + 1] + code[at] + code[at + 2 :]
    assert parse_code(swapped) == (code if swapped == code else Typo.CHECK)


@given(st.text(max_size=80))
def test_anything_may_be_typed(typed: str) -> None:
    """A code, or why it is none; nothing raises."""
    found = parse_code(typed)
    assert isinstance(found, Typo) or (len(found) == DIGITS and found.isdigit())


def test_what_is_stored_is_keyed() -> None:
    """HMAC-SHA256 of the digits, RFC 2104: another key, another digest."""
    key = bytes(range(32))
    assert code_digest(CODE, key) == hmac.new(key, CODE.encode(), "sha256").digest()
    assert code_digest(CODE, key) != code_digest(CODE, bytes(32))
