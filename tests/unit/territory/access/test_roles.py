"""Who may do what, as a table."""

import pytest

from territory.access.roles import GRANTS, Permission, Role, may

EXPECTED = {
    Permission.SEE_SITES: {"administrator", "technician", "agent", "mediator", "dpo"},
    Permission.SEE_UNLISTED: {"administrator", "technician", "agent"},
    Permission.MANAGE_WALLS: {"administrator", "technician"},
    Permission.SEE_EQUIPMENT: {"administrator", "technician"},
    Permission.EXPLAIN_DEVICES: {"administrator", "technician"},
    Permission.ACKNOWLEDGE: {"administrator", "technician"},
    Permission.PLAN_MAINTENANCE: {"administrator", "technician"},
    Permission.DISCONNECT: {"administrator", "technician"},
    Permission.TRUST_NAS: {"administrator", "technician"},
    Permission.TEST_SITES: {"administrator", "technician"},
    Permission.CHOOSE_METHODS: {"administrator"},
    Permission.MAKE_TICKETS: {"administrator", "agent", "mediator"},
    Permission.INVITE_GUESTS: {"administrator", "agent"},
    Permission.TRANSMIT_REQUISITIONS: {"administrator", "agent", "mediator"},
    Permission.SEE_NEWSLETTERS: {"agent", "dpo"},
    Permission.TAKE_NEWSLETTER_LIST: {"agent"},
    Permission.SEE_SPENDING: {"administrator", "technician", "agent"},
    Permission.SEE_INDICATORS: {"administrator", "agent", "dpo"},
    Permission.SEE_PAPERS: {"administrator", "agent", "dpo"},
    Permission.SEE_ORGANISATIONS: {"administrator", "dpo"},
    Permission.MANAGE_OPERATORS: {"administrator"},
    Permission.SEE_AUDIT: {"administrator", "dpo"},
    Permission.DECIDE_INJUNCTIONS: {"administrator", "dpo"},
    Permission.HANDLE_CASES: {"custodian"},
    Permission.SEE_ARCHIVE: {"custodian", "dpo"},
}


@pytest.mark.parametrize("permission", Permission)
@pytest.mark.parametrize("role", Role)
def test_each_role_holds_exactly_what_the_table_says(role: Role, permission: Permission) -> None:
    """Cases are the custodians' alone, operators the administrators'."""
    expected = EXPECTED.get(permission)
    assert may(role, permission) == (expected is None or role.value in expected)


@pytest.mark.parametrize("permission", Permission)
def test_nobody_in_particular_may_only_what_anyone_may(permission: Permission) -> None:
    """Without a sign-in, the door and nothing else."""
    assert may(None, permission) == (permission is Permission.ANYONE)


def test_every_permission_is_granted_and_every_role_named() -> None:
    """No permission without a row, no role without a French name."""
    assert set(GRANTS) == set(Permission)
    assert all(role.french for role in Role)
