"""What the law's clocks need: decisions on injunctions, clock readings, an audit log that ages.

The oldest lines of the audit log leave by one function, which keeps the digest of the last of them
in `audit.anchor`: what stays still verifies from there, and the archive's chain has signed the same
digest. Retention reads who ended, to seal it; nobody else gains a right.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"

_INSTANT = sa.DateTime(timezone=True)

_APPEND = """
    CREATE OR REPLACE FUNCTION audit.append(
        at timestamptz, operator_id uuid, actor text, action text, subject text, detail jsonb
    ) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        fresh audit.entry;
    BEGIN
        PERFORM pg_advisory_xact_lock(1096107604);  -- one writer: the chain has one end
        SELECT last.number, last.digest INTO fresh.number, fresh.previous_digest FROM (
            (SELECT e.number, e.digest FROM audit.entry e ORDER BY e.number DESC LIMIT 1)
            UNION ALL
            (SELECT a.number, a.digest FROM audit.anchor a ORDER BY a.number DESC LIMIT 1)
        ) last ORDER BY last.number DESC LIMIT 1;
        fresh.number := coalesce(fresh.number, 0) + 1;
        fresh.previous_digest := coalesce(fresh.previous_digest, decode(repeat('00', 32), 'hex'));
        fresh.at := at;
        fresh.operator_id := operator_id;
        fresh.actor := actor;
        fresh.action := action;
        fresh.subject := subject;
        fresh.detail := detail;
        fresh.digest := sha256(
            fresh.previous_digest || convert_to(audit.canonical(fresh), 'UTF8'));
        INSERT INTO audit.entry SELECT fresh.*;
        RETURN fresh.number;
    END $$
"""

_FORGET = """
    -- Take away every line up to one whose digest was signed; how many. Again is no fault.
    CREATE FUNCTION audit.forget(up_to bigint, signed bytea, now timestamptz) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        found bytea;
        gone bigint;
    BEGIN
        PERFORM pg_advisory_xact_lock(1096107604);
        IF EXISTS (SELECT FROM audit.anchor a WHERE a.number >= up_to) THEN
            RETURN 0;
        END IF;
        SELECT e.digest INTO found FROM audit.entry e WHERE e.number = up_to;
        IF found IS DISTINCT FROM signed THEN
            RAISE EXCEPTION 'audit line % is not the one that was signed', up_to;
        END IF;
        INSERT INTO audit.anchor (number, digest, removed_at) VALUES (up_to, signed, now);
        DELETE FROM audit.entry e WHERE e.number <= up_to;
        GET DIAGNOSTICS gone = ROW_COUNT;
        RETURN gone;
    END $$
"""

_REFUSE_DELETE = """
    -- Only what an anchor covers may go: the anchor says so for ever.
    CREATE FUNCTION audit.refuse_delete() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
    BEGIN
        IF EXISTS (SELECT FROM gone
            WHERE gone.number > coalesce((SELECT max(a.number) FROM audit.anchor a), 0)) THEN
            RAISE EXCEPTION 'the audit log is append-only';
        END IF;
        RETURN NULL;
    END $$
"""

_TRIGGERS = """
    DROP TRIGGER append_only ON audit.entry;
    CREATE TRIGGER append_only BEFORE UPDATE OR TRUNCATE ON audit.entry
        FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse();
    CREATE TRIGGER only_what_an_anchor_covers AFTER DELETE ON audit.entry
        REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_delete();
    CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.anchor
        FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse()
"""

_OVERDUE = """
    -- How many consents `consent.forget` would take away: none, once it has.
    CREATE FUNCTION consent.overdue(since timestamptz) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        SELECT count(*) FROM consent.newsletter n WHERE n.withdrawn_at < since OR NOT (
            EXISTS (SELECT FROM account.contact c WHERE c.id = n.guest_id)
            OR EXISTS (SELECT FROM account.account a
                WHERE a.id = n.guest_id AND a.closed_at IS NULL))
    $$
