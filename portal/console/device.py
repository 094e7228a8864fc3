"""One device: why it is or is not online, for whoever stands beside the person who complains.

The address is posted, never part of a link, so that no log or history keeps it. The database
function behind the page writes the audit line (territory/device_story/reading.py).
"""

from datetime import datetime

from aiohttp import web

from portal.console.places import CLOCK, ENGINE
from territory.access.sign_in import actor_of, form_of, operator_of
from territory.device_story.french import FRENCH
from territory.device_story.reading import Question, load_history
from territory.device_story.story import explain
from territory.errors import ProtocolError
from territory.identifiers import MacAddress
from territory.web.french import PARIS
from territory.web.pages import render

NOT_AN_ADDRESS = (
    "L'adresse MAC d'un appareil a six octets, par exemple 8A-56-7E-F9-10-E4, 8a:56:7e:f9:10:e4"
    " ou 8a56.7ef9.10e4. Le téléphone la montre dans les réglages de ce réseau Wi-Fi."
)
NOT_A_TIME = "Le moment s'écrit par exemple 2026-11-20T14:30."


async def ask_device(request: web.Request) -> web.StreamResponse:
    """The form."""
    return _page(request)


async def show_device(request: web.Request) -> web.StreamResponse:
    """The story of the device that was asked for, or what is wrong with the question."""
    form, now = form_of(request), request.app[CLOCK].now()
    device, at = _device(form.get("device", "")), _moment(form.get("at", ""), now)
    faults = [NOT_AN_ADDRESS] if device is None else []
    faults += [NOT_A_TIME] if at is None else []
    if device is None or at is None:
        return _page(request, faults=faults, draft=form, status=422)
    asked = Question(device, actor_of(request), operator_of(request).organisation_id)
    async with request.app[ENGINE].begin() as db:
        history = await load_history(db, asked, now)
    story = explain(history, min(at, now), FRENCH)
    return _page(request, draft=form, device=device, story=story, at=min(at, now))


def _page(request: web.Request, *, status: int = 200, **shown: object) -> web.StreamResponse:
    page = {"faults": [], "draft": {}, "device": None, "story": None, "at": None} | shown
    return render(request, "device.html", status=status, **page)


def _device(text: str) -> MacAddress | None:
    try:
        address = MacAddress.parse(text)
    except ProtocolError:
        return None
    return address if address.is_device else None


def _moment(text: str, now: datetime) -> datetime | None:
    """The moment typed on the territory's wall clock; now where nothing was typed."""
    if not text:
        return now
    try:
        return datetime.fromisoformat(text).replace(tzinfo=PARIS)
    except ValueError:
        return None
