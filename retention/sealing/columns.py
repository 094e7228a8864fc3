"""What the columns of facts and slices are: type, unit, legal category. The archive's schemas.

These schemas are the format (docs/archive-format.md): a column may be added, never changed.
"""

import pyarrow as pa

from territory.database.tables.columns import Category

INSTANT = pa.timestamp("us", tz="UTC")


def _field(
    name: str, type_: pa.DataType, category: Category, meaning: str, unit: str = ""
) -> pa.Field:
    metadata = {"category": category.value, "meaning": meaning}
    return pa.field(name, type_, metadata={**metadata, "unit": unit} if unit else metadata)


_SOURCE = Category.SOURCE
_TRAFFIC = Category.TRAFFIC
_SECURITY = Category.SECURITY

SOURCE_FACTS = pa.schema(
    [
        ("session", pa.string()),
        ("at", INSTANT),  # when it happened: receipt, less the NAS's own delay
        ("began_at", INSTANT),  # the session's start, as this fact dates it
        ("kind", pa.int16()),  # Acct-Status-Type (RFC 2866 §5.1); 0: present, nothing more
        ("device", pa.string()),
        ("address", pa.string()),
        ("addresses6", pa.string()),  # separated by blanks
        ("site", pa.string()),
        ("nas", pa.string()),
        ("user_name", pa.string()),
        ("nas_time", INSTANT),
        # Only where no Stop was heard: the plan's interval of reports, and its longest session.
        ("interim_seconds", pa.int64()),
        ("limit_seconds", pa.int64()),
        ("gone_by", INSTANT),  # the NAS restarted then, and nobody told an end
    ]
)
"""What the derivation of source slices takes: one row for each thing known of a session."""

SITE_ADDRESSES = pa.schema(
    [("site", pa.string()), ("public_address", pa.string()), ("since", INSTANT), ("to", INSTANT)]
)
"""Each site's public addresses by interval; `to` is null while it lasts."""

PORT_BLOCKS = pa.schema(
    [
        ("site", pa.string()),
        ("first_address", pa.string()),
        ("last_address", pa.string()),
        ("ports", pa.int64()),
        ("first_port", pa.int64()),
        ("last_port", pa.int64()),
        ("pool", pa.string()),  # public addresses, separated by blanks; empty: the site's
        ("since", INSTANT),
        ("to", INSTANT),
    ]
)
"""How sites share their ports out, by interval; `to` is null while it lasts."""

TRANSLATIONS = pa.schema(
    [
        ("site", pa.string()),
        ("address", pa.string()),
        ("protocol", pa.int64()),  # IANA; null: all
        ("public_address", pa.string()),
        ("port_first", pa.int64()),
        ("port_last", pa.int64()),
        ("at", INSTANT),
        ("held_from", INSTANT),  # null: not told
        ("held_until", INSTANT),  # null: not told
    ]
)
"""What gateways told of their translation, each line a row."""

SOURCE_SLICES = pa.schema(
    [
        _field("public_address", pa.string(), _SOURCE, "address the Internet saw; null: not known"),
        _field("port_first", pa.uint16(), _SOURCE, "first port of the device's block, if any"),
        _field("port_last", pa.uint16(), _SOURCE, "last port of the device's block, if any"),
        _field("from", INSTANT, _SOURCE, "the device had the address from", "UTC"),
        _field("until", INSTANT, _SOURCE, "until, not included", "UTC"),
        _field("from_uncertainty_seconds", pa.int64(), _SOURCE, "maybe as much earlier", "s"),
        _field("until_uncertainty_seconds", pa.int64(), _SOURCE, "maybe as much later", "s"),
        _field(
            "until_is",
            pa.string(),
            _SOURCE,
            "stop: told by the NAS; change: another slice follows; day_end: the next day follows;"
            " last_seen: never told, see the uncertainty",
        ),
        _field("device", pa.string(), _SOURCE, "MAC address as the NAS told it"),
        _field("address", pa.string(), _SOURCE, "private IPv4 address"),
        _field("addresses6", pa.list_(pa.string()), _SOURCE, "IPv6 addresses and prefixes"),
        _field("site", pa.string(), _SOURCE, "code of the site"),
        _field("nas", pa.string(), _SOURCE, "code of the NAS that told it"),
        _field("user_name", pa.string(), _SOURCE, "opaque User-Name of the admission"),
        _field(
            "session",
            pa.string(),
            _SOURCE,
            "the session, the same in every segment; null: a translation told late",
        ),
        _field(
            "nas_clock_offset_seconds",
            pa.int64(),
            _SOURCE,
            "the NAS's clock less the server's; null: the NAS did not tell its time",
            "s",
        ),
        _field("protocol", pa.uint8(), _SOURCE, "IANA protocol of the ports; null: all"),
    ]
)
"""Who had which address when; sorted by (public_address, from)."""

