"""Every table, by schema; a schema is a legal category, and every column says which it carries.

The hot paths (radius/ledger.py) speak SQL of their own to these same tables; everything else uses
these objects. A test holds that the migrations make exactly these tables.
"""

from territory.database.tables.accounts import account, openid_request, person
from territory.database.tables.archive import case, clock_reading, key_ceremony, segment
from territory.database.tables.columns import Category, metadata
from territory.database.tables.consent import newsletter
from territory.database.tables.contacts import (
    challenge,
    contact,
    contact_identity,
    message_budget,
    sms_failure,
)
from territory.database.tables.counts import daily_count, site_day
from territory.database.tables.equipment import access_point, gateway, nas, port_blocks, tunnel_peer
from territory.database.tables.evidence import (
    authentication,
    carried_session,
    site_public_address,
    source_event,
    traffic_event,
    translation,
)
from territory.database.tables.history import maintenance, site_sample, state_change
from territory.database.tables.holds import hold
from territory.database.tables.incidents import alert_message, incident, incident_telling
from territory.database.tables.injunctions import injunction
from territory.database.tables.invitations import invitation
from territory.database.tables.live import (
    admission,
    binding,
    block,
    command,
    controller_seen,
    counted_session,
    discard,
    equipment_state,
    gateway_seen,
    guest_day,
    nas_seen,
    sealed_use,
    session,
    set_aside,
    spool_position,
    translation_seen,
    tunnel_seen,
    waiting,
)
from territory.database.tables.reference import helper, network, organisation, plan, site
from territory.database.tables.requisitions import approval, requisition, requisition_step
from territory.database.tables.sponsors import sponsor_request
from territory.database.tables.staff import (
    audit_anchor,
    audit_entry,
    operator,
    second_factor,
    sign_in,
    sign_in_link,
    wall_link,
)
from territory.database.tables.synthetic import probe, synthetic_visit
from territory.database.tables.tickets import guess, ticket, ticket_device, ticket_sheet
from territory.database.tables.transmissions import transmission

__all__ = [
    "Category",
    "access_point",
    "account",
    "admission",
    "alert_message",
    "approval",
    "audit_anchor",
    "audit_entry",
    "authentication",
    "binding",
    "block",
    "carried_session",
    "case",
    "challenge",
    "clock_reading",
    "command",
    "contact",
    "contact_identity",
    "controller_seen",
    "counted_session",
    "daily_count",
    "discard",
    "equipment_state",
    "gateway",
    "gateway_seen",
    "guess",
    "guest_day",
    "helper",
    "hold",
    "incident",
    "incident_telling",
    "injunction",
    "invitation",
    "key_ceremony",
    "maintenance",
    "message_budget",
    "metadata",
    "nas",
    "nas_seen",
    "network",
    "newsletter",
    "openid_request",
    "operator",
    "organisation",
    "person",
    "plan",
    "port_blocks",
    "probe",
    "requisition",
    "requisition_step",
    "sealed_use",
    "second_factor",
    "segment",
    "session",
    "set_aside",
    "sign_in",
    "sign_in_link",
    "site",
    "site_day",
    "site_public_address",
    "site_sample",
    "sms_failure",
    "source_event",
    "sponsor_request",
    "spool_position",
    "state_change",
    "synthetic_visit",
    "ticket",
    "ticket_device",
    "ticket_sheet",
    "traffic_event",
    "translation",
    "translation_seen",
    "transmission",
    "tunnel_peer",
    "tunnel_seen",
    "waiting",
    "wall_link",
]
