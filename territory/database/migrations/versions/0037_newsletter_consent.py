"""An organisation's newsletter, for guests who tick a box that nobody has to tick.

A consent ends with the account or contact that gave it, in the one function that ends both, and
retention takes it away by a function: neither reads an address.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"

_INSTANT = sa.DateTime(timezone=True)

_CLOSE = """
    -- End an account and start the time of who is behind it; what has ended stays as it ended.
    -- What its holder agreed to, or a contact did, goes at once: no law wants it kept.
    CREATE OR REPLACE FUNCTION account.close(the_account uuid, at timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        UPDATE account.account SET closed_at = at, password_hash = NULL
        WHERE id = the_account AND closed_at IS NULL;
        UPDATE identity.person SET ended_at = at
        WHERE account_id = the_account AND ended_at IS NULL;
        DELETE FROM consent.newsletter WHERE guest_id = the_account
    $$
"""

_FORGET = """
    -- Consents withdrawn before an instant, and those whose contact or account is no more.
    CREATE FUNCTION consent.forget(since timestamptz) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        DELETE FROM consent.newsletter n WHERE n.withdrawn_at < since OR NOT (
            EXISTS (SELECT FROM account.contact c WHERE c.id = n.guest_id)
            OR EXISTS (SELECT FROM account.account a
                WHERE a.id = n.guest_id AND a.closed_at IS NULL))
    $$
"""

_RIGHTS = """
    REVOKE ALL ON FUNCTION consent.forget FROM PUBLIC;
    GRANT USAGE ON SCHEMA consent TO socle_portal, socle_retention;
    GRANT EXECUTE ON FUNCTION consent.forget TO socle_retention;
    GRANT SELECT, INSERT, UPDATE ON consent.newsletter TO socle_portal
"""


def _column(
    name: str, type_: sa.types.TypeEngine[Any], meaning: str, **options: Any
) -> sa.Column[Any]:
    return sa.Column(name, type_, comment=meaning, **{"nullable": False, **options})


def upgrade() -> None:
    """Make the schema, the table, the columns, the functions and the rights."""
    op.execute("CREATE SCHEMA IF NOT EXISTS consent")
    _make_newsletter()
    for name, meaning in (
        ("newsletter_sender", "[reference] Who writes to guests who agree; none: nobody."),
        ("newsletter_purpose", "[reference] What for, in one sentence."),
    ):
        added = _column(name, sa.Text(), meaning, nullable=True)
        op.add_column("organisation", added, schema="territory")
    ticked = "[consent] Version of the words beside the box that was ticked; none: it was not."
    added = _column("newsletter", sa.Text(), ticked, nullable=True)
    op.add_column("challenge", added, schema="live")
    proves = "[operation] What it proves: email_code, sms_code or account."
    op.alter_column("challenge", "method", comment=proves, schema="live")
    for statement in (_CLOSE, _FORGET, *_RIGHTS.split(";")):
        op.execute(statement)


def _make_newsletter() -> None:
    given = "[consent] The address, given for this alone, sealed; none: withdrawn."
    op.create_table(
        "newsletter",
        _column("id", sa.Uuid(), "[consent] Opaque; the link that ends it has it."),
        _column("guest_id", sa.Uuid(), "[consent] The contact or account that proved the address."),
        _column("organisation_id", sa.Uuid(), "[consent] Who may write."),
        _column("address_sealed", sa.LargeBinary(), given, nullable=True),
        _column("version", sa.Text(), "[consent] Of the words beside the box: SHA-256, cut short."),
        _column("sender", sa.Text(), "[consent] Who writes, as it was shown."),
        _column("purpose", sa.Text(), "[consent] What for, as it was shown."),
        _column("language", sa.Text(), "[consent] Of the page."),
        _column("given_at", _INSTANT, "[consent] Ticked, and its address proven, at."),
        _column(
            "withdrawn_at", _INSTANT, "[consent] Withdrawn at; none: it stands.", nullable=True
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_newsletter")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["territory.organisation.id"],
            name=op.f("fk_newsletter_organisation_id"),
            ondelete="CASCADE",
        ),
        schema="consent",
        comment="Who agreed to an organisation's letters; kept a year after its end.",
    )
    op.create_index(
        "ix_newsletter_guest_id",
        "newsletter",
        ["guest_id", "organisation_id"],
        unique=True,
        schema="consent",
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_index(
        "ix_newsletter_organisation_id",
        "newsletter",
        ["organisation_id", "given_at"],
        schema="consent",
    )
