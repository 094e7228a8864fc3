"""The demonstration's post office: what the base writes to guests ends here, and in the journal.

A real relay on the loopback address takes the mail and keeps nothing; whoever plays a guest reads
the code in the journal, where a real one would open their mail.
"""

from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP as POLICY
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from socle.demo.journal import Journal, Kind

ON_CALL = "astreinte@territoire.example"
"""Who is told of what breaks."""
LARGEST_LETTER = 256 << 10
"""Octets."""


class PostOffice:
    """Takes letters and notes them."""

    def __init__(self, journal: Journal, now: Callable[[], datetime]) -> None:
        """Write to `journal`; `now` is the demonstration's clock."""
        self._journal = journal
        self._now = now

    def relay(self) -> SMTP:
        """Return what speaks SMTP with one who connects."""
        return SMTP(self, hostname="demonstration", data_size_limit=LARGEST_LETTER)

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Note a letter: to whom, about what, and what it says."""
        content: Any = envelope.content
        letter: EmailMessage = message_from_bytes(content, policy=POLICY)
        text = letter.get_body(("plain",))
        said = "" if text is None else str(text.get_content()).strip()
        facts = [("à", ", ".join(envelope.rcpt_tos)), ("objet", str(letter["Subject"] or ""))]
        facts.append(("texte", said))
        told = envelope.rcpt_tos == [ON_CALL]
        words = "la base avertit l'astreinte" if told else "la base écrit à un usager"
        self._journal.note(self._now(), Kind.LETTER, "courriel", words, facts)
        return "250 taken"
