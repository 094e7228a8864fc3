"""FortiGate: traffic logs of FortiOS, in its own form or as CEF. Pure.

    date=2026-11-20 time=14:03:00 eventtime=1763643780123456789 tz="+0100" type="traffic"
    subtype="forward" srcip=10.1.0.20 srcport=54190 dstip=... dstport=443 proto=6 action="close"
    trandisp="snat" transip=198.51.100.9 transport=54190 duration=5 ...

A line is written when a session ends, with its duration; at its beginning too where the policy says
so (`logtraffic-start`), and each two minutes while it lasts (`action="accept"`: it was there then).
"""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from retention.intake.translation import PROTOCOLS, Phase, Translation, duration, translation
from territory.errors import ProtocolError

_PAIR: Final = re.compile(r"(?:^|[ |])([A-Za-z]\w{0,40})=(\"[^\"]*\"|[^ ]*)")
_NAMES: Final = {
    "sourceTranslatedAddress": "transip",
    "sourceTranslatedPort": "transport",
    "FTNTFGTtrandisp": "trandisp",
    "FTNTFGTeventtime": "eventtime",
    "src": "srcip",
    "act": "action",
    "cn1": "duration",
}
"""Of CEF, as FortiOS itself writes it."""
_WANTED: Final = frozenset({"srcip", "proto", "action", "eventtime"}) | set(_NAMES.values())
_ENDED: Final = frozenset({"close", "timeout", "client-rst", "server-rst"})
_NUMBERS: Final = {str(number): number for number in PROTOCOLS.values()}
_NANOSECONDS_DIGITS: Final = 19
_SECONDS_DIGITS: Final = 10


def recognises(text: str) -> bool:
    """Whether a line is a traffic log."""
    own = 'type="traffic"' in text or "type=traffic" in text
    return own or ("|Fortigate|" in text and "|traffic:" in text)


def parse(text: str) -> Translation | None:
    """Return the translation of the source that a line tells; None where it tells none.

    Raises:
        ProtocolError: as `translation`; `protocol` where there is none with ports; `fields` where
            it says that it translates and not to what, or tells something twice.
    """
    told = _told(text)
    if "snat" not in told.get("trandisp", ""):
        return None
    if told.get("proto") not in _NUMBERS:
        raise ProtocolError("protocol")
    if not told.keys() >= {"srcip", "transip", "transport"}:
        raise ProtocolError("fields")
    ports, phase = (told["transport"], told["transport"]), _phase(told.get("action", ""))
    found = translation((told["srcip"], told["transip"]), ports, _NUMBERS[told["proto"]], phase)
    ended = phase is Phase.ENDED
    return replace(
        found,
        lasted_seconds=duration(told.get("duration")) if ended else None,
        told_at=_instant(told.get("eventtime", "")),
    )


def _told(text: str) -> dict[str, str]:
    """Return what is wanted of a line, each told once.

    Some values are a guest's own words (`srcname`, from its DHCP request): with a quote in them,
    which FortiOS does not escape, they could tell another device's address beside the true one.
    """
    told: dict[str, str] = {}
    for written, value in _PAIR.findall(text):
        name = _NAMES.get(written, written)
        if name in told:
            raise ProtocolError("fields")
        if name in _WANTED:
            told[name] = value.strip('"')
    return told


def _phase(action: str) -> Phase:
    if action == "start":
        return Phase.CREATED
    return Phase.ENDED if action in _ENDED else Phase.SEEN


def _instant(text: str) -> datetime | None:
    """Return what `eventtime` says: seconds since 1970, or since FortiOS 6.2 nanoseconds."""
    if not (text.isascii() and text.isdigit()):
        return None
    if len(text) not in (_SECONDS_DIGITS, _NANOSECONDS_DIGITS):
        return None
    return datetime.fromtimestamp(int(text[:_SECONDS_DIGITS]), UTC)
