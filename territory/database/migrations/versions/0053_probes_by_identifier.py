"""What sites were used knows a synthetic guest's session by its probe's identifier alone.

The probe's row goes with its NAS, days before the last of its sessions.
"""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"

_BY_ROW = "NOT EXISTS (SELECT FROM territory.probe p WHERE p.id = s.nas_id)"
_BY_IDENTIFIER = "s.nas_id::text NOT LIKE '70726f62-6500-8000-%'"


def upgrade() -> None:
    """Change the one condition of `live.site_use`."""
    connection = op.get_bind()
    known = "SELECT pg_get_functiondef('live.site_use'::regproc)"
    text = str(connection.scalar(sa.text(known)))
    if _BY_ROW not in text:
        raise RuntimeError("live.site_use does not read as 0049 wrote it")
    connection.exec_driver_sql(text.replace(_BY_ROW, _BY_IDENTIFIER))
