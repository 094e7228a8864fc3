"""What `socle doctor` says of the spool: accounting that waits on this machine's disk."""

from collections.abc import Iterator
from datetime import datetime

from radius.reels import look
from socle.commands.findings import Finding
from territory.settings import Settings


def of_spool(settings: Settings, now: datetime) -> Iterator[Finding]:
    """Yield what lies in the spool, where that is on; `now` is aware, UTC."""
    if not settings.radius.spool.enabled:
        return
    folder = settings.spool_folder
    try:
        remains = look(folder)
    except OSError as fault:
        yield Finding("radius.spool", False, f"{folder} cannot be read: {fault.strerror}")
        return
    if remains.unreadable:
        says = f"{remains.unreadable} files in {folder} open with no key of this base: find theirs"
        yield Finding("radius.spool", False, says)
    if not remains.records:
        yield Finding("radius.spool", True, f"nothing waits in {folder}")
        return
    since = (now - remains.oldest_at).total_seconds() / 60 if remains.oldest_at else 0.0
    says = (
        f"{remains.records} accounting records wait in {folder} ({remains.octets} octets), the"
        f" oldest for {since:.0f} minutes: is the database away, is RADIUS running?"
    )
    yield Finding("radius.spool", False, says)