"""

_RIGHTS = """
    REVOKE ALL ON FUNCTION audit.forget, consent.overdue FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION audit.forget, consent.overdue TO socle_retention;
    GRANT SELECT ON audit.anchor TO socle_portal, socle_retention;
    GRANT SELECT (at) ON audit.entry TO socle_retention;
    GRANT SELECT ON territory.injunction TO
        socle_portal, socle_radius, socle_supervision, socle_retention, socle_desk;
    GRANT INSERT ON territory.injunction TO socle_portal;
    GRANT UPDATE (withdrawn_at, withdrawn_by) ON territory.injunction TO socle_portal;
    GRANT SELECT, INSERT, DELETE ON archive.clock_reading TO socle_retention;
    GRANT SELECT ON identity.person, identity.contact, account.contact TO socle_retention;
    GRANT SELECT (id, kind, key, provider, subject_sealed, created_at, last_used_at, closed_at)
        ON account.account TO socle_retention;
    GRANT SELECT (code_digest) ON live.ticket TO socle_retention;
    GRANT UPDATE (guest_id) ON live.admission TO socle_retention
"""


def _column(
    name: str, type_: sa.types.TypeEngine[Any], comment: str, **options: Any
) -> sa.Column[Any]:
    return sa.Column(name, type_, comment=comment, **{"nullable": False, **options})


def upgrade() -> None:
    """Make the three tables, the functions, the triggers and the rights."""
    _make_injunction()
    _make_clock_reading()
    op.create_table(
        "anchor",
        _column(
            "number", sa.BigInteger(), "[audit] Of the last line removed.", autoincrement=False
        ),
        _column("digest", sa.LargeBinary(), "[audit] That line's: what stays follows it."),
        _column("removed_at", _INSTANT, "[audit] When."),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_anchor")),
        schema="audit",
        comment="Where the audit log begins since its oldest lines reached their term.",
    )
    for statement in (_APPEND, _FORGET, _REFUSE_DELETE, *_TRIGGERS.split(";"), _OVERDUE):
        op.execute(statement)
    for statement in _RIGHTS.split(";"):
        op.execute(statement)


def _make_injunction() -> None:
    op.create_table(
        "injunction",
        _column("id", sa.Uuid(), "[reference] Opaque identifier."),
        _column("state", sa.Text(), "[reference] in force, or ended: none covers these days."),
        _column("first_day", sa.Date(), "[reference] First day covered."),
        _column("until_day", sa.Date(), "[reference] First day no longer covered."),
        _column("ground", sa.Text(), "[reference] The decree's number, or the decision."),
        _column("source", sa.Text(), "[reference] Where it is published or filed."),
        _column("decided_by", sa.Text(), "[staff] Who decided, as a professional."),
        _column("decided_on", sa.Date(), "[reference] When."),
        _column("recorded_by", sa.Text(), "[staff] Login, or the command line."),
        _column("recorded_at", _INSTANT, "[reference] When it was entered."),
        _column(
            "withdrawn_at",
            _INSTANT,
            "[reference] Counts no more since; none: it does.",
            nullable=True,
        ),
        _column("withdrawn_by", sa.Text(), "[staff] By whom.", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_injunction")),
        sa.CheckConstraint("state IN ('in force', 'ended')", name=op.f("ck_injunction_state")),
        sa.CheckConstraint("until_day > first_day", name=op.f("ck_injunction_days")),
        schema="territory",
        comment="What the territory has decided on injunctions to keep traffic data, by date.",
    )


def _make_clock_reading() -> None:
    op.create_table(
        "clock_reading",
        _column("at", _INSTANT, "[operation] The clock said."),
        _column("boot_id", sa.Text(), "[operation] Start of the machine it was read after."),
        _column("uptime_seconds", sa.Double(), "[operation] Since that start, sleep included."),
        _column(
            "synchronised",
            sa.Boolean(),
            "[operation] The kernel says it is; none: it cannot be asked.",
            nullable=True,
        ),
        _column(
            "offset_seconds",
            sa.Double(),
            "[operation] From its source, as last told.",
            nullable=True,
        ),
        _column(
            "error_seconds", sa.Double(), "[operation] The kernel's largest error.", nullable=True
        ),
        _column("source", sa.Text(), "[operation] The server it follows.", nullable=True),
        _column("stratum", sa.Integer(), "[operation] Of that server's clock.", nullable=True),
        _column("leap", sa.Text(), "[operation] Leap second announced.", nullable=True),
        sa.PrimaryKeyConstraint("at", name=op.f("pk_clock_reading")),
        schema="archive",
        comment="What the archive's clock was worth at each run; goes when its day is sealed.",
    )
