"""When a guest who is online gets more time: the decision, pure.

An extension lets a right last as long from now on as a fresh one would, so that no number of them
adds up to more than asking anew. It is for a right that rests on a click alone, half of which has
passed; a proof of who somebody is (a ticket, a code) says itself how long it is good for. It adds
time and no data: where a plan counts data by access and then refuses, it would keep a guest from
the fresh right that brings both, and is not offered. The place's hours, the guest's day and month
hold for it as for any right.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from portal.admission import Admission, Holding
from portal.places import Gate
from territory.link_matrix import Works, row
from territory.vocabulary import AtEnd, IdentificationMethod

LEAST_SECONDS: Final = 60
"""What an extension must win."""


def lengthened(holding: Holding, gate: Gate, now: datetime) -> Admission | None:
    """Return a right that lasts longer; None: it cannot be had here, or not now."""
    admission, plan = holding.admission, gate.place.plan
    found = holding.standing(gate.place.hours, now)
    if found.stop is not None or found.slow or not _may_be_longer(admission, gate):
        return None
    longer = replace(admission, ends_at=now + timedelta(seconds=plan.session_seconds))
    if (admission.ends_at - now) * 2 > longer.ends_at - now:
        return None
    then = replace(holding, admission=longer).standing(gate.place.hours, now)
    return longer if then.seconds - found.seconds >= LEAST_SECONDS else None


def _may_be_longer(admission: Admission, gate: Gate) -> bool:
    """Whether its kind, its plan and its gateway let a right be made longer at any time."""
    place = gate.place
    counts_data = admission.octets is not None and admission.limits.at_end is AtEnd.CUT
    return (
        admission.method == IdentificationMethod.CLICK_THROUGH
        and admission.plan_id == place.plan.id
        and not counts_data
        and place.link is not None
        and row(gate.dialect, place.link).extension.works is Works.YES
    )
