"""What the base holds of a controller, and how a conversation with one goes wrong.

Whoever talks to a controller (the portal lets guests in, supervision asks how access points are)
begins with a `ControllerRecord` and ends with an answer or a `ControllerFault`.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from territory.errors import Unavailable

DEADLINE_SECONDS = 8.0
"""For all the calls of one hand-back: a guest is waiting."""


@dataclass(frozen=True, slots=True)
class ControllerRecord:
    """What the base holds of a controller; made by an administrator, never by a redirect."""

    url: str
    """https, without a final slash."""
    site: str
    """The controller's own name of the site."""
    user: str | None
    """Account; None: the password is an API key."""
    password: str = field(repr=False)
    """Password or API key."""
    certificate: str | None = None
    """SHA-256 of its certificate in lower-case hex; None: the system's authorities vouch."""
    patience_seconds: float = DEADLINE_SECONDS
    """For all the calls of one hand-back."""


class Trouble(StrEnum):
    """Why a controller did not do what it was asked."""

    SILENT = "silent"
    """No answer in time, or no connection."""
    CERTIFICATE = "certificate"
    """Its certificate is not the one on record, or nobody vouches for it."""
    ACCOUNT = "account"
    """It refuses the account or the key."""
    NO_SUCH_GUEST = "no-such-guest"
    """It does not know this device, or not there."""
    REFUSED = "refused"
    """It knows what is asked and says no."""
    UNREADABLE = "unreadable"
    """Its answer is not what its documents say: another version, half an answer, a redirect."""


class ControllerFault(Unavailable):
    """A controller did not do what it was asked; the message is for technicians."""

    def __init__(self, trouble: Trouble, words: str) -> None:
        super().__init__(words)
        self.trouble = trouble
