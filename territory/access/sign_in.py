"""Sign-in for an operators' application: the console, the requisition desk, the demo's doors.

``setup_pages`` first, then ``setup_sign_in``, then the application's own pages, each declared with
its permission by ``page``. The application names its first page ``home``; its templates find
``operator``, ``may``, ``url`` and ``csrf`` in their context, and put the last into every form.
"""

from pathlib import Path

from aiohttp import web

from territory.access.door import add_door
from territory.access.gate import page, url
from territory.access.guard import (
    Access,
    actor_of,
    form_of,
    operator_of,
    set_guard,
    sign_in_of,
)
from territory.access.store import Application, Lives, mint_link

__all__ = [
    "TEMPLATES",
    "Access",
    "Application",
    "Lives",
    "actor_of",
    "form_of",
    "mint_link",
    "operator_of",
    "page",
    "setup_sign_in",
    "sign_in_of",
    "url",
]

TEMPLATES = Path(__file__).parent / "templates"
"""The door's pages; goes into ``Pages(folders=...)`` after the application's own folder."""


def setup_sign_in(app: web.Application, access: Access) -> None:
    """Guard every route of ``app`` and add the door's own pages."""
    set_guard(app, access)
    add_door(app)
