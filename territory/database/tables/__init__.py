"""Every table, by schema; a schema is a legal category, and every column says which it carries.

The hot paths (radius/ledger.py) speak SQL of their own to these same tables; everything else uses
these objects. A test holds that the migrations make exactly these tables.
"""

from territory.database.tables.accounts import account, openid_request, person
from territory.database.tables.archive import case, segment
from territory.database.tables.columns import Category, metadata
from territory.database.tables.contacts import (
    challenge,
    contact,
    contact_identity,
    message_budget,
)
from territory.database.tables.evidence import (
    authentication,
    carried_session,
    site_public_address,
    source_event,
    traffic_event,
)
from territory.database.tables.live import (
    admission,
    binding,
    block,
    command,
    counted_session,
    discard,
    equipment_state,
    gateway_seen,
    guest_day,
    nas_seen,
    session,
    set_aside,
    spool_position,
    tunnel_seen,
    waiting,
)
from territory.database.tables.reference import (
    access_point,
    gateway,
    helper,
    nas,
    network,
    organisation,
    plan,
    site,
    tunnel_peer,
)
from territory.database.tables.sponsors import sponsor_request
from territory.database.tables.staff import audit_entry, operator, sign_in, sign_in_link
from territory.database.tables.tickets import guess, ticket, ticket_device, ticket_sheet

__all__ = [
    "Category",
    "access_point",
    "account",
    "admission",
    "audit_entry",
    "authentication",
    "binding",
    "block",
    "carried_session",
    "case",
    "challenge",
    "command",
    "contact",
    "contact_identity",
    "counted_session",
    "discard",
    "equipment_state",
    "gateway",
    "gateway_seen",
    "guess",
    "guest_day",
    "helper",
    "message_budget",
    "metadata",
    "nas",
    "nas_seen",
    "network",
    "openid_request",
    "operator",
    "organisation",
    "person",
    "plan",
    "segment",
    "session",
    "set_aside",
    "sign_in",
    "sign_in_link",
    "site",
    "site_public_address",
    "source_event",
    "sponsor_request",
    "spool_position",
    "ticket",
    "ticket_device",
    "ticket_sheet",
    "traffic_event",
    "tunnel_peer",
    "tunnel_seen",
    "waiting",
]
