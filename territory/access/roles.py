"""Roles and what each may do: one table, read by the gate, the pages and the tests. Pure."""

from enum import StrEnum, unique


@unique
class Role(StrEnum):
    """What an operator is in the territory; each has exactly one."""

    ADMINISTRATOR = "administrator"
    TECHNICIAN = "technician"
    AGENT = "agent"
    """Of one organisation; sees its sites and nobody else's."""
    MEDIATOR = "mediator"
    CUSTODIAN = "custodian"
    """Answers judicial requisitions, with a second one; nobody else may."""
    DPO = "dpo"

    def fits(self, *, has_organisation: bool) -> bool:
        """Whether an operator of this role may belong to an organisation, or to none.

        An agent is of one; the powers of some are the whole territory's, and nothing narrows them.
        """
        if self is Role.AGENT:
            return has_organisation
        return not (has_organisation and self in (Role.ADMINISTRATOR, Role.CUSTODIAN, Role.DPO))

    @property
    def french(self) -> str:
        """The role's French name (docs/lexique.md)."""
        return TITLES[self]


TITLES = {
    Role.ADMINISTRATOR: "administrateur",
    Role.TECHNICIAN: "technicien",
    Role.AGENT: "agent",
    Role.MEDIATOR: "médiateur numérique",
    Role.CUSTODIAN: "dépositaire",
    Role.DPO: "délégué à la protection des données",
}


@unique
class Permission(StrEnum):
    """What a page asks of its visitor."""

    ANYONE = "anyone"
    """No sign-in needed: the sign-in page itself."""
    BE_SIGNED_IN = "be_signed_in"
    """One's own home, password and sign-out."""
    SEE_SITES = "see_sites"
    SEE_UNLISTED = "see_unlisted"
    """Also the sites that are kept off the public map: who maintains them, or answers for them."""
    MANAGE_WALLS = "manage_walls"
    """Give a screen on a wall its link, and take it away; each use is an audit line."""
    SEE_EQUIPMENT = "see_equipment"
    EXPLAIN_DEVICES = "explain_devices"
    """What one device did in the days not yet sealed; each use is an audit line."""
    ACKNOWLEDGE = "acknowledge"
    """See incidents and say who works on one; each use is an audit line."""
    PLAN_MAINTENANCE = "plan_maintenance"
    """Announce work at a site, and end it; each use is an audit line."""
    DISCONNECT = "disconnect"
    """Close sessions that are open; each use is an audit line."""
    TRUST_NAS = "trust_nas"
    """Change what a NAS must prove; each use is an audit line."""
    TEST_SITES = "test_sites"
    """Find out what keeps a site's guests offline; each use is an audit line."""
    CHOOSE_METHODS = "choose_methods"
    """Say how a site's guests may identify themselves; each use is an audit line."""
    MAKE_TICKETS = "make_tickets"
    """Make, print, list and revoke the tickets of one's own places; each use is an audit line."""
    SEE_SPENDING = "see_spending"
    """What text messages of one's own places cost, and what their provider did not take."""
    SEE_INDICATORS = "see_indicators"
    """What a month came to, of one's own places: counts, small ones hidden."""
    SEE_PAPERS = "see_papers"
    """Record of processing, notices and the like; of an organisation, its own notice and what to do
    when a requisition comes."""
    INVITE_GUESTS = "invite_guests"
    """Write to somebody who may make an account; each use is an audit line."""
    TRANSMIT_REQUISITIONS = "transmit_requisitions"
    """Hand on to the desk what a gendarme brought, and see no answer; each use is an audit line."""
    SEE_NEWSLETTERS = "see_newsletters"
    """How many guests agreed to an organisation's letters: no address."""
    TAKE_NEWSLETTER_LIST = "take_newsletter_list"
    """Their addresses, for who writes to them; each use is an audit line."""
    SEE_ORGANISATIONS = "see_organisations"
    MANAGE_OPERATORS = "manage_operators"
    SEE_AUDIT = "see_audit"
    DECIDE_INJUNCTIONS = "decide_injunctions"
    """Record a decree, or that there is none: what is destroyed hangs on it; an audit line."""
    HANDLE_CASES = "handle_cases"
    SEE_ARCHIVE = "see_archive"
    """The register of segments: days, counts and digests, no person."""


