"""What is told of a guest whose gateway speaks no RADIUS, when they are handed back.

The session begins where the gateway or its controller lets them in. A gateway that comes and asks
says so itself (`portal.gateways.authmon`); one that a browser opens says nothing: its session
begins with the hand-back, which is when the guest can be online from.
"""

from portal.admission import Admission
from portal.gateways.vocabulary import PollBack
from portal.guest.parts import Portal, admitted_visit
from portal.places import Gate
from portal.visit import Visit
from portal.without_radius.sessions import Beginning, start_session
from portal.without_radius.waiting import Awaited, record_waiting

WAIT_PATH = "/attente"


async def begin_waiting(
    portal: Portal, gate: Gate, visit: Visit, admission: Admission, back: PollBack
) -> None:
    """Have the gateway let this guest in when it next asks.

    Raises:
        Unavailable: the database is away.
    """
    awaited = Awaited(
        token=back.token,
        gateway_id=gate.id,
        admission_id=admission.id,
        device=visit.device,
        rights=back.rights,
        asked_at=portal.now(),
        address=visit.carried.get("ip", ""),
    )
    await record_waiting(portal.pool, awaited)
    portal.waiting.put(awaited)


async def begin_session(portal: Portal, gate: Gate, visit: Visit, admission: Admission) -> None:
    """Record that this guest goes online now.

    Raises:
        Unavailable: the database is away.
    """
    beginning = Beginning(
        gateway_id=gate.id,
        admission_id=admission.id,
        device=visit.device,
        mark=admission.id.hex,
        address=visit.carried.get("ip", ""),
    )
    await start_session(portal.pool, portal.days, beginning, portal.now())


def wait_address(portal: Portal, visit: Visit, admission: Admission) -> str:
    """Return the page on which a guest waits for their gateway."""
    return f"{portal.public_url}{WAIT_PATH}?visit={portal.sign(admitted_visit(visit, admission))}"
