"""The territory as it is described by `socle apply`: no person in it."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
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


def _snmp() -> Column[Any]:
    return column(
        "snmp_sealed",
        LargeBinary,
        _REFERENCE,
        "How SNMP asks it, in JSON, sealed at rest; none: it does not.",
        nullable=True,
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
    column(
        "dpo_email",
        Text,
        _REFERENCE,
        "Address of its data protection officer's service.",
        nullable=True,
    ),
    column(
        "colour", Text, _REFERENCE, "Of its pages, #rrggbb; none: the base's own.", nullable=True
    ),
    column(
        "logo",
        Text,
        _REFERENCE,
        "SVG drawn anew, or a PNG in base64; none: its name alone.",
        nullable=True,
    ),
    column(
        "message",
        Text,
        _REFERENCE,
        "What its guests read where their site says nothing.",
        nullable=True,
    ),
    column(
        "sponsors",
        ARRAY(Text),
        _REFERENCE,
        "Who may let guests in: @domains and addresses.",
        server_default="{}",
    ),
    column(
        "newsletter_sender",
        Text,
        _REFERENCE,
        "Who writes to guests who agree; none: nobody.",
        nullable=True,
    ),
    column("newsletter_purpose", Text, _REFERENCE, "What for, in one sentence.", nullable=True),
    column(
        "sms_a_day",
        Integer,
        _REFERENCE,
        "Parts of text messages a day; none: the settings'.",
        nullable=True,
    ),
    column(
        "sms_a_month",
        Integer,
        _REFERENCE,
        "Parts of text messages a month; none: the settings'.",
        nullable=True,
    ),
    column(
        "contract_role",
        Text,
        _REFERENCE,
        "controller, joint or processor, towards who holds the base; none: nobody told.",
        nullable=True,
    ),
    column(
        "competence_basis",
        Text,
        _REFERENCE,
        "By what text or decision it may offer Wi-Fi.",
        nullable=True,
    ),
    column("contract_since", Date, _REFERENCE, "From which day that holds.", nullable=True),
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
    column("day_seconds", Integer, _REFERENCE, "A guest's time a day; none: any.", nullable=True),
    column("month_seconds", Integer, _REFERENCE, "Time a month; none: any.", nullable=True),
    column("day_octets", BigInteger, _REFERENCE, "Both ways a day; none: any.", nullable=True),
    column("month_octets", BigInteger, _REFERENCE, "Both ways a month; none: any.", nullable=True),
    column("devices", Integer, _REFERENCE, "Of one guest at once; none: any.", nullable=True),
    column("hours", Text, _REFERENCE, "OSM opening_hours; none: the site's.", nullable=True),
    column(
        "public_holidays",
        Text,
        _REFERENCE,
        "as_usual, or closed whatever the hours say.",
        server_default="as_usual",
    ),
    column(
        "at_end",
        Text,
        _REFERENCE,
        "Once something is used up: cut, slow or ask.",
        server_default="cut",
    ),
    column("slow_upload_bps", BigInteger, _REFERENCE, "bit/s from then on.", nullable=True),
    column("slow_download_bps", BigInteger, _REFERENCE, "bit/s from then on.", nullable=True),
    column("vlan", Integer, _REFERENCE, "VLAN its guests are put in.", nullable=True),
    column("role", Text, _REFERENCE, "Role its guests get from the gateway.", nullable=True),
    column(
        "methods",
        ARRAY(Text),
        _REFERENCE,
        "Identification methods that open it; none listed: any.",
        server_default="{}",
    ),
    column(
        "least_level",
        Text,
        _REFERENCE,
        "Identification level it takes at least: none, ticket, contact or identity.",
        server_default="none",
    ),
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
    column("hours", Text, _REFERENCE, "OSM opening_hours; none: always open.", nullable=True),
    column(
        "closed_days",
        ARRAY(Text),
        _REFERENCE,
        "ISO dates and first/last dates on which it is closed whatever its hours.",
        server_default="{}",
    ),
    column(
        "mac_authentication",
        Boolean,
        _REFERENCE,
        "Whether plans may let returning devices in by their MAC here.",
        server_default="true",
    ),
    column(
        "methods",
        ARRAY(Text),
        _REFERENCE,
        "Identification methods offered, in order; none: its plan's.",
        nullable=True,
    ),
    column(
        "methods_described",
        Boolean,
        _REFERENCE,
        "Whether the territory's description states them: then only it may.",
        server_default="false",
    ),
    column(
        "wifi4eu",
        Boolean,
        _REFERENCE,
        "Whether it is held to the rules of WiFi4EU.",
        server_default="false",
    ),
    column(
        "wifi4eu_snippet",
        Text,
        _REFERENCE,
        "UUID of its network at the Commission; none: no snippet.",
        nullable=True,
    ),
    column(
        "sms_a_day",
        Integer,
        _REFERENCE,
        "Parts of text messages a day; none: the settings'.",
        nullable=True,
    ),
    column(
        "sms_a_month",
        Integer,
        _REFERENCE,
        "Parts of text messages a month; none: the settings'.",
        nullable=True,
    ),
    column(
        "sms_unproven_an_hour",
        Integer,
        _REFERENCE,
        "Codes within an hour that nobody typed, beyond which none is sent; none: the settings'.",
        nullable=True,
    ),
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

helper = Table(
    "helper",
    metadata,
    _id(),
    _site(),
    column("name", Text, _REFERENCE, "Name of the service, never of a person."),
    column("hours", Text, _REFERENCE, "OSM opening_hours."),
    column("phone", Text, _REFERENCE, "Its telephone, as people dial it; or none.", nullable=True),
    schema=_SCHEMA,
    comment="A service that helps people get online at a site.",
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
    column("variant", Text, _REFERENCE, "Which of its brand's dialects.", server_default=""),
    column("controller_url", Text, _REFERENCE, "https address of its controller.", nullable=True),
    column("controller_site", Text, _REFERENCE, "The controller's name of it.", nullable=True),
    column("controller_user", Text, _REFERENCE, "Account at the controller.", nullable=True),
    column(
        "controller_password_sealed",
        LargeBinary,
        _REFERENCE,
        "That account's password or API key, sealed at rest.",
        nullable=True,
    ),
    column(
        "controller_certificate",
        Text,
        _REFERENCE,
        "SHA-256 of the controller's certificate; none: as the system's authorities say.",
        nullable=True,
    ),
    column(
        "controller_client",
        Text,
        _REFERENCE,
        "Omada Open API: the application's client ID; none: it is not asked.",
        nullable=True,
    ),
    column(
        "controller_client_secret_sealed",
        LargeBinary,
        _REFERENCE,
        "That application's secret, sealed at rest.",
        nullable=True,
    ),
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
    column(
        "source_address",
        INET,
        _REFERENCE,
        "Address its packets come from; absent over RadSec.",
        unique=True,
        nullable=True,
    ),
    column("identifier", Text, _REFERENCE, "NAS-Identifier it sends.", nullable=True),
    column("shared_secret_sealed", LargeBinary, _REFERENCE, "Shared secret, sealed at rest."),
    column(
        "require_message_authenticator",
        Text,
        _REFERENCE,
        "always, learn or when-present (CVE-2024-3596).",
    ),
    column("limit_proxy_state", Boolean, _REFERENCE, "Refuse Proxy-State in unsigned requests."),
    column("coa_port", Integer, _REFERENCE, "UDP port that takes Disconnect and CoA."),
    column("attribute_sets", ARRAY(Text), _REFERENCE, "Vendors' attributes it understands."),
    column(
        "tls_name",
        Text,
        _REFERENCE,
        "DNS name in its certificate, lower case; RadSec only.",
        unique=True,
        nullable=True,
    ),
    column(
        "next_secret_sealed",
        LargeBinary,
        _REFERENCE,
        "Secret that a rotation brings in, sealed at rest; none: no rotation.",
        nullable=True,
    ),
    column(
        "rotation_began_at",
        DateTime(timezone=True),
        _REFERENCE,
        "Both secrets are valid since; none: no rotation.",
        nullable=True,
    ),
    column(
        "mac_user_name",
        Text,
        _REFERENCE,
        "How it writes a device as User-Name, by example; none: it does not.",
        server_default="none",
    ),
    column(
        "mac_password",
        Text,
        _REFERENCE,
        "What it then shows as password.",
        server_default="user-name",
    ),
    _snmp(),
    CheckConstraint("num_nonnulls(source_address, tls_name) = 1", name="one_proof"),
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
    _snmp(),
    schema=_SCHEMA,
    comment="A radio.",
)

port_blocks = Table(
    "port_blocks",
    metadata,
    _id(),
    _site(),
    column("first_address", INET, _REFERENCE, "First private address of its devices."),
    column("last_address", INET, _REFERENCE, "Last private address of its devices."),
    column("ports", Integer, _REFERENCE, "Ports of one device, 256 at least."),
    column("first_port", Integer, _REFERENCE, "First port that devices share."),
    column("last_port", Integer, _REFERENCE, "Last port that devices share."),
    column(
        "pool",
        Text,
        _REFERENCE,
        "Public addresses, in order, separated by blanks; empty: whichever the site has.",
        server_default="",
    ),
    column("valid_from", DateTime(timezone=True), _REFERENCE, "Since."),
    column(
        "valid_until", DateTime(timezone=True), _REFERENCE, "Until; none: still.", nullable=True
    ),
    column(
        "in_force_since",
        DateTime(timezone=True),
        _REFERENCE,
        "Since when the gateway applies them; none, or before valid_from: nobody told.",
        nullable=True,
    ),
    schema=_SCHEMA,
    comment="How a site's gateway shares its ports out among devices, by interval.",
)

tunnel_peer = Table(
    "tunnel_peer",
    metadata,
    column(
        "site_id",
        Uuid,
        _REFERENCE,
        "Whose link it is.",
        ForeignKey("territory.site.id", ondelete="CASCADE"),
        primary_key=True,
    ),
    column("inside_address", INET, _REFERENCE, "Its IPv4 address in the tunnel.", unique=True),
    column("public_key", Text, _REFERENCE, "WireGuard, base64.", unique=True),
    column(
        "private_key_sealed",
        LargeBinary,
        _REFERENCE,
        "Sealed at rest; none: made on the router, which keeps it.",
        nullable=True,
    ),
    column("preshared_key_sealed", LargeBinary, _REFERENCE, "WireGuard's, sealed at rest."),
    column("rotated_at", DateTime(timezone=True), _REFERENCE, "Its present key was made."),
    column(
        "next_public_key",
        Text,
        _REFERENCE,
        "Key that a rotation brings in; none: no rotation.",
        unique=True,
        nullable=True,
    ),
    column(
        "next_private_key_sealed",
        LargeBinary,
        _REFERENCE,
        "Its private half, sealed; none: made on the router, or no rotation.",
        nullable=True,
    ),
    column(
        "next_preshared_key_sealed",
        LargeBinary,
        _REFERENCE,
        "Preshared key that comes with it, sealed at rest.",
        nullable=True,
    ),
    column(
        "rotation_began_at",
        DateTime(timezone=True),
        _REFERENCE,
        "Both keys are valid since; none: no rotation.",
        nullable=True,
    ),
    schema=_SCHEMA,
    comment="One WireGuard peer for each site whose link is a tunnel.",
)
