"""A synthetic guest's own gate at a place: its dialect, its plan, the button as the only way in.

What a probe is granted opens at that probe alone, whatever its visit says (`radius/policy.py`), so
nobody gains a way in by pretending to come from it. No code is sent to it, nothing of anybody is
asked, and its right lasts a few minutes. Pure.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from portal.gateways.vocabulary import Registration
from portal.places import Gate, Place
from territory.gateway_dialects import dialect_of
from territory.probes import LOGIN_PORT, probe_code
from territory.vocabulary import IdentificationMethod

RIGHT_SECONDS: Final = 300
"""How long a synthetic guest may stay: a log-in takes seconds."""


def probe_gate(row: Mapping[str, Any], place: Place, secret: str, base: str) -> Gate | None:
    """Return the gate of a probe; None: its NAS's dialect has none.

    It has no controller, no network of the place, and no address but its own.

    Args:
        row: as `portal.records.load_probes` reads it.
        place: where its NAS stands.
        secret: what it shares with us, where its dialect signs.
        base: the portal's address for gateways of its brand.
    """
    dialect = dialect_of(row["brand"], row["variant"])
    if dialect is None or not dialect.can_be_probed:
        return None
    code = probe_code(row["code"])
    return Gate(
        code,
        Registration(
            f"{row['address']}:{LOGIN_PORT}",
            base,
            secret if dialect.shares_secret else None,
            code,
            dialect.variant,
        ),
        _as_probed(place),
        dialect,
        id=row["id"],
        is_probe=True,
    )


def _as_probed(place: Place) -> Place:
    plan = replace(place.plan, session_seconds=min(place.plan.session_seconds, RIGHT_SECONDS))
    return replace(place, methods=(IdentificationMethod.CLICK_THROUGH,), plan=plan)
