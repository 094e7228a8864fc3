"""A letter as it goes over the wire."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP

import pytest

from territory.messages.addresses import MailAddress
from territory.messages.mail import Letter, Sender, compose

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)
SENDER = Sender(MailAddress("wifi", "meuse.example"), "Wi-Fi de la Meuse, été")
ANNE = MailAddress("anne", "commercy.example")


def test_what_a_letter_says_of_itself() -> None:
    """Who, whom, what, when, in which language, and that no machine should answer (RFC 3834)."""
    letter = Letter(ANNE, "Votre code : 123456", "Voici votre code :\n\n123456\n", "fr")
    octets = compose(letter, SENDER, NOW, "1@meuse.example").as_bytes()
    read = message_from_bytes(octets, policy=SMTP)
    assert read["To"] == "anne@commercy.example"
    assert read["From"].addresses[0].display_name == "Wi-Fi de la Meuse, été"
    assert read["From"].addresses[0].addr_spec == "wifi@meuse.example"
    assert read["Subject"] == "Votre code : 123456"
    assert read["Date"].datetime == NOW
    assert read["Message-ID"] == "<1@meuse.example>"
    assert read["Content-Language"] == "fr"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read.get_content() == "Voici votre code :\r\n\r\n123456\r\n"
    assert octets.isascii()
    assert max(map(len, octets.splitlines())) <= 998


@pytest.mark.parametrize("subject", ["Code\r\nBcc: eve@evil.example", "Code\nX: y"])
def test_a_subject_of_two_lines_is_not_sent(subject: str) -> None:
    """No header can be added by what a place is called."""
    with pytest.raises(ValueError, match=r"(?i)linefeed|newline"):
        compose(Letter(ANNE, subject, "x"), SENDER, NOW, "1@meuse.example")
