"""How an organisation looks to its guests, and which sites are of WiFi4EU."""

from alembic import op
from sqlalchemy import Boolean, Column, Text

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Add the columns; every component may read them like the rest of their tables."""
    for name, meaning in (
        ("colour", "Of its pages, #rrggbb; none: the base's own."),
        ("logo", "SVG drawn anew, or a PNG in base64; none: its name alone."),
        ("message", "What its guests read where their site says nothing."),
    ):
        column: Column[str] = Column(name, Text, nullable=True, comment=f"[reference] {meaning}")
        op.add_column("organisation", column, schema="territory")
    of_wifi4eu: Column[bool] = Column(
        "wifi4eu",
        Boolean,
        nullable=False,
        server_default="false",
        comment="[reference] Whether it is held to the rules of WiFi4EU.",
    )
    snippet: Column[str] = Column(
        "wifi4eu_snippet",
        Text,
        nullable=True,
        comment="[reference] UUID of its network at the Commission; none: no snippet.",
    )
    for added in (of_wifi4eu, snippet):
        op.add_column("site", added, schema="territory")
