"""What stands at a site, as `socle apply` describes it: gateways, NAS, access points, links."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import INET, MACADDR

from territory.database.tables.columns import Category, column, metadata
from territory.database.tables.reference import code_column, id_column, site_column

_REFERENCE = Category.REFERENCE
_SCHEMA = "territory"


def _snmp() -> Column[Any]:
    return column(
        "snmp_sealed",
        LargeBinary,
        _REFERENCE,
        "How SNMP asks it, in JSON, sealed at rest; none: it does not.",
        nullable=True,
    )


gateway = Table(
    "gateway",
    metadata,
    id_column(),
    site_column(),
    code_column(),
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
    id_column(),
    site_column(),
    column("gateway_id", Uuid, _REFERENCE, "Its gateway.", ForeignKey("territory.gateway.id")),
    code_column(),
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
    id_column(),
    site_column(),
    code_column(),
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
    id_column(),
    site_column(),
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
