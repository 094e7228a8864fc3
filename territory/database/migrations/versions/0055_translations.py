"""Who had which public port: what gateways tell of their translation, and blocks of ports.

`source.translation` is partitioned by day of receipt as `source.event` is: both are made and
dropped together. No column of it can hold a destination (CPCE L34-1 VI).
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import INET

revision = "0055"
down_revision = "0054"

_INSTANT = sa.DateTime(timezone=True)


def _column(
    category: str, name: str, type_: sa.types.TypeEngine[Any], comment: str, **options: Any
) -> sa.Column[Any]:
    comment = f"[{category}] {comment}"
    return sa.Column(name, type_, **{"nullable": False, **options}, comment=comment)


_TRANSLATION = (
    ("received_at", _INSTANT, "Server's clock at receipt."),
    ("site_id", sa.Uuid(), "Whose gateway told it."),
    ("address", INET(), "Private IPv4 address of the device."),
    ("protocol", sa.SmallInteger(), "IANA protocol number; none: all (a block of ports)."),
    ("public_address", INET(), "Address the Internet saw."),
    ("port_first", sa.Integer(), "First port the Internet saw."),
    ("port_last", sa.Integer(), "Last port the Internet saw."),
    ("at", _INSTANT, "What is told happened then, by the server's clock."),
    ("held_from", _INSTANT, "It began then; none: not told."),
    ("held_until", _INSTANT, "It ended then; none: not told."),
)
_MAY_MISS = frozenset({"protocol", "held_from", "held_until"})
_PORT_BLOCKS = (
    ("id", sa.Uuid(), "Opaque identifier."),
    ("site_id", sa.Uuid(), "The place it stands in."),
    ("first_address", INET(), "First private address of its devices."),
    ("last_address", INET(), "Last private address of its devices."),
    ("ports", sa.Integer(), "Ports of one device, 256 at least."),
    ("first_port", sa.Integer(), "First port that devices share."),
    ("last_port", sa.Integer(), "Last port that devices share."),
)
_POOL = "Public addresses, in order, separated by blanks; empty: whichever the site has."

_ENSURE_DAYS = """
    CREATE OR REPLACE FUNCTION live.ensure_days(first date, days integer) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        day date;
        parent text;
    BEGIN
        PERFORM pg_advisory_xact_lock(1096107605);
        FOR day IN SELECT generate_series(first, first + days - 1, '1 day')::date LOOP
            FOREACH parent IN ARRAY ARRAY['source.event', 'source.translation', 'traffic.event',
                'security.authentication'] LOOP
                EXECUTE format(
                    'CREATE TABLE IF NOT EXISTS %s_%s PARTITION OF %s FOR VALUES FROM (%L) TO (%L)',
                    parent, to_char(day, 'YYYYMMDD'), parent,
                    day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
            END LOOP;
        END LOOP;
    END $$
"""

_DROP_DAY = """
    CREATE OR REPLACE FUNCTION live.drop_day(category text, day date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        parents text[] := CASE category
            WHEN 'source' THEN ARRAY['source.event', 'source.translation']
            WHEN 'traffic' THEN ARRAY['traffic.event']
            WHEN 'security' THEN ARRAY['security.authentication'] END;
        parent text;
    BEGIN
        IF parents IS NULL THEN
            RAISE EXCEPTION 'no daily partitions for category %', category;
        END IF;
        FOREACH parent IN ARRAY parents LOOP
            EXECUTE format('DROP TABLE IF EXISTS %s_%s', parent, to_char(day, 'YYYYMMDD'));
        END LOOP;
    END $$
"""

# A day is held once, however many tables of a category hold a part of it.
_HELD_DAYS = r"""
    CREATE OR REPLACE VIEW live.held_day AS
    SELECT DISTINCT n.nspname AS category,
        CASE WHEN c.relname ~ '_[0-9]{8}$' THEN to_date(right(c.relname, 8), 'YYYYMMDD') END AS day
    FROM pg_inherits i
    JOIN pg_class c ON c.oid = i.inhrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname IN ('source', 'traffic', 'security')
"""

_RIGHTS = """
    GRANT SELECT, INSERT ON source.translation TO socle_retention;
    GRANT SELECT, DELETE ON territory.port_blocks TO socle_retention;
    GRANT SELECT, INSERT, UPDATE ON live.translation_seen TO socle_retention;
    GRANT SELECT ON territory.port_blocks, live.translation_seen TO socle_portal
"""


def upgrade() -> None:
    """Make the tables, have days made and dropped with them, and give rights."""
    op.create_table(
        "translation",
        *[
            _column("source", name, type_, comment, nullable=name in _MAY_MISS)
            for name, type_, comment in _TRANSLATION
        ],
        schema="source",
        comment="What gateways told of their address translation; no destination (CPCE L34-1 VI).",
        postgresql_partition_by="RANGE (received_at)",
    )
    _make_port_blocks()
    _make_seen()
    for statement in (_ENSURE_DAYS, _DROP_DAY, _HELD_DAYS, *_RIGHTS.split(";")):
        op.execute(statement)


def _make_port_blocks() -> None:
    op.create_table(
        "port_blocks",
        *[_column("reference", name, type_, comment) for name, type_, comment in _PORT_BLOCKS],
        _column("reference", "pool", sa.Text(), _POOL, server_default=""),
        _column("reference", "valid_from", _INSTANT, "Since."),
        _column("reference", "valid_until", _INSTANT, "Until; none: still.", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_port_blocks")),
        sa.ForeignKeyConstraint(
            ["site_id"], ["territory.site.id"], name=op.f("fk_port_blocks_site_id")
        ),
        schema="territory",
        comment="How a site's gateway shares its ports out among devices, by interval.",
    )


def _make_seen() -> None:
    op.create_table(
        "translation_seen",
        _column("operation", "site_id", sa.Uuid(), "Whose gateway tells its address translation."),
        _column("operation", "last_at", _INSTANT, "Last one that was kept."),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_translation_seen")),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["territory.site.id"],
            name=op.f("fk_translation_seen_site_id"),
            ondelete="CASCADE",
        ),
        schema="live",
        comment="When each site's gateway last told a translation: whether its log still comes.",
    )
