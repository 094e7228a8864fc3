"""A letter that the base sends to a guest is read in the journal."""

import asyncio
from datetime import UTC, datetime
from email.message import EmailMessage

import aiosmtplib

from socle.demo.journal import Journal, Kind
from socle.demo.post_office import PostOffice

NOW = datetime(2026, 11, 20, 14, tzinfo=UTC)


async def test_a_letter_is_read() -> None:
    """To whom, about what, and its text, accents and all."""
    journal = Journal()
    office = PostOffice(journal, lambda: NOW)
    relay = await asyncio.get_running_loop().create_server(office.relay, "127.0.0.1", 0)
    letter = EmailMessage()
    letter["From"], letter["To"] = "wifi@meuse.example", "lea@exemple.example"
    letter["Subject"] = "Votre code : 123 456"
    letter.set_content("Votre code à six chiffres : 123 456")
    async with relay:
        port = relay.sockets[0].getsockname()[1]
        await aiosmtplib.send(letter, hostname="127.0.0.1", port=port, start_tls=False)
    (entry,) = journal.after(0)
    assert (entry.kind, entry.at) == (Kind.LETTER, NOW)
    assert dict(entry.facts) == {
        "à": "lea@exemple.example",
        "objet": "Votre code : 123 456",
        "texte": "Votre code à six chiffres : 123 456",
    }
