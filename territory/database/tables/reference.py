"""The territory as it is described by `socle apply`: no person in it."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    Double,
    ForeignKey,
    Integer,
    Table,
    Text,
    Uuid,
)

from territory.database.tables.columns import Category, column, metadata

_REFERENCE = Category.REFERENCE
_SCHEMA = "territory"


def id_column() -> Column[Any]:
    """Return the key of a table of reference."""
    return column("id", Uuid, _REFERENCE, "Opaque identifier.", primary_key=True)


def code_column() -> Column[Any]:
    """Return the name by which people and files mean a row."""
    return column("code", Text, _REFERENCE, "Short name people type; unique.", unique=True)


def site_column() -> Column[Any]:
    """Return the place of what stands in one."""
    return column(
        "site_id", Uuid, _REFERENCE, "The place it stands in.", ForeignKey("territory.site.id")
    )


organisation = Table(
    "organisation",
    metadata,
    id_column(),
    code_column(),
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
    id_column(),
    code_column(),
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
    id_column(),
    code_column(),
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
    id_column(),
    site_column(),
    column("ssid", Text, _REFERENCE, "Name phones show."),
    column("kind", Text, _REFERENCE, "public or staff; staff is never archived."),
    schema=_SCHEMA,
    comment="One SSID of a site.",
)

helper = Table(
    "helper",
    metadata,
    id_column(),
    site_column(),
    column("name", Text, _REFERENCE, "Name of the service, never of a person."),
    column("hours", Text, _REFERENCE, "OSM opening_hours."),
    column("phone", Text, _REFERENCE, "Its telephone, as people dial it; or none.", nullable=True),
    schema=_SCHEMA,
    comment="A service that helps people get online at a site.",
)
