"""Narrower rights on operators: neither pages nor desk may write a custodian's keys.

Whoever could write `age_recipient` would be among those for whom days are sealed, and whoever could
write `signing_key` would answer in a custodian's name. Retention forgets commands that are over.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

_RIGHTS = """
    REVOKE INSERT, UPDATE ON staff.operator FROM socle_portal;
    REVOKE UPDATE ON staff.operator FROM socle_desk;
    GRANT INSERT (id, login, display_name, role, organisation_id, created_at)
        ON staff.operator TO socle_portal;
    GRANT UPDATE (password_hash, failed_attempts, locked_until, disabled_at)
        ON staff.operator TO socle_portal;
    GRANT UPDATE (password_hash, failed_attempts, locked_until) ON staff.operator TO socle_desk;
    GRANT SELECT (deadline), DELETE ON live.command TO socle_retention
"""


def upgrade() -> None:
    """Replace the rights on the whole row by rights on columns."""
    for statement in _RIGHTS.split(";"):
        op.execute(statement)
