"""Reads what the script of a site's bundle wrote: one reading on a line, as somebody pasted it.

    socle-essai 1
    date 1763787600          seconds since 1970, by the clock of the machine it ran on
    machine passerelle       or: appareil
    nom 192.0.2.1            what the portal's name leads to, a line each; `nom -`: nothing
    portail oui              or: non
    ecart 12                 how many seconds that clock is ahead of the portal's
    identite a.example oui   whether an identity provider answers there, or: non
    sonde apple redirected   or: open, nothing

It comes by hand from who knows where: lines that are not such are passed over, and nothing of it is
shown again but addresses and numbers. Pure.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Final

from territory.errors import ProtocolError
from territory.site_test.probes import BY_CODE
from territory.site_test.readings import Answer, SiteReport

FIRST_LINE: Final = "socle-essai 1"
MAX_CHARACTERS: Final = 16_384
_MAX_ADDRESSES: Final = 16
_LAST_SECOND: Final = 1 << 40
_TRUTH: Final = {"oui": True, "non": False}


def parse_report(text: str) -> SiteReport:
    """Return the readings of a pasted report.

    Raises:
        ProtocolError: it is not one (`not-a-report`), or longer than any (`oversized`).
    """
    if len(text) > MAX_CHARACTERS:
        raise ProtocolError("oversized")
    lines = [line.strip() for line in text.splitlines()]
    if FIRST_LINE not in lines:
        raise ProtocolError("not-a-report")
    told = [words for line in lines if len(words := line.split()) in (2, 3)]
    single = {words[0]: words[1] for words in told if len(words) == 2}
    names = [words[1] for words in told if words[0] == "nom"]
    return SiteReport(
        read_at=_instant(single.get("date", "")),
        is_gateway=single.get("machine") == "passerelle",
        addresses=tuple(_addresses(names)) if names else None,
        portal_answers=_TRUTH.get(single.get("portail", "")),
        clock_seconds=_seconds(single.get("ecart", "")),
        probes=dict(_probes(told)),
        providers=dict(_providers(told)),
    )


def _probes(told: list[list[str]]) -> Iterator[tuple[str, Answer]]:
    for words in told:
        is_probe = len(words) == 3 and words[0] == "sonde"
        if is_probe and words[1] in BY_CODE and words[2] in set(Answer):
            yield words[1], Answer(words[2])


def _providers(told: list[list[str]]) -> Iterator[tuple[str, bool]]:
    for words in told:
        if len(words) == 3 and words[0] == "identite" and words[2] in _TRUTH:
            yield words[1], _TRUTH[words[2]]


def _addresses(names: list[str]) -> Iterator[str]:
    for name in names[:_MAX_ADDRESSES]:
        try:
            yield str(ip_address(name))
        except ValueError:
            continue


def _seconds(text: str) -> float | None:
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > len(str(_LAST_SECOND)):
        return None
    return float(text)


def _instant(text: str) -> datetime | None:
    seconds = _seconds(text)
    if seconds is None or not 0 <= seconds < _LAST_SECOND:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError):
        return None
