"""Tickets, the devices that use them, and the count of guesses that all processes share.

The portal makes, finds and revokes tickets; it never writes a code, nor may it change what a ticket
gives. Which of a ticket's devices are online is told by a function, so that the portal need not
read whose sessions are open. Retention deletes and reads no more than the days it deletes by.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import MACADDR

revision = "0027"
down_revision = "0026"

_INSTANT = sa.DateTime(timezone=True)

_SEATS = """
    -- Who has a ticket's places, and whether a session of that device is open with it.
    CREATE FUNCTION live.ticket_seats(the_ticket uuid, now timestamptz)
    RETURNS TABLE (device text, taken_at timestamptz, is_online boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        SELECT d.device::text, d.taken_at, EXISTS (
            SELECT FROM live.admission a JOIN live.open_session o ON o.admission_id = a.id
            WHERE a.guest_id = d.ticket_id AND o.device = d.device AND o.live_until > now)
        FROM live.ticket_device d WHERE d.ticket_id = the_ticket ORDER BY d.taken_at
    $$
"""

_ONLINE = """
    -- The tickets of a sheet that somebody is online with.
    CREATE FUNCTION live.tickets_online(the_sheet uuid, now timestamptz)
    RETURNS TABLE (ticket_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        SELECT t.id FROM live.ticket t
        WHERE t.sheet_id = the_sheet AND t.first_used_at IS NOT NULL AND EXISTS (
            SELECT FROM live.admission a JOIN live.open_session o ON o.admission_id = a.id
            WHERE a.guest_id = t.id AND o.live_until > now)
    $$
"""

_RIGHTS = """
    REVOKE ALL ON FUNCTION live.ticket_seats, live.tickets_online FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION live.ticket_seats, live.tickets_online TO socle_portal;
    GRANT SELECT, INSERT ON live.ticket_sheet, live.ticket TO socle_portal;
    GRANT UPDATE (first_used_at, revoked_at, revoked_reason) ON live.ticket TO socle_portal;
    GRANT SELECT, INSERT, UPDATE, DELETE ON live.ticket_device, live.guess TO socle_portal;
    GRANT DELETE ON live.ticket, live.ticket_sheet, live.guess TO socle_retention;
    GRANT SELECT (id, use_seconds, last_first_use, made_at) ON live.ticket_sheet TO socle_retention;
    GRANT SELECT (id, sheet_id, first_used_at, revoked_at) ON live.ticket TO socle_retention;
    GRANT SELECT (began_at) ON live.guess TO socle_retention
"""


def _column(
    name: str, type_: sa.types.TypeEngine[Any], comment: str, **options: Any
) -> sa.Column[Any]:
    return sa.Column(name, type_, comment=comment, **{"nullable": False, **options})


def upgrade() -> None:
    """Make tables, functions and rights."""
    _make_sheet()
    _make_ticket()
    _make_device()
    op.create_table(
        "guess",
        _column("key", sa.LargeBinary(), "[security] Keyed digest of who guesses at what."),
        _column("began_at", _INSTANT, "[security] First of those counted."),
        _column("guesses", sa.Integer(), "[security] Wrong ones since."),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_guess")),
        schema="live",
        comment="How often somebody guessed at codes lately, for all processes; kept a day.",
    )
    for statement in (_SEATS, _ONLINE, *_RIGHTS.split(";")):
        op.execute(statement)


def _make_sheet() -> None:
    everywhere = "[operation] Where they are good; none: at every site of the organisation."
    op.create_table(
        "ticket_sheet",
        _column("id", sa.Uuid(), "[operation] Opaque identifier."),
        _column("organisation_id", sa.Uuid(), "[operation] Whose tickets."),
        _column("site_id", sa.Uuid(), everywhere, nullable=True),
        _column("plan_id", sa.Uuid(), "[operation] Rights that each gives."),
        _column("devices", sa.Integer(), "[operation] At once with each."),
        _column("use_seconds", sa.Integer(), "[operation] Each lasts, from its first use."),
        _column("last_first_use", sa.Date(), "[operation] Last day of first use, in Europe/Paris."),
        _column("made_at", _INSTANT, "[operation] Made at."),
        _column(
            "made_by", sa.Uuid(), "[staff] Who made it; none: the command line.", nullable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_sheet")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["territory.organisation.id"],
            name=op.f("fk_ticket_sheet_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["territory.site.id"],
            name=op.f("fk_ticket_sheet_site_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["territory.plan.id"], name=op.f("fk_ticket_sheet_plan_id")
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["staff.operator.id"], name=op.f("fk_ticket_sheet_made_by")
        ),
        schema="live",
        comment="Tickets made together, one or many, and what each of them gives.",
    )
    op.create_index(
        "ix_ticket_sheet_organisation_id",
        "ticket_sheet",
        ["organisation_id", "made_at"],
        schema="live",
    )


def _make_ticket() -> None:
    op.create_table(
        "ticket",
        _column("id", sa.Uuid(), "[source] Opaque identifier; admissions name it."),
        _column("sheet_id", sa.Uuid(), "[operation] Made with."),
        _column("number", sa.Integer(), "[operation] 1, 2, 3... on its sheet."),
        _column("code_digest", sa.LargeBinary(), "[operation] HMAC-SHA256 of its code."),
        _column("first_used_at", _INSTANT, "[source] Its time runs since.", nullable=True),
        _column("revoked_at", _INSTANT, "[operation] Ended early at.", nullable=True),
        _column("revoked_reason", sa.Text(), "[operation] Why, in words.", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket")),
        sa.UniqueConstraint("code_digest", name=op.f("uq_ticket_code_digest")),
        sa.ForeignKeyConstraint(
            ["sheet_id"],
            ["live.ticket_sheet.id"],
            name=op.f("fk_ticket_sheet_id"),
            ondelete="CASCADE",
        ),
        schema="live",
        comment="A ticket: whoever types its code has what it gives.",
    )
    op.create_index("ix_ticket_sheet_id", "ticket", ["sheet_id", "number"], schema="live")


def _make_device() -> None:
    op.create_table(
        "ticket_device",
        _column("ticket_id", sa.Uuid(), "[source] Which."),
        _column("device", MACADDR(), "[source] A device that has one of its places."),
        _column("taken_at", _INSTANT, "[source] Last let in with it at."),
        sa.PrimaryKeyConstraint("ticket_id", "device", name=op.f("pk_ticket_device")),
        sa.ForeignKeyConstraint(
            ["ticket_id"],
            ["live.ticket.id"],
            name=op.f("fk_ticket_device_ticket_id"),
            ondelete="CASCADE",
        ),
        schema="live",
        comment="Who has a ticket's places now: never more devices than it has places.",
    )
