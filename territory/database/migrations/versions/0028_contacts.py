"""Codes that were sent, contacts proven with them, and what text messages have cost.

The portal writes challenges, counts answers, and has a right one settled by a function, which alone
moves the address or number to where the portal may not read it. Retention deletes, and reads no
more than the instants it deletes by.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import MACADDR

revision = "0028"
down_revision = "0027"

_INSTANT = sa.DateTime(timezone=True)

_PROVE = """
    -- Settle a challenge that was answered rightly, once: its contact is kept, and named. None: it
    -- is not that visit's, it is over, or it was settled before.
    CREATE FUNCTION live.prove_challenge(the_challenge uuid, the_visit uuid, now timestamptz,
        valid_until timestamptz) RETURNS uuid
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DECLARE
        answered live.challenge;
        known uuid;
    BEGIN
        SELECT * INTO answered FROM live.challenge c
        WHERE c.id = the_challenge AND c.visit_id = the_visit AND c.proven_at IS NULL
            AND c.expires_at > now AND c.contact_sealed IS NOT NULL
        FOR UPDATE;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
        INSERT INTO account.contact AS c (id, kind, digest, verified_at, last_verified_at,
            valid_until)
        VALUES (gen_random_uuid(),
            CASE answered.method WHEN 'sms_code' THEN 'phone' ELSE 'email' END,
            answered.contact_digest, now, now, prove_challenge.valid_until)
        ON CONFLICT (digest) DO UPDATE SET last_verified_at = excluded.last_verified_at,
            valid_until = greatest(c.valid_until, excluded.valid_until)
        RETURNING c.id INTO known;
        INSERT INTO identity.contact AS i (id, contact_sealed, valid_until)
        VALUES (known, answered.contact_sealed, prove_challenge.valid_until)
        ON CONFLICT (id) DO UPDATE SET
            valid_until = greatest(i.valid_until, excluded.valid_until);
        UPDATE live.challenge c
        SET proven_at = now, contact_id = known, contact_sealed = NULL
        WHERE c.id = the_challenge;
        RETURN known;
    END $$
"""

_RIGHTS = """
    REVOKE ALL ON FUNCTION live.prove_challenge FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION live.prove_challenge TO socle_portal;
    GRANT SELECT, INSERT ON live.challenge TO socle_portal;
    GRANT UPDATE (contact_digest, contact_sealed, code_digest, link_digest, attempts, sends,
        sent_at, heard_at) ON live.challenge TO socle_portal;
    GRANT SELECT, INSERT, UPDATE ON live.message_budget TO socle_portal;
    GRANT USAGE ON SCHEMA account, identity TO socle_retention;
    GRANT DELETE ON live.challenge, live.message_budget, account.contact, identity.contact
        TO socle_retention;
    GRANT SELECT (expires_at) ON live.challenge TO socle_retention;
    GRANT SELECT (began_on) ON live.message_budget TO socle_retention;
    GRANT SELECT (valid_until) ON account.contact TO socle_retention;
    GRANT SELECT (valid_until) ON identity.contact TO socle_retention
"""


def _column(
    name: str, type_: sa.types.TypeEngine[Any], comment: str, **options: Any
) -> sa.Column[Any]:
    return sa.Column(name, type_, comment=comment, **{"nullable": False, **options})


def upgrade() -> None:
    """Make tables, the function and rights."""
    _make_challenge()
    _make_contacts()
    op.create_table(
        "message_budget",
        _column("scope", sa.Text(), "[operation] number, block, source, site or organisation."),
        _column("who", sa.LargeBinary(), "[security] Keyed digest of which."),
        _column("span", sa.Text(), "[operation] day or month, in Europe/Paris."),
        _column("began_on", sa.Date(), "[operation] Its first day."),
        _column(
            "parts", sa.Integer(), "[operation] Parts of text messages sent, as they are paid for."
        ),
        sa.PrimaryKeyConstraint("scope", "who", "span", "began_on", name=op.f("pk_message_budget")),
        schema="live",
        comment="What text messages have cost; kept three months.",
    )
    for statement in (_PROVE, *_RIGHTS.split(";")):
        op.execute(statement)


def _make_challenge() -> None:
    unknown = "Keyed digest of the address or number; none: the guest has yet to write from it."
    sealed = "The address or number, sealed; none: proven and moved, or not yet known."
    op.create_table(
        "challenge",
        _column("id", sa.Uuid(), "[operation] Opaque identifier."),
        _column("method", sa.Text(), "[operation] email_code or sms_code."),
        _column("visit_id", sa.Uuid(), "[source] The visit it belongs to: nobody else may answer."),
        _column("device", MACADDR(), "[source] That visit's device."),
        _column("site_id", sa.Uuid(), "[source] Where."),
        _column("contact_digest", sa.LargeBinary(), f"[account] {unknown}", nullable=True),
        _column("contact_sealed", sa.LargeBinary(), f"[identity] {sealed}", nullable=True),
        _column(
            "code_digest", sa.LargeBinary(), "[operation] Keyed digest of the code, or of the word."
        ),
        _column(
            "link_digest",
            sa.LargeBinary(),
            "[operation] The same of the link's secret.",
            nullable=True,
        ),
        _column("attempts", sa.Integer(), "[operation] Answers looked at.", server_default="0"),
        _column("sends", sa.Integer(), "[operation] How often something was sent."),
        _column("sent_at", _INSTANT, "[operation] The last of those."),
        _column("created_at", _INSTANT, "[operation] Since."),
        _column("expires_at", _INSTANT, "[operation] Worth nothing from then on."),
        _column("heard_at", _INSTANT, "[source] The guest's own message came at.", nullable=True),
        _column("proven_at", _INSTANT, "[source] Answered rightly at; once.", nullable=True),
        _column("contact_id", sa.Uuid(), "[account] Whose it proved to be.", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_challenge")),
        schema="live",
        comment="A code that was sent and is awaited for minutes; deleted within a day.",
    )
    op.create_index("ix_challenge_site_id", "challenge", ["site_id", "created_at"], schema="live")
    op.create_index(
        "ix_challenge_code_digest",
        "challenge",
        ["code_digest"],
        schema="live",
        postgresql_where=sa.text("contact_digest IS NULL"),
    )


def _make_contacts() -> None:
    op.create_table(
        "contact",
        _column("id", sa.Uuid(), "[account] Opaque identifier; admissions name it."),
        _column("kind", sa.Text(), "[account] email or phone."),
        _column("digest", sa.LargeBinary(), "[account] Keyed digest of it, which finds it."),
        _column("verified_at", _INSTANT, "[account] First proven at."),
        _column("last_verified_at", _INSTANT, "[account] Last proven at."),
        _column(
            "valid_until", _INSTANT, "[account] Its last right ends at; a year later it leaves."
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("digest", name=op.f("uq_contact_digest")),
        schema="account",
        comment="An address or number that answered; kept a year after its last right.",
    )
    op.create_table(
        "contact",
        _column("id", sa.Uuid(), "[identity] The contact's."),
        _column(
            "contact_sealed", sa.LargeBinary(), "[identity] The address or number, sealed at rest."
        ),
        _column(
            "valid_until",
            _INSTANT,
            "[identity] Its last right ends at; five years later it goes.",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        schema="identity",
        comment="The address or number behind a contact; kept five years after its last right.",
    )
