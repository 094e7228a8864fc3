"""Who helps people get online at a site, and when: services with hours, never persons."""

from alembic import op

revision = "0031"
down_revision = "0030"

_HELPER = """
    CREATE TABLE territory.helper (
        id uuid NOT NULL,
        site_id uuid NOT NULL,
        name text NOT NULL,
        hours text NOT NULL,
        phone text,
        CONSTRAINT pk_helper PRIMARY KEY (id),
        CONSTRAINT fk_helper_site_id FOREIGN KEY (site_id) REFERENCES territory.site (id)
    )
"""
_COMMENTS = {
    "TABLE territory.helper": "A service that helps people get online at a site.",
    "COLUMN territory.helper.id": "[reference] Opaque identifier.",
    "COLUMN territory.helper.site_id": "[reference] The place it stands in.",
    "COLUMN territory.helper.name": "[reference] Name of the service, never of a person.",
    "COLUMN territory.helper.hours": "[reference] OSM opening_hours.",
    "COLUMN territory.helper.phone": "[reference] Its telephone, as people dial it; or none.",
}


def upgrade() -> None:
    """Make the table, which the guests' pages read."""
    op.execute(_HELPER)
    for what, comment in _COMMENTS.items():
        op.execute(f"COMMENT ON {what} IS '{comment}'")
    op.execute("GRANT SELECT ON territory.helper TO socle_portal")
