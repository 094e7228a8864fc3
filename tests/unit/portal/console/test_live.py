"""What operators and walls may look at, and where a map's tiles come from."""

from uuid import uuid4

import pytest

from portal.console.live import Tiles, look_of, wall_look
from portal.console.live_picture import Look
from portal.console.queries import Scope
from territory.access.operators import Operator
from territory.access.roles import Role

TOWN = uuid4()


@pytest.mark.parametrize(
    ("role", "unlisted", "in_detail"),
    [
        (Role.ADMINISTRATOR, True, True),
        (Role.TECHNICIAN, True, True),
        (Role.AGENT, True, False),
        (Role.MEDIATOR, False, False),
        (Role.DPO, False, False),
    ],
)
def test_each_role_looks_at_its_own(role: Role, unlisted: bool, in_detail: bool) -> None:
    """Equipment to who mends it, unlisted sites to who needs them, an organisation's to its own."""
    operator = Operator(uuid4(), "a@b.example", "A", role, TOWN)
    assert look_of(operator) == Look(Scope(TOWN, unlisted), in_detail)


def test_a_wall_never_shows_what_is_off_the_public_map() -> None:
    """Whoever made the link."""
    assert wall_look(None).scope == Scope(None, unlisted=False)


@pytest.mark.parametrize(
    ("template", "origin"),
    [
        ("https://tiles.example.org/{z}/{x}/{y}.png", "https://tiles.example.org"),
        ("http://10.0.0.4:8080/base/{z}/{x}/{y}@2x.png?k=1", "http://10.0.0.4:8080"),
    ],
)
def test_only_the_tile_servers_origin_is_let_in(template: str, origin: str) -> None:
    """What goes into the page's policy."""
    assert Tiles(template, "").origin == origin
