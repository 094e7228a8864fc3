"""Where a form comes from."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.access.forms import FORM_LIFE, FormTokens, is_same_origin

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
KEY = bytes(range(32))
TOKENS = FormTokens(KEY, "console")


def test_a_token_serves_its_sign_in_for_ten_hours() -> None:
    """Bound to the sign-in, to the application and to its time."""
    token = TOKENS.make(b"digest", NOW)
    assert TOKENS.check(token, b"digest", NOW + FORM_LIFE - timedelta(seconds=1))
    assert not TOKENS.check(token, b"digest", NOW + FORM_LIFE)
    assert not TOKENS.check(token, b"other", NOW)
    assert not FormTokens(KEY, "desk").check(token, b"digest", NOW)
    assert not FormTokens(bytes(32), "console").check(token, b"digest", NOW)


def test_two_pages_never_show_the_same_token() -> None:
    """What repeats in a compressed page can be guessed; this does not."""
    assert TOKENS.make(b"", NOW) != TOKENS.make(b"", NOW)


@given(st.text(max_size=200))
def test_no_text_passes_for_a_token(text: str) -> None:
    """Garbage is refused, never an error."""
    assert not TOKENS.check(text, b"", NOW)


@pytest.mark.parametrize(
    ("headers", "https", "same"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True, True),
        ({"Sec-Fetch-Site": "same-site"}, True, False),
        ({"Sec-Fetch-Site": "cross-site"}, True, False),
        ({"Sec-Fetch-Site": "none"}, True, False),
        ({"Origin": "https://wifi.example", "Host": "wifi.example"}, True, True),
        ({"Origin": "http://wifi.example", "Host": "wifi.example"}, True, False),
        ({"Origin": "http://wifi.example:8444", "Host": "wifi.example"}, False, False),
        ({"Origin": "null", "Host": "wifi.example"}, True, False),
        ({"Host": "wifi.example"}, True, True),
    ],
)
def test_the_browsers_own_word_on_where_it_comes_from(
    headers: dict[str, str], https: bool, same: bool
) -> None:
    """Sec-Fetch-Site first, then Origin; a browser that says neither is left to the token."""
    assert is_same_origin(headers, https) is same
