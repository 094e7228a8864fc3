"""The three kinds of failure of the base, so that every shell knows what to do with each.

`ProtocolError`: the peer's fault, the shell discards and counts. `Unavailable`: a database, an
access point or a provider is away, the shell chooses what to do without it.
`ConfigurationError`: the operator's fault, the start is refused and all faults are listed at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class ProtocolError(Exception):
    """A peer sent what its protocol does not allow; `reason` is a stable word for a counter."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unavailable(Exception):
    """Something this component relies on does not answer now; the message names it in words."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong in a configuration, told so that it can be mended."""

    key: str
    """The setting or the place in the file, e.g. `portal.public_url` or `sites[2].insee`."""
    expected: str
    """What was expected there, and what was found, in words."""
    line: int | None = None
    """The line in the file, counted from 1; None where there is no file."""

    def __str__(self) -> str:
        place = f"line {self.line}: {self.key}" if self.line else self.key
        return f"{place}: {self.expected}"


class ConfigurationError(Exception):
    """The configuration cannot be used; carries every fault, never only the first."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = tuple(faults)
