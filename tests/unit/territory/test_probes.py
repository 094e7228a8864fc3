"""A probe's secrets are derived alike by whoever holds the master key, and by nobody else."""

from uuid import RFC_4122, UUID

from simulation.synthetic_guest import Step
from territory.keyring import Keyring
from territory.probes import ID_MARK, MARK, STEPS, new_probe_id, probe_code, probe_secret

KEYRING = Keyring(bytes(range(32)))
ONE = UUID(int=1)


def test_each_probe_has_a_secret_of_its_own_for_each_purpose() -> None:
    """Another row, another purpose or another base: another secret."""
    secret = probe_secret(KEYRING, "radius", ONE)
    assert secret == probe_secret(KEYRING, "radius", ONE)
    others = {
        probe_secret(KEYRING, "portal", ONE),
        probe_secret(KEYRING, "radius", UUID(int=2)),
        probe_secret(Keyring(bytes(32)), "radius", ONE),
    }
    assert len(others | {secret}) == 4
    assert len(secret) == 64


def test_a_probe_is_known_by_its_identifier_alone() -> None:
    """A UUID of version 8, with 62 bits of chance after its mark."""
    drawn = {new_probe_id(bytes([octet] * 8)) for octet in range(64)}
    assert len(drawn) == 64
    for one in drawn:
        assert str(one).startswith(ID_MARK)
        assert (one.version, one.variant) == (8, RFC_4122)


def test_a_probe_is_named_after_its_nas_as_nothing_described_can_be() -> None:
    """So that a record says whose it is, and no description takes its name."""
    assert probe_code("mairie-nas") == f"mairie-nas{MARK}"


def test_every_step_has_a_name_for_people_in_its_order() -> None:
    """What pages show is what log-ins tell."""
    assert list(STEPS) == list(Step)
