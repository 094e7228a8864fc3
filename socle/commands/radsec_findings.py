"""What `socle doctor` finds of RadSec: files that do not agree, and what ends soon.

A site whose certificate ends is cut off for good; a base whose own ends loses all of them on one
day. So both are told a month before, with the command that renews.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from radius.radsec_papers import examine_papers, load_identity
from socle.commands.certificates import FOLDER, Entry, read_register
from socle.commands.findings import Finding
from territory.settings import Settings

_SOON = timedelta(days=30)
_ABOUT = "radius.radsec"
_RENEW = "`socle radsec prepare NAME` renews what it issued"


def of_radsec(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Yield what was looked at; nothing where RadSec is not used."""
    radsec = settings.radius.radsec
    if radsec.certificate is not None:
        faults = examine_papers(radsec, now)
        yield from (Finding(fault.key, False, fault.expected) for fault in faults)
        if not faults:
            identity = load_identity(radsec)
            yield _of_end("certificate", identity.expires_at, now)
            if identity.lists_until is not None:
                yield _of_end("revocation_lists", identity.lists_until, now)
    ending = _ending(read_register(settings.state_folder / FOLDER), now)
    if ending:
        says = "certificates end within a month; `socle site certificate SITE` for: "
        yield Finding(f"{_ABOUT}.sites", False, says + ", ".join(ending), urgent=False)


def _of_end(name: str, end: datetime, now: datetime) -> Finding:
    well = end - now > _SOON
    says = f"in force until {end:%Y-%m-%d}"
    return Finding(f"{_ABOUT}.{name}", well, says if well else f"{says}: {_RENEW}", urgent=False)


def _ending(entries: list[Entry], now: datetime) -> list[str]:
    """Return the sites one of whose NAS has no certificate that lasts a month."""
    newest: dict[str, Entry] = {}
    for entry in entries:
        known = newest.get(entry.dns_name)
        if entry.site and not entry.revoked_at and (not known or known.ends() < entry.ends()):
            newest[entry.dns_name] = entry
    soon = {entry.site for entry in newest.values() if now < entry.ends() <= now + _SOON}
    return sorted(site for site in soon if site)
