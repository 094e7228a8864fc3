"""How many parts a text message is paid for."""

import pytest

from territory.messages.sms_text import parts_of


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("é" * 160, 1),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("ê" * 70, 1),
        ("ê" + "a" * 70, 2),
        ("ж" * 134, 2),
        ("ж" * 135, 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
    ],
)
def test_parts(text: str, parts: int) -> None:
    """160 septets alone, 153 of several; else 70 and 67 of UTF-16 (3GPP TS 23.038, 23.040)."""
    assert parts_of(text) == parts
