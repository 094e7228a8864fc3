"""What a number or an address has had of text messages is forgotten once its day or month is over.

Retention may read whose budget a row is, of which kind and for how long, to delete by; what sites
and organisations have spent is kept three months, as before.
"""

from alembic import op

revision = "0042"
down_revision = "0041"

_COMMENT = (
    "What text messages have cost; of a site or an organisation kept three months, of a number or"
    " an address until its day or month is over."
)


def upgrade() -> None:
    """Let retention read two columns more, and say how long the rows stay."""
    op.execute("GRANT SELECT (scope, span) ON live.message_budget TO socle_retention")
    op.execute(f"COMMENT ON TABLE live.message_budget IS '{_COMMENT}'")
