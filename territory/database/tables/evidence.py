"""What the law has us keep, a partition for each UTC day of receipt, until the day is sealed.

Insert-only and without an index: a packet costs the same whatever the history. Source data (who
had which address) and traffic data (how long, how much) never share a table (CPCE R10-13).
"""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    ForeignKey,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import INET, MACADDR

from territory.database.tables.columns import Category, column, metadata

_SOURCE = Category.SOURCE
_TRAFFIC = Category.TRAFFIC
_SECURITY = Category.SECURITY
_INSTANT = DateTime(timezone=True)
_BY_DAY = "RANGE (received_at)"

source_event = Table(
    "event",
    metadata,
    column("received_at", _INSTANT, _SOURCE, "Server's clock at receipt."),
    column("session_key", Uuid, _SOURCE, "Which session."),
    column("kind", SmallInteger, _SOURCE, "Acct-Status-Type (RFC 2866 §5.1)."),
    column("nas_id", Uuid, _SOURCE, "Who reported it."),
    column("site_id", Uuid, _SOURCE, "Where."),
    column("admission_id", Uuid, _SOURCE, "The right it uses.", nullable=True),
    column("user_name", Text, _SOURCE, "Opaque User-Name.", nullable=True),
    column("device", MACADDR, _SOURCE, "The guest's device.", nullable=True),
    column("address", INET, _SOURCE, "Private IPv4 address.", nullable=True),
    column("address6", ARRAY(INET), _SOURCE, "IPv6 addresses.", server_default="{}"),
    column("nas_time", _INSTANT, _SOURCE, "Event-Timestamp of the NAS.", nullable=True),
    column("delay_seconds", Integer, _SOURCE, "Acct-Delay-Time.", server_default="0"),
    column("session_seconds", BigInteger, _SOURCE, "Age of the session: dates its start."),
    schema="source",
    comment="Who had which address when, record by record.",
    postgresql_partition_by=_BY_DAY,
)

carried_session = Table(
    "carried_session",
    metadata,
    column("session_key", Uuid, _SOURCE, "Which session.", primary_key=True),
    column("seen_at", _INSTANT, _SOURCE, "Last known of it by the end of the last sealed day."),
    column("nas_time", _INSTANT, _SOURCE, "The NAS's own time then.", nullable=True),
    column("site", Text, _SOURCE, "Code of the site.", nullable=True),
    column("nas", Text, _SOURCE, "Code of the NAS.", nullable=True),
    column("user_name", Text, _SOURCE, "Opaque User-Name.", nullable=True),
    column("device", MACADDR, _SOURCE, "The guest's device.", nullable=True),
    column("address", INET, _SOURCE, "Private IPv4 address.", nullable=True),
    column("address6", ARRAY(INET), _SOURCE, "IPv6 addresses.", server_default="{}"),
    schema="source",
    comment="Sessions that went on after the last sealed day, as they then were.",
)

traffic_event = Table(
    "event",
    metadata,
    column("received_at", _INSTANT, _TRAFFIC, "Server's clock at receipt."),
    column("session_key", Uuid, _TRAFFIC, "Which session."),
    column("kind", SmallInteger, _TRAFFIC, "Acct-Status-Type (RFC 2866 §5.1)."),
    column("session_seconds", BigInteger, _TRAFFIC, "Duration told by the NAS."),
    column("upload_octets", BigInteger, _TRAFFIC, "From the guest, cumulative."),
    column("download_octets", BigInteger, _TRAFFIC, "To the guest, cumulative."),
    column("terminate_cause", Integer, _TRAFFIC, "Acct-Terminate-Cause.", nullable=True),
    schema="traffic",
    comment="How long and how much, record by record.",
    postgresql_partition_by=_BY_DAY,
)

authentication = Table(
    "authentication",
    metadata,
    column("received_at", _INSTANT, _SECURITY, "Server's clock at receipt."),
    column("nas_id", Uuid, _SECURITY, "Who asked."),
    column("site_id", Uuid, _SECURITY, "Where."),
    column("admission_id", Uuid, _SECURITY, "The right shown.", nullable=True),
    column("device", MACADDR, _SECURITY, "The device.", nullable=True),
    column("outcome", Text, _SECURITY, "accept or reject."),
    column("reason", Text, _SECURITY, "Why."),
    schema="security",
    comment="Each answer to an Access-Request.",
    postgresql_partition_by=_BY_DAY,
)

translation = Table(
    "translation",
    metadata,
    column("received_at", _INSTANT, _SOURCE, "Server's clock at receipt."),
    column("site_id", Uuid, _SOURCE, "Whose gateway told it."),
    column("address", INET, _SOURCE, "Private IPv4 address of the device."),
    column(
        "protocol",
        SmallInteger,
        _SOURCE,
        "IANA protocol number; none: all (a block of ports).",
        nullable=True,
    ),
    column("public_address", INET, _SOURCE, "Address the Internet saw."),
    column("port_first", Integer, _SOURCE, "First port the Internet saw."),
    column("port_last", Integer, _SOURCE, "Last port the Internet saw."),
    column("at", _INSTANT, _SOURCE, "What is told happened then, by the server's clock."),
    column("held_from", _INSTANT, _SOURCE, "It began then; none: not told.", nullable=True),
    column("held_until", _INSTANT, _SOURCE, "It ended then; none: not told.", nullable=True),
    schema="source",
    comment="What gateways told of their address translation; no destination (CPCE L34-1 VI).",
    postgresql_partition_by=_BY_DAY,
)

site_public_address = Table(
    "site_public_address",
    metadata,
    column("id", Uuid, _SOURCE, "Opaque identifier.", primary_key=True),
    column("site_id", Uuid, _SOURCE, "Which site.", ForeignKey("territory.site.id")),
    column("address", INET, _SOURCE, "Address the Internet sees."),
    column("valid_from", _INSTANT, _SOURCE, "Since."),
    column("valid_until", _INSTANT, _SOURCE, "Until; none: still.", nullable=True),
    column(
        "origin",
        Text,
        _SOURCE,
        "stated: by the territory's description; observed: by the portal; link: by the tunnel.",
        server_default="observed",
    ),
    schema="source",
    comment="A site's public address, by interval.",
)
