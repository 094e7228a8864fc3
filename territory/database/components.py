"""The components that open the database, each with a login role of its own."""

from enum import StrEnum

from sqlalchemy import make_url


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


def component_url(owner_url: str, component: Component, password: str | None) -> str:
    """Return the owner's address with this component's role (and password) in it."""
    url = make_url(owner_url).set(username=component.role, password=password)
    return url.render_as_string(hide_password=False)
