"""Names used again, and counters that fall: what live.session needs to tell sessions apart."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_BIGINT = sa.BigInteger()
_COLUMNS = (
    ("first_key", sa.Uuid(), True, None, "[source] First session of its name, if used again."),
    ("upload_carried", _BIGINT, False, "0", "[traffic] Of its upload, before its counter fell."),
    ("download_carried", _BIGINT, False, "0", "[traffic] Of its download, likewise."),
)

# territory/rules/session.py `count_on` in SQL; a test holds the two equal.
_BEFORE_FALL = """
    CREATE FUNCTION live.before_fall(last bigint, told bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT CASE WHEN last < 4294967296 AND told - last + 4294967296 < 2147483648
            THEN 4294967296 ELSE last END
    $$
"""
_CARRIED_AFTER = """
    CREATE FUNCTION live.carried_after(
        total bigint, carried bigint, age bigint, told bigint, told_age bigint
    ) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT carried + CASE
            WHEN told_age > age AND told < total - carried
                THEN live.before_fall(total - carried, told)
            WHEN told_age < age AND told > total AND carried = 0
                THEN live.before_fall(told, total)
            ELSE 0 END
    $$
"""
_TOTAL_AFTER = """
    CREATE FUNCTION live.total_after(
        total bigint, carried bigint, age bigint, told bigint, told_age bigint
    ) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
        SELECT live.carried_after(total, carried, age, told, told_age) + CASE
            WHEN told_age > age THEN told
            WHEN told_age = age THEN greatest(total - carried, told)
            ELSE total - carried END
    $$
"""


_CAUSE = "[traffic] Acct-Terminate-Cause; negative: concluded by us, nobody told the end."


def upgrade() -> None:
    """Add the columns at the end, an index for names used again, and the counters' arithmetic."""
    op.alter_column("session", "terminate_cause", comment=_CAUSE, schema="live")
    for name, type_, nullable, default, comment in _COLUMNS:
        column = sa.Column(name, type_, nullable=nullable, server_default=default, comment=comment)
        op.add_column("session", column, schema="live")
    op.create_index(
        "ix_session_first_key",
        "session",
        ["first_key"],
        schema="live",
        postgresql_where=sa.text("first_key IS NOT NULL"),
    )
    for function in (_BEFORE_FALL, _CARRIED_AFTER, _TOTAL_AFTER):
        op.execute(function)
