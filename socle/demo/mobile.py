"""The demonstration's mobile: text messages that the base sends to guests are read in the journal.

The base calls the HTTP interface of a provider that `simulation` stands for; no phone rings, and
whoever plays a guest reads the code where a real one would look at their phone.
"""

from collections.abc import Callable
from datetime import datetime

from socle.demo.journal import Journal, Kind


class Mobile:
    """Notes text messages."""

    def __init__(self, journal: Journal, now: Callable[[], datetime]) -> None:
        """Write to `journal`; `now` is the demonstration's clock."""
        self._journal = journal
        self._now = now

    def ring(self, number: str, text: str) -> None:
        """Note a message: to which number, and what it says."""
        facts = [("à", number), ("texte", text)]
        self._journal.note(
            self._now(), Kind.TEXT, "sms", "la base écrit au mobile d'un usager", facts
        )
