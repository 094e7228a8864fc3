"""The WireGuard hub's peers, one a site whose link is a tunnel, and what is seen of them.

Supervision carries the hub out: it alone reads the preshared keys, and nobody but the owner a
private one. A site's public address is observed by its tunnel as well as by its guests' requests,
each in intervals of its own; supervision may not look at source data, and tells a function.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"

_INSTANT = sa.DateTime(timezone=True)


def _column(
    name: str, type_: sa.types.TypeEngine[Any], comment: str, *, nullable: bool = False
) -> sa.Column[Any]:
    return sa.Column(name, type_, nullable=nullable, comment=comment)


_PEER = (
    _column("site_id", sa.Uuid(), "[reference] Whose link it is."),
    _column("inside_address", postgresql.INET(), "[reference] Its IPv4 address in the tunnel."),
    _column("public_key", sa.Text(), "[reference] WireGuard, base64."),
    _column(
        "private_key_sealed",
        sa.LargeBinary(),
        "[reference] Sealed at rest; none: made on the router, which keeps it.",
        nullable=True,
    ),
    _column("preshared_key_sealed", sa.LargeBinary(), "[reference] WireGuard's, sealed at rest."),
    _column("rotated_at", _INSTANT, "[reference] Its present key was made."),
    _column(
        "next_public_key",
        sa.Text(),
        "[reference] Key that a rotation brings in; none: no rotation.",
        nullable=True,
    ),
    _column(
        "next_private_key_sealed",
        sa.LargeBinary(),
        "[reference] Its private half, sealed; none: made on the router, or no rotation.",
        nullable=True,
    ),
    _column(
        "next_preshared_key_sealed",
        sa.LargeBinary(),
        "[reference] Preshared key that comes with it, sealed at rest.",
        nullable=True,
    ),
    _column(
        "rotation_began_at",
        _INSTANT,
        "[reference] Both keys are valid since; none: no rotation.",
        nullable=True,
    ),
)
_SEEN = (
    _column("site_id", sa.Uuid(), "[operation] Whose link."),
    _column("handshake_at", _INSTANT, "[operation] Last, under its present key.", nullable=True),
    _column(
        "next_handshake_at",
        _INSTANT,
        "[operation] Last, under the key that a rotation brings in.",
        nullable=True,
    ),
    _column("checked_at", _INSTANT, "[operation] Last read."),
)
_RIGHTS = """
    GRANT SELECT (site_id, inside_address, public_key, preshared_key_sealed, next_public_key,
        next_preshared_key_sealed) ON territory.tunnel_peer TO socle_supervision;
    GRANT SELECT (site_id, inside_address, rotated_at, rotation_began_at)
        ON territory.tunnel_peer TO socle_portal;
    GRANT SELECT, INSERT, UPDATE ON live.tunnel_seen TO socle_supervision;
    GRANT SELECT ON live.tunnel_seen TO socle_portal;
    REVOKE ALL ON FUNCTION live.note_link_address FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION live.note_link_address TO socle_supervision
"""
_NOTE_ADDRESS = """
    CREATE FUNCTION live.note_link_address(site uuid, seen inet, at timestamptz)
    RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
    DECLARE
        stated boolean;
        known boolean;
    BEGIN
        PERFORM pg_advisory_xact_lock(hashtextextended(site::text, 0));
        SELECT coalesce(bool_or(origin = 'stated'), false),
            coalesce(bool_or(origin = 'link' AND address = seen), false)
        INTO stated, known FROM source.site_public_address
        WHERE site_id = site AND valid_until IS NULL;
        UPDATE source.site_public_address SET valid_until = at
        WHERE site_id = site AND valid_until IS NULL AND origin = 'link'
            AND (stated OR address <> seen);
        IF stated OR known THEN
            RETURN false;
        END IF;
        INSERT INTO source.site_public_address (id, site_id, address, valid_from, origin)
        VALUES (gen_random_uuid(), site, seen, at, 'link');
        RETURN true;
    END $$
"""


def upgrade() -> None:
    """Make both tables, and let components have what they need of them."""
    unique = (
        sa.UniqueConstraint(name, name=op.f(f"uq_tunnel_peer_{name}"))
        for name in ("inside_address", "public_key", "next_public_key")
    )
    about = "One WireGuard peer for each site whose link is a tunnel."
    _create("territory", "tunnel_peer", _PEER, about, *unique)
    _create("live", "tunnel_seen", _SEEN, "What the hub last saw of each tunnel.")
    op.alter_column(
        "site_public_address",
        "origin",
        comment="[source] stated: by the territory's description; observed: by the portal;"
        " link: by the tunnel.",
        schema="source",
    )
    op.execute(_NOTE_ADDRESS)
    for statement in _RIGHTS.split(";"):
        op.execute(statement)


def _create(
    schema: str, name: str, columns: tuple[sa.Column[Any], ...], comment: str, *more: sa.Constraint
) -> None:
    whose = sa.ForeignKeyConstraint(
        ["site_id"],
        ["territory.site.id"],
        name=op.f(f"fk_{name}_site_id"),
        ondelete="CASCADE",
    )
    key = sa.PrimaryKeyConstraint("site_id", name=op.f(f"pk_{name}"))
    op.create_table(name, *columns, key, whose, *more, schema=schema, comment=comment)
