"""What is written outside the pages: what a text message costs, and what a mail holds."""

import pytest

from portal.guest.letters import Code, code_letter, code_text
from territory.messages.addresses import MailAddress
from territory.messages.sms_text import parts_of


@pytest.mark.parametrize("language", ["fr", "en", "de", "nl", "es", "it", "pt", "ar", "uk"])
def test_a_code_by_text_is_one_part(language: str) -> None:
    """Whatever the language and its alphabet, it is paid for once."""
    text = code_text("123456", language)
    assert "123456" in text
    assert parts_of(text) == 1


def test_a_place_s_name_is_in_no_header() -> None:
    """Whatever a place is called, the subject is ours."""
    brought = Code("123456", "https://wifi.example/x", 10)
    letter = code_letter(MailAddress("a", "b.fr"), "Mairie\r\nBcc: eve@evil.example", brought, "fr")
    assert letter.subject == "Votre code pour le Wi-Fi"
    assert "    123456" in letter.text
    assert "https://wifi.example/x" in letter.text
    assert "10 minutes" in letter.text
