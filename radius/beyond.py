"""Looks up what is known of guests beyond their admissions, for the requests that ask for it.

A second statement on the connection that has just bound the batch's credentials: only for plans
that limit a day, a month or devices, and for devices that show their MAC address. Every other
batch goes by without it.
"""

from collections.abc import Sequence, Set
from datetime import datetime
from typing import Final
from uuid import UUID

from radius.access import AccessRequest, Proof
from radius.group_commit import Connection
from radius.house import Beyond
from radius.policy import Facts

_LOOK: Final = """
select asked.number, beyond.guest_id, beyond.method, beyond.terms_version, beyond.ssid,
    beyond.day_seconds, beyond.month_seconds, beyond.day_octets, beyond.month_octets,
    beyond.other_devices, beyond.is_elsewhere
from unnest($1::uuid[], $2::macaddr[]) with ordinality as asked(admission_id, device, number)
cross join lateral live.guest_facts(asked.admission_id, asked.device, $3) beyond
"""


async def look_beyond(
    connection: Connection,
    requests: Sequence[AccessRequest],
    facts: list[Facts | None],
    asking: Set[UUID],
    now: datetime,
) -> None:
    """Add to `facts` what is known of those guests, in place.

    `asking` are the plans under which more must be known than the admission.
    """
    wanted = [
        (at, found)
        for at, (request, found) in enumerate(zip(requests, facts, strict=True))
        if found is not None
        and found.device is not None
        and (found.plan_id in asking or request.proof is Proof.DEVICE)
    ]
    if not wanted:
        return
    admissions = [found.admission_id for _, found in wanted]
    devices = [found.device for _, found in wanted]
    for number, *values in await connection.fetch(_LOOK, admissions, devices, now):
        at, found = wanted[number - 1]
        facts[at] = found._replace(beyond=Beyond(*values))
