"""Days of a sheet's own: its tickets are good from one on, and nobody is online after another."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    """Add the columns; retention may read when tickets were over."""
    for name, meaning in (
        ("first_day", "First day of use, in Europe/Paris; none: at once."),
        ("last_day", "Nobody is online with one after it; none: as long as it lasts."),
    ):
        added = sa.Column(name, sa.Date(), nullable=True, comment=f"[operation] {meaning}")
        op.add_column("ticket_sheet", added, schema="live")
    op.execute("GRANT SELECT (last_day) ON live.ticket_sheet TO socle_retention")
