"""What `socle doctor` says of the storage of sealed segments, where it is not a folder."""

from collections.abc import Iterator

from retention.storage.choose import open_storage
from socle.commands.findings import Finding
from territory.errors import Unavailable
from territory.settings import Settings


def of_storage(settings: Settings) -> Iterator[Finding]:
    """Yield whether the storage answers, protects what is sealed and takes it in."""
    if settings.archive.storage == "folder":
        return
    try:
        unfit = list(open_storage(settings.archive, settings.archive_folder).unfit())
    except Unavailable as fault:
        unfit = [str(fault)]
    for says in unfit:
        yield Finding("archive.buckets", False, says)
    if not unfit:
        yield Finding("archive.buckets", True, "each locks what is sealed, and lets it end in time")
