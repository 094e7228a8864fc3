"""By what each organisation offers Wi-Fi on this base, and who decides about its guests' data."""

import sqlalchemy as sa
from alembic import op

revision = "0063"
down_revision = "0062"
_ROLE = "controller, joint or processor, towards who holds the base; none: nobody told."
_PACKET = "[source] The packet, as far as records are made of it (CPCE L34-1 VI)."


def upgrade() -> None:
    """Add the three; of the organisations there are, nobody has told them."""
    for name, kind, meaning in (
        ("contract_role", sa.Text(), _ROLE),
        ("competence_basis", sa.Text(), "By what text or decision it may offer Wi-Fi."),
        ("contract_since", sa.Date(), "From which day that holds."),
    ):
        column = sa.Column(name, kind, comment=f"[reference] {meaning}")
        op.add_column("organisation", column, schema="territory")
    op.alter_column("set_aside", "packet", comment=_PACKET, schema="live")
