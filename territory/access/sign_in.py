"""Sign-in for an operators' application: the console, the requisition desk, the demo's doors.

``create_operators_site`` makes the application; then come its own pages, each declared with its
permission by ``page``. The application names its first page ``home``; its templates find
``operator``, ``may``, ``url`` and ``csrf`` in their context, and put the last into every form.
"""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from aiohttp import web

from territory.access.door import add_door
from territory.access.gate import page, take_files, url
from territory.access.guard import (
    ACCESS,
    Access,
    actor_of,
    files_of,
    form_of,
    operator_of,
    set_guard,
    sign_in_of,
)
from territory.access.second_door import add_second_door, is_code_good
from territory.access.second_factor import SecondFactor
from territory.access.store import Application, Lives, mint_link
from territory.web.addresses import Network
from territory.web.pages import Pages, setup_pages
from territory.web.server import LARGEST_BODY

__all__ = [
    "TEMPLATES",
    "Access",
    "Application",
    "Lives",
    "SecondFactor",
    "actor_of",
    "create_operators_site",
    "files_of",
    "form_of",
    "is_code_good",
    "mint_link",
    "operator_of",
    "page",
    "sign_in_of",
    "take_files",
    "url",
]

TEMPLATES = Path(__file__).parent / "templates"
"""The door's pages; goes into ``Pages(folders=...)`` after the application's own folder."""


def create_operators_site(
    access: Access, pages: Pages, *, trusted_proxies: Sequence[Network] = ()
) -> web.Application:
    """An application whose every route is guarded, with the door's own pages.

    Args:
        access: what the door needs; its ``passwords`` are closed with the application.
        pages: templates, ``TEMPLATES`` among their folders.
        trusted_proxies: whose word on a visitor's address is taken.
    """
    app = web.Application(client_max_size=LARGEST_BODY)
    setup_pages(app, pages, trusted_proxies=trusted_proxies)
    set_guard(app, access)
    add_door(app)
    if access.second_factor:
        add_second_door(app)
    app.cleanup_ctx.append(_passwords)
    return app


async def _passwords(app: web.Application) -> AsyncIterator[None]:
    yield
    app[ACCESS].passwords.close()
