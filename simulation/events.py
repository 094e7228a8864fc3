"""What a simulated gateway did, in words: the demo shows these, tests read them.

The password of a guest is never part of an event.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """One thing that a gateway did or saw."""

    at: datetime
    """The gateway's own clock, aware, UTC."""
    gateway: str
    """Its NAS-Identifier."""
    kind: str
    """One word or two joined by a dash: captured, released, access-request, disconnect-ack..."""
    summary: str
    """One English sentence without its full stop."""
    attributes: tuple[tuple[str, str], ...] = ()
    """Name and value, as text, in the order of the packet or of the address."""


EventListener = Callable[[GatewayEvent], None]
"""Called at once, in the gateway's own task: it has to be quick and must not raise."""


def ignore(_event: GatewayEvent) -> None:
    """Do nothing with an event: the listener of who wants none."""
