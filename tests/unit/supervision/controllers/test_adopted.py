"""What a controller tells, in the units of every sample; what cannot be true is left out."""

from math import inf, nan

import pytest

from supervision.controllers.adopted import Adopted, Radio, sample
from territory.identifiers import MacAddress

MAC = MacAddress.parse("02-55-00-00-00-31")


def test_units() -> None:
    """Percents become shares, channels are told once and in order."""
    found = sample(
        Adopted(
            *(MAC, "Accueil", True),
            uptime_seconds=90.0,
            clients=7.0,
            cpu_percent=12.5,
            memory_percent=50,
            radios=(Radio(44, 25), Radio(6, None), Radio(44, 75)),
        )
    )
    assert (found.uptime_seconds, found.clients, found.channels) == (90.0, 7, (6, 44))
    assert found.utilisation_ratios == (0.25, 0.75)
    assert (found.cpu_ratio, found.memory_ratio) == (0.125, 0.5)
    assert (found.noise_dbm, found.temperature_celsius) == ((), None)


@pytest.mark.parametrize("absurd", [-1.0, 1e30, inf, nan, None])
def test_what_cannot_be_true(absurd: float | None) -> None:
    """Below nought, beyond all measure, or no number: absent."""
    found = sample(
        Adopted(
            *(MAC, "Accueil", True, "", ""),
            *(absurd, absurd, absurd, absurd),
            (Radio(absurd, absurd),) * 50,
        )
    )
    told = found.uptime_seconds, found.clients, found.cpu_ratio, found.memory_ratio
    assert told == (None, None, None, None)
    assert (found.channels, found.utilisation_ratios) == ((), ())
