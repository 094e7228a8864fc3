"""A person of the place lets a guest in: who may, by organisation, and who has been asked.

An organisation lists domains (`@commune.example`) and addresses; the portal reads the list, keeps
who asks and whom sealed, and takes the one answer a link may give.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"

_INSTANT = sa.DateTime(timezone=True)


def _column(
    name: str, type_: sa.types.TypeEngine[Any], comment: str, **options: Any
) -> sa.Column[Any]:
    return sa.Column(name, type_, comment=comment, **{"nullable": False, **options})


def upgrade() -> None:
    """Make the column, the table and the portal's rights."""
    op.add_column(
        "organisation",
        sa.Column(
            "sponsors",
            sa.ARRAY(sa.Text()),
            nullable=False,
            server_default="{}",
            comment="[reference] Who may let guests in: @domains and addresses.",
        ),
        schema="territory",
    )
    op.create_table(
        "sponsor_request",
        _column("id", sa.Uuid(), "[source] The challenge a visit carries."),
        _column("site_id", sa.Uuid(), "[source] Where."),
        _column("link_digest", sa.LargeBinary(), "[operation] SHA-256 of the link."),
        _column("host_sealed", sa.LargeBinary(), "[account] Address that was written to, sealed."),
        _column("words_sealed", sa.LargeBinary(), "[identity] Who asks, in their words, sealed."),
        _column("asked_at", _INSTANT, "[operation] Since."),
        _column("expires_at", _INSTANT, "[operation] Worth nothing after."),
        _column("answered_at", _INSTANT, "[operation] Answered, once.", nullable=True),
        _column("is_approved", sa.Boolean(), "[operation] What was answered.", nullable=True),
        _column("account_id", sa.Uuid(), "[source] Who the guest then is.", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sponsor_request")),
        sa.UniqueConstraint("link_digest", name=op.f("uq_sponsor_request_link_digest")),
        sa.ForeignKeyConstraint(
            ["site_id"],
            ["territory.site.id"],
            name=op.f("fk_sponsor_request_site_id"),
            ondelete="CASCADE",
        ),
        schema="live",
        comment="A guest who waits for a person of the place; gone with a later one.",
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON live.sponsor_request TO socle_portal")