EVERY_ROLE = frozenset(Role)

GRANTS: dict[Permission, frozenset[Role]] = {
    Permission.ANYONE: EVERY_ROLE,
    Permission.BE_SIGNED_IN: EVERY_ROLE,
    Permission.SEE_SITES: frozenset(
        {Role.ADMINISTRATOR, Role.TECHNICIAN, Role.AGENT, Role.MEDIATOR, Role.DPO}
    ),
    Permission.SEE_UNLISTED: frozenset({Role.ADMINISTRATOR, Role.TECHNICIAN, Role.AGENT}),
    Permission.MANAGE_WALLS: frozenset({Role.ADMINISTRATOR, Role.TECHNICIAN}),
    Permission.SEE_EQUIPMENT: frozenset({Role.ADMINISTRATOR, Role.TECHNICIAN}),
    Permission.EXPLAIN_DEVICES: frozenset({Role.ADMINISTRATOR, Role.TECHNICIAN}),
    Permission.ACKNOWLEDGE: frozenset({Role.ADMINISTRATOR, Role.TECHNICIAN}),
    Permission.PLAN_MAINTENANCE: frozenset({Role.ADMINISTRATOR, Role.TECHNICIAN}),
    Permission.DISCONNECT: frozenset({Role.ADMINISTRATOR, Role.TECHNICIAN}),
    Permission.TRUST_NAS: frozenset({Role.ADMINISTRATOR, Role.TECHNICIAN}),
    Permission.TEST_SITES: frozenset({Role.ADMINISTRATOR, Role.TECHNICIAN}),
    Permission.CHOOSE_METHODS: frozenset({Role.ADMINISTRATOR}),
    Permission.MAKE_TICKETS: frozenset({Role.ADMINISTRATOR, Role.AGENT, Role.MEDIATOR}),
    Permission.SEE_SPENDING: frozenset({Role.ADMINISTRATOR, Role.TECHNICIAN, Role.AGENT}),
    Permission.SEE_INDICATORS: frozenset({Role.ADMINISTRATOR, Role.AGENT, Role.DPO}),
    Permission.SEE_PAPERS: frozenset({Role.ADMINISTRATOR, Role.AGENT, Role.DPO}),
    Permission.INVITE_GUESTS: frozenset({Role.ADMINISTRATOR, Role.AGENT}),
    Permission.TRANSMIT_REQUISITIONS: frozenset({Role.ADMINISTRATOR, Role.AGENT, Role.MEDIATOR}),
    Permission.SEE_NEWSLETTERS: frozenset({Role.AGENT, Role.DPO}),
    Permission.TAKE_NEWSLETTER_LIST: frozenset({Role.AGENT}),
    Permission.SEE_ORGANISATIONS: frozenset({Role.ADMINISTRATOR, Role.DPO}),
    Permission.MANAGE_OPERATORS: frozenset({Role.ADMINISTRATOR}),
    Permission.SEE_AUDIT: frozenset({Role.ADMINISTRATOR, Role.DPO}),
    Permission.DECIDE_INJUNCTIONS: frozenset({Role.ADMINISTRATOR, Role.DPO}),
    Permission.HANDLE_CASES: frozenset({Role.CUSTODIAN}),
    Permission.SEE_ARCHIVE: frozenset({Role.CUSTODIAN, Role.DPO}),
}


def may(role: Role | None, permission: Permission) -> bool:
    """Whether ``role`` (None: nobody signed in) holds ``permission``."""
    if role is None:
        return permission is Permission.ANYONE
    return role in GRANTS[permission]
