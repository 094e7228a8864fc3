"""Which keys of an `snmp:` go together, and which may be read on the way."""

import pytest

from territory.rules.snmp_access import in_clear, snmp_faults

V3 = {"version": "v3", "user": "socle"}
SIGNED = {**V3, "auth": "sha256", "auth_secret": "assez-long"}
HIDDEN = {**SIGNED, "priv": "aes128", "priv_secret": "assez-long"}
V2C = {"version": "v2c", "community": "lecture"}


@pytest.mark.parametrize("access", [V2C, V3, SIGNED, HIDDEN, {"version": "none"}, {}])
def test_what_holds_together(access: dict[str, str]) -> None:
    """Every level of SNMPv3, a community of v2c, nothing, and what the first look refuses."""
    assert list(snmp_faults(access)) == []


@pytest.mark.parametrize("missing", ["user", "auth", "auth_secret", "priv", "priv_secret"])
def test_each_key_that_another_needs(missing: str) -> None:
    """Taking one key away from a whole access is told at that key."""
    access = {key: value for key, value in HIDDEN.items() if key != missing}
    assert missing in {key for key, _ in snmp_faults(access)}


@pytest.mark.parametrize(
    ("access", "told"),
    [(V2C, True), (V3, True), (SIGNED, True), (HIDDEN, False), ({"version": "none"}, False)],
)
def test_what_somebody_on_the_way_reads(access: dict[str, str], told: bool) -> None:
    """Only privacy hides what is asked; nothing is read of what is not asked."""
    assert in_clear(access) is told
