"""What supervision asks of a controller, whatever its make.

listed: every access point of a site, and whether it is there     one answer or a few pages
detailed: more of some of them, one by one, until time is up      what is told stays told
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from typing import Annotated, Protocol

from pydantic import AfterValidator, BeforeValidator

from supervision.controllers.adopted import Adopted
from territory.controllers.https import Conversation, Text

LONGEST_WORD = 64


def _cut(told: str) -> str:
    return told[:LONGEST_WORD]


Word = Annotated[Text, AfterValidator(_cut)]
"""A name or a version: free text that is kept."""


def _number(told: object) -> float | None:
    if isinstance(told, int | float | str):
        with suppress(ValueError, OverflowError):
            return float(told)
    return None


Number = Annotated[float | None, BeforeValidator(_number)]
"""Some versions write numbers as text, or leave them empty; what is none is None, and spoils
nothing of what stands beside it."""


class Reader(Protocol):
    """One controller; cheap to make, connects when it is first asked."""

    def conversation(self, least_seconds: float = ...) -> AbstractAsyncContextManager[Conversation]:
        """Open a conversation: all that is asked in it has one deadline.

        Raises:
            ControllerFault: the time is over.
        """

    def forget(self) -> None:
        """Rely no longer on what it once told: an odd answer may mean that it changed."""

    async def listed(self, talk: Conversation, site: str) -> list[Adopted]:
        """Return the access points that it adopted at its site of that name.

        Raises:
            ControllerFault: it did not say.
        """
        ...

    def detailed(
        self, talk: Conversation, site: str, asked: Sequence[Adopted]
    ) -> AsyncIterator[Adopted]:
        """Yield these with all that it knows of each.

        Raises:
            ControllerFault: it does not go on.
        """
        ...
