"""Functions that act as the owner look up no name that a component can make.

A temporary schema is searched first wherever a function's search_path does not name it, for types
as for tables; so whoever may make temporary objects could have a word of such a function mean
something else, and run as the owner. Each now names it last, and components make none.
Nobody's interval ends before it began, whatever two clocks say.
"""

from alembic import op

revision = "0023"
down_revision = "0022"

_LAST = """
    DO $$
    DECLARE
        found regprocedure;
    BEGIN
        FOR found IN SELECT p.oid FROM pg_catalog.pg_proc p
            JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
            WHERE p.prosecdef AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
        LOOP
            EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp', found);
        END LOOP;
        EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    END $$
"""
_INTERVALS = """
    UPDATE source.site_public_address SET valid_until = valid_from WHERE valid_until < valid_from
"""


def upgrade() -> None:
    """Name the temporary schema last in every function that acts as the owner."""
    op.execute(_LAST)
    op.execute(_INTERVALS)
