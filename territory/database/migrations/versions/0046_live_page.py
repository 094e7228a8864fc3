"""Changes of state are told at once, and a screen on a wall has a link of its own."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"

_INSTANT = sa.DateTime(timezone=True)
_TELL = """
    CREATE FUNCTION live.tell_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM pg_notify('state_change', '');
        RETURN NULL;
    END $$
"""


def _column(
    name: str, type_: sa.types.TypeEngine[Any], meaning: str, **more: Any
) -> sa.Column[Any]:
    return sa.Column(name, type_, comment=f"[staff] {meaning}", **{"nullable": False, **more})


def upgrade() -> None:
    """Make the trigger, which PostgreSQL tells once a transaction, and the table."""
    op.execute(_TELL)
    op.execute(
        "CREATE TRIGGER tell AFTER INSERT ON live.state_change"
        " FOR EACH ROW EXECUTE FUNCTION live.tell_change()"
    )
    op.create_table(
        "wall_link",
        _column("id", sa.Uuid(), "Opaque identifier."),
        _column("token_digest", sa.LargeBinary(), "SHA-256 of the link's token."),
        _column("name", sa.Text(), "Where the screen hangs, in words."),
        _column("organisation_id", sa.Uuid(), "Whose sites it shows; none: all.", nullable=True),
        _column("made_by", sa.Uuid(), "By whom."),
        _column("made_at", _INSTANT, "Made at."),
        _column("expires_at", _INSTANT, "Shows nothing from then on."),
        _column("revoked_at", _INSTANT, "Ended before, by an operator.", nullable=True),
        _column("last_used_at", _INSTANT, "Last looked at.", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wall_link")),
        sa.UniqueConstraint("token_digest", name=op.f("uq_wall_link_token_digest")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["territory.organisation.id"],
            name=op.f("fk_wall_link_organisation_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["made_by"], ["staff.operator.id"], name=op.f("fk_wall_link_made_by")
        ),
        schema="staff",
        comment="A link that shows the live page to whoever has it, and nothing else.",
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON staff.wall_link TO socle_portal")
    op.execute("GRANT UPDATE (revoked_at, last_used_at) ON staff.wall_link TO socle_portal")
