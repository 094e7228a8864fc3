"""What a guest may do, in UniFi's units. Pure.

Time goes in whole minutes and data in whole millions of octets, both rounded up so that a guest
never gets less than was said; the keeper ends what is over to the second and to the octet. Rates
go in kbit/s; the official API takes none above 100 000, so a faster plan gets that.
"""

from portal.gateways.vocabulary import Allowance

MEGABYTE = 10**6
MOST_MINUTES = 1_000_000
MOST_MEGABYTES = 1_048_576
SLOWEST_KBPS = 2
FASTEST_KBPS = 100_000


def official_limits(allowance: Allowance) -> dict[str, int]:
    """Return the fields of AUTHORIZE_GUEST_ACCESS; what has no limit is left out."""
    fields = {
        "timeLimitMinutes": minutes(allowance),
        "dataUsageLimitMBytes": megabytes(allowance),
        "rxRateLimitKbps": _within(allowance.download_bps),
        "txRateLimitKbps": _within(allowance.upload_bps),
    }
    return {name: value for name, value in fields.items() if value is not None}


def legacy_limits(allowance: Allowance) -> dict[str, int]:
    """Return the fields of authorize-guest; what has no limit is left out."""
    fields = {
        "minutes": minutes(allowance),
        "bytes": megabytes(allowance),
        "up": _kbps(allowance.upload_bps),
        "down": _kbps(allowance.download_bps),
    }
    return {name: value for name, value in fields.items() if value is not None}


def minutes(allowance: Allowance) -> int:
    """Return whole minutes, 1 at least."""
    return min(MOST_MINUTES, max(1, -(-allowance.seconds // 60)))


def megabytes(allowance: Allowance) -> int | None:
    """Return whole millions of octets, 1 at least; None: no limit."""
    if allowance.octets is None:
        return None
    return min(MOST_MEGABYTES, max(1, -(-allowance.octets // MEGABYTE)))


def _kbps(bps: int | None) -> int | None:
    return None if bps is None else max(1, bps // 1000)


def _within(bps: int | None) -> int | None:
    rate = _kbps(bps)
    return None if rate is None else min(FASTEST_KBPS, max(SLOWEST_KBPS, rate))
