"""The components that open the database, each with a login role of its own."""

from enum import StrEnum


class Component(StrEnum):
    """A process of the base; its value names it on the command line and in logs."""

    PORTAL = "portal"
    RADIUS = "radius"
    SUPERVISION = "supervision"
    RETENTION = "retention"
    DESK = "desk"

    @property
    def role(self) -> str:
        """The PostgreSQL login role of this component."""
        return f"socle_{self.value}"
