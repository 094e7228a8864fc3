"""The territory as it is described by `socle apply`: no person in it."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import INET, MACADDR

from territory.database.tables.columns import Category, column, metadata

_REFERENCE = Category.REFERENCE
_SCHEMA = "territory"


def _id() -> Column[Any]:
    return column("id", Uuid, _REFERENCE, "Opaque identifier.", primary_key=True)


def _code() -> Column[Any]:
    return column("code", Text, _REFERENCE, "Short name people type; unique.", unique=True)


def _site() -> Column[Any]:
    return column(
        "site_id", Uuid, _REFERENCE, "The place it stands in.", ForeignKey("territory.site.id")
    )


organisation = Table(
    "organisation",
    metadata,
    _id(),
    _code(),
    column("name", Text, _REFERENCE, "Name shown to guests."),
    column("kind", Text, _REFERENCE, "commune, epci, departement, association, health..."),
    column("siren", Text, _REFERENCE, "SIREN, 9 digits.", nullable=True),
    column("contact_email", Text, _REFERENCE, "Address of the service, not of a person."),
    schema=_SCHEMA,
    comment="Who orders and answers for sites.",
)

plan = Table(
    "plan",
    metadata,
    _id(),
    _code(),
    column("name", Text, _REFERENCE, "Name shown to guests."),
    column("session_seconds", Integer, _REFERENCE, "How long an admission lasts."),
    column("idle_seconds", Integer, _REFERENCE, "Silence after which the gateway ends a session."),
    column("interim_seconds", Integer, _REFERENCE, "Interval of interim accounting, 60 at least."),
    column("upload_bps", BigInteger, _REFERENCE, "Guest's upload rate, bit/s.", nullable=True),
    column("download_bps", BigInteger, _REFERENCE, "Guest's download rate, bit/s.", nullable=True),
    column("session_octets", BigInteger, _REFERENCE, "Both ways; none: no limit.", nullable=True),
    column("mac_authentication", Boolean, _REFERENCE, "A returning device is let in by its MAC."),
    schema=_SCHEMA,
    comment="A set of access rights.",
)

site = Table(
    "site",
    metadata,
    _id(),
    _code(),
    column(
        "organisation_id",
        Uuid,
        _REFERENCE,
        "Who answers for it.",
        ForeignKey("territory.organisation.id"),
    ),
    column("name", Text, _REFERENCE, "Name shown to guests."),
    column("insee", Text, _REFERENCE, "INSEE code of its commune.", nullable=True),
    column("postal_address", Text, _REFERENCE, "Street and town.", nullable=True),
    column("latitude", Double, _REFERENCE, "WGS 84, degrees.", nullable=True),
    column("longitude", Double, _REFERENCE, "WGS 84, degrees.", nullable=True),
    column("place_type", Text, _REFERENCE, "mairie, bibliotheque, salle_des_fetes..."),
    column("link", Text, _REFERENCE, "tunnel, radsec, cloud or private_network."),
    column("plan_id", Uuid, _REFERENCE, "Rights of its guests.", ForeignKey("territory.plan.id")),
    column("listed", Boolean, _REFERENCE, "Shown on the public map."),
    column("package", Text, _REFERENCE, "Site package it was ordered as.", nullable=True),
    column("welcome", Text, _REFERENCE, "The organisation's message.", nullable=True),
    schema=_SCHEMA,
    comment="A place with public Wi-Fi.",
)

network = Table(
    "network",
    metadata,
    _id(),
    _site(),
    column("ssid", Text, _REFERENCE, "Name phones show."),
    column("kind", Text, _REFERENCE, "public or staff; staff is never archived."),
    schema=_SCHEMA,
    comment="One SSID of a site.",
)

gateway = Table(
    "gateway",
    metadata,
    _id(),
    _site(),
    _code(),
    column("brand", Text, _REFERENCE, "Adapter that reads its redirects."),
    column("login_address", Text, _REFERENCE, "host[:port] a hand-back may go to, no other."),
    column(
        "portal_base",
        Text,
        _REFERENCE,
        "The exact portal address the gateway is configured with.",
        nullable=True,
    ),
    column(
        "portal_secret_sealed",
        LargeBinary,
        _REFERENCE,
        "uamsecret or faskey, sealed at rest.",
        nullable=True,
    ),
    column("model", Text, _REFERENCE, "Hardware.", nullable=True),
    schema=_SCHEMA,
    comment="What redirects a phone to the portal.",
)

nas = Table(
    "nas",
    metadata,
    _id(),
    _site(),
    column("gateway_id", Uuid, _REFERENCE, "Its gateway.", ForeignKey("territory.gateway.id")),
    _code(),
    column("source_address", INET, _REFERENCE, "Address its packets come from.", unique=True),
    column("identifier", Text, _REFERENCE, "NAS-Identifier it sends.", nullable=True),
    column("shared_secret_sealed", LargeBinary, _REFERENCE, "Shared secret, sealed at rest."),
    column(
        "require_message_authenticator",
        Text,
        _REFERENCE,
        "always or when-present (CVE-2024-3596).",
    ),
    column("limit_proxy_state", Boolean, _REFERENCE, "Refuse Proxy-State in unsigned requests."),
    column("coa_port", Integer, _REFERENCE, "UDP port that takes Disconnect and CoA."),
    column("attribute_sets", ARRAY(Text), _REFERENCE, "Vendors' attributes it understands."),
    schema=_SCHEMA,
    comment="Who sends us RADIUS.",
)

access_point = Table(
    "access_point",
    metadata,
    _id(),
    _site(),
    _code(),
    column("name", Text, _REFERENCE, "Name technicians use."),
    column("mac", MACADDR, _REFERENCE, "Its base MAC address.", nullable=True),
    column("management_address", INET, _REFERENCE, "Address that is polled.", nullable=True),
    column("model", Text, _REFERENCE, "Hardware.", nullable=True),
    schema=_SCHEMA,
    comment="A radio.",
)
