"""Which storage the settings name."""

from pathlib import Path

from retention.storage.buckets import Buckets, Layout
from retention.storage.folder import Folder
from retention.storage.port import Storage
from retention.storage.signed_request import Account
from territory.law.durations import Law, load_law
from territory.settings.evidence import ArchiveSettings


def open_storage(settings: ArchiveSettings, folder: Path) -> Storage:
    """Return where sealed objects lie; `folder` is the archive's own."""
    endpoint, key, secret = settings.endpoint, settings.access_key_id, settings.secret_access_key
    if not (settings.storage == "s3" and endpoint and key and secret):
        return Folder(folder)
    account = Account(endpoint, settings.region, key.get_secret_value(), secret.get_secret_value())
    return Buckets(account, layout_of(settings, load_law()), folder, settings.timeout_seconds)


def layout_of(settings: ArchiveSettings, law: Law) -> Layout:
    """Return each category's bucket: that of the longest duration not over its own.

    What may be kept for a year or for three months only (traffic data, CPCE L34-1 III) is never
    locked for longer than three.
    """
    buckets = settings.buckets
    months = {buckets.three_months: 3, buckets.one_year: 12, buckets.five_years: 60}
    of_category: dict[str, str] = {}
    for category, rule in law.rules.items():
        kept = (rule.kept_without_injunction or rule.kept).months
        fitting = [name for name, least in months.items() if least <= kept]
        of_category[category.value] = max(fitting, key=lambda name: months[name])
    return Layout(of_category, months, buckets.chain)
