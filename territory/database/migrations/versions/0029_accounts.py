"""Accounts, the civil identity behind them, and sign-ins at identity providers that are under way.

The portal finds an account by its keyed digest; it writes civil identity through a function and can
neither read nor change it otherwise, so that no page joins who somebody is to what they did (CJEU
C-470/21). It reads no provider's name for a person either.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

_INSTANT = sa.DateTime(timezone=True)

_RECORD = """
    -- Who is behind an account, as it was last told.
    CREATE FUNCTION account.record_person(the_account uuid, who text, what bytea, now timestamptz)
    RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
        INSERT INTO identity.person (account_id, told_by, claims_sealed, recorded_at)
        VALUES (the_account, who, what, now)
        ON CONFLICT (account_id) DO UPDATE SET told_by = excluded.told_by,
            claims_sealed = excluded.claims_sealed, recorded_at = excluded.recorded_at
    $$
"""

_RIGHTS = """
    REVOKE ALL ON FUNCTION account.record_person FROM PUBLIC;
    GRANT USAGE ON SCHEMA account TO socle_portal;
    GRANT USAGE ON SCHEMA identity, account TO socle_retention;
    GRANT EXECUTE ON FUNCTION account.record_person TO socle_portal;
    GRANT INSERT ON account.account TO socle_portal;
    GRANT SELECT (id, kind, key, password_hash, created_at, last_used_at, closed_at)
        ON account.account TO socle_portal;
    GRANT UPDATE (password_hash, last_used_at, closed_at) ON account.account TO socle_portal;
    GRANT SELECT, INSERT, UPDATE, DELETE ON live.openid_request TO socle_portal;
    GRANT SELECT, DELETE ON account.account, identity.person TO socle_retention
"""


def _column(
    name: str, type_: sa.types.TypeEngine[Any], comment: str, **options: Any
) -> sa.Column[Any]:
    return sa.Column(name, type_, comment=comment, **{"nullable": False, **options})


def upgrade() -> None:
    """Make tables, function and rights."""
    _make_account()
    op.create_table(
        "person",
        _column("account_id", sa.Uuid(), "[identity] Whose."),
        _column("told_by", sa.Text(), "[identity] Code of the identity provider, or guest."),
        _column(
            "claims_sealed", sa.LargeBinary(), "[identity] JSON: address, names, birth; sealed."
        ),
        _column("recorded_at", _INSTANT, "[identity] Last told at."),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_person")),
        schema="identity",
        comment="Civil identity behind an account; the portal writes it and cannot read it.",
    )
    _make_openid_request()
    op.execute(_RECORD)
    for statement in _RIGHTS.split(";"):
        op.execute(statement)


def _make_account() -> None:
    op.create_table(
        "account",
        _column("id", sa.Uuid(), "[account] Opaque identifier; admissions name it."),
        _column("kind", sa.Text(), "[account] account or openid_connect: how its holder signs in."),
        _column("key", sa.LargeBinary(), "[account] HMAC-SHA256 of what its holder is known by."),
        _column("provider", sa.Text(), "[account] Code of the identity provider.", nullable=True),
        _column(
            "subject_sealed",
            sa.LargeBinary(),
            "[account] That provider's name for its holder, sealed.",
            nullable=True,
        ),
        _column(
            "password_hash",
            sa.Text(),
            "[account] Argon2id, encoded; the latest only.",
            nullable=True,
        ),
        _column("created_at", _INSTANT, "[account] Made at."),
        _column("last_used_at", _INSTANT, "[account] Last signed in at."),
        _column("closed_at", _INSTANT, "[account] Over since; none: open.", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        schema="account",
        comment="A guest's account, ours or an identity provider's.",
    )
    op.create_index(
        "ix_account_key",
        "account",
        ["key"],
        unique=True,
        schema="account",
        postgresql_where=sa.text("closed_at IS NULL"),
    )


def _make_openid_request() -> None:
    op.create_table(
        "openid_request",
        _column("id", sa.Uuid(), "[source] The challenge a visit carries."),
        _column("provider", sa.Text(), "[source] Code of the identity provider."),
        _column("plain", sa.Text(), "[source] Word of the address for another browser."),
        _column("visit", sa.Text(), "[source] The visit it belongs to, signed."),
        _column(
            "begun_from", sa.LargeBinary(), "[source] Keyed digest of where it was begun from."
        ),
        _column("expires_at", _INSTANT, "[source] Worth nothing after."),
        _column("answered_at", _INSTANT, "[source] The provider answered, once.", nullable=True),
        _column("account_id", sa.Uuid(), "[source] Whom it vouched for.", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_openid_request")),
        sa.UniqueConstraint("plain", name=op.f("uq_openid_request_plain")),
        schema="live",
        comment="A guest who signs in at an identity provider now; gone within the hour.",
    )
