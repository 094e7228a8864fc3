"""Who may tell of a site's address translation: its tunnel's inside address too."""

from alembic import op

revision = "0058"
down_revision = "0057"


def upgrade() -> None:
    """Let retention read which inside address is which site's, and no key."""
    op.execute("GRANT SELECT (site_id, inside_address) ON territory.tunnel_peer TO socle_retention")
