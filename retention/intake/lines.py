"""Which maker a line is of, and what it tells: a table, one row a maker. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from retention.intake import conntrack, fortigate, mikrotik, pf
from retention.intake.syslog import parse_message
from retention.intake.translation import Translation


@dataclass(frozen=True, slots=True)
class Maker:
    """How one maker's lines are read."""

    name: str
    recognises: Callable[[str], bool]
    parse: Callable[[str], Translation | None]


MAKERS: Final = (
    Maker("fortigate", fortigate.recognises, fortigate.parse),
    Maker("conntrack", conntrack.recognises, conntrack.parse),
    Maker("mikrotik", mikrotik.recognises, mikrotik.parse),
    Maker("pf", pf.recognises, pf.parse),
)
"""In this order: a line is the first's that recognises it."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a message told."""

    maker: str
    """Empty: of no maker that is known."""
    translation: Translation | None
    """None: it tells none, which is no fault."""


def read_line(octets: bytes) -> Line:
    """Return what one syslog message tells.

    Raises:
        ProtocolError: what is wrong with it, in a word for a counter.
    """
    message = parse_message(octets)
    for maker in MAKERS:
        if maker.recognises(message.text):
            found = maker.parse(message.text)
            if found and found.told_at is None:
                found = replace(found, told_at=message.told_at)
            return Line(maker.name, found)
    return Line("", None)


def is_whole_utf8(octets: bytes) -> bool:
    """Whether a message is UTF-8 throughout (RFC 5424 §6.4 asks for it; makers do not)."""
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True