TRAFFIC_SLICES = pa.schema(
    [
        _field("session", pa.string(), _TRAFFIC, "the session, the same in every segment"),
        _field("first_reported_at", INSTANT, _TRAFFIC, "first report received that day", "UTC"),
        _field("last_reported_at", INSTANT, _TRAFFIC, "last report received that day", "UTC"),
        _field("reports", pa.int64(), _TRAFFIC, "how many that day"),
        _field("session_seconds", pa.int64(), _TRAFFIC, "duration so far, last told", "s"),
        _field("upload_octets", pa.int64(), _TRAFFIC, "from the guest so far, last told", "octet"),
        _field("download_octets", pa.int64(), _TRAFFIC, "to the guest so far, last told", "octet"),
        _field("terminate_cause", pa.int32(), _TRAFFIC, "Acct-Terminate-Cause (RFC 2866 §5.10)"),
    ]
)
"""How long and how much, a row for each session that reported that day; sorted by session."""

SECURITY_SLICES = pa.schema(
    [
        _field("received_at", INSTANT, _SECURITY, "Access-Request received", "UTC"),
        _field("site", pa.string(), _SECURITY, "code of the site"),
        _field("nas", pa.string(), _SECURITY, "code of the NAS"),
        _field("device", pa.string(), _SECURITY, "MAC address as the NAS told it"),
        _field("admission", pa.string(), _SECURITY, "opaque identifier of the right shown"),
        _field("outcome", pa.string(), _SECURITY, "accept or reject"),
        _field("reason", pa.string(), _SECURITY, "why"),
    ]
)
"""Each answer to an Access-Request; sorted by receipt."""

TRAFFIC_FACTS = pa.schema(
    [
        ("session", pa.string()),
        ("received_at", INSTANT),
        ("session_seconds", pa.int64()),
        ("upload_octets", pa.int64()),
        ("download_octets", pa.int64()),
        ("terminate_cause", pa.int32()),
    ]
)
"""What the derivation of traffic slices takes: one row for each report."""

_IDENTITY = Category.IDENTITY
_ACCOUNT = Category.ACCOUNT

IDENTITY_ROWS = pa.schema(
    [
        _field("guest", pa.string(), _IDENTITY, "opaque identifier of the account or contact"),
        _field("kind", pa.string(), _IDENTITY, "account, openid_connect, sponsor, email or phone"),
        _field("told_by", pa.string(), _IDENTITY, "guest, or the identity provider's code"),
        _field("claims", pa.string(), _IDENTITY, "JSON: address, number, names, birth"),
        _field("recorded_at", INSTANT, _IDENTITY, "last told at", "UTC"),
        _field("ended_at", INSTANT, _IDENTITY, "the account is over since", "UTC"),
    ]
)
"""Who was behind an account or contact that ended that day; sorted by guest."""

ACCOUNT_ROWS = pa.schema(
    [
        _field("guest", pa.string(), _ACCOUNT, "opaque identifier of account, contact or ticket"),
        _field(
            "kind",
            pa.string(),
            _ACCOUNT,
            "account, openid_connect, sponsor, email, phone or ticket",
        ),
        _field("digest", pa.string(), _ACCOUNT, "keyed digest that finds it, in hexadecimal"),
        _field("provider", pa.string(), _ACCOUNT, "code of the identity provider, if any"),
        _field("subject", pa.string(), _ACCOUNT, "that provider's name, or who vouched, if any"),
        _field(
            "user_name",
            pa.string(),
            _ACCOUNT,
            "opaque User-Name of a right it earned; null: the account or contact itself",
        ),
        _field("from", INSTANT, _ACCOUNT, "made, or the right was granted, at", "UTC"),
        _field("until", INSTANT, _ACCOUNT, "over since", "UTC"),
    ]
)
"""Accounts and contacts that ended that day, and rights that did; sorted by guest and user_name."""
